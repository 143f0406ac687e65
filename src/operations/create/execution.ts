/** A plan as it is carried out, for the steps that do it: what the run may do, and what it has done and learned since its first write. */
import type { Design } from "../../core/plan/cluster.ts";
import type { lostTags } from "../../core/plan/user-tags.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import type { Claim, FrontAddress } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import type { LimitsNews } from "./limits-news.ts";
import type { MachineReport } from "./machine-news.ts";
import type { NewDisks } from "./new-disks.ts";
import type { Sizes } from "./sizes.ts";
import type { Unfinished } from "../../engine/convergence.ts";
import type { NodeWatch } from "./node-watch.ts";
import type { Prepared } from "./prepared.ts";
import type { SizedPlan } from "./sized-plan.ts";

export interface Execution {
  readonly run: Run;
  readonly prepared: Prepared;
  /** The plan with the size that is in use: next-size.ts changes it, and what follows from it. */
  inUse: SizedPlan;
  cluster: Design;
  byId: ReadonlyMap<string, AnyResource>;
  readonly sizes: Sizes;
  /** Id of the claim. */
  readonly claim: string;
  /** What the claim says, so new that something may be written on its word. @throws ClusterError when it is not ours any more */
  readonly stillOurs: () => Promise<Claim | undefined>;
  /** The same for a machine: newer, and what two creates may both have written is looked at, too. */
  readonly guard: () => Promise<Claim | undefined>;
  /** Ids of what this run has made. */
  readonly made: Set<string>;
  /** Id of the storage account that this run has made, or begun to make, for an image: it is in no plan. */
  account: string | undefined;
  /** Host keys of machines that turned out to have been made by another run, by node index. */
  readonly hostKeys: Map<number, string>;
  readonly machines: MachineReport;
  /** Tells what is waited for when Azure takes no more at a time. */
  readonly limits: LimitsNews;
  readonly disks: NewDisks;
  /** From the moment that the claim is written. */
  watching: Promise<NodeWatch> | undefined;
  /** Where the load balancer is reached, from the claim as it was read back. */
  place: FrontAddress | undefined;
  /** We have written the claim. */
  written: boolean;
  /** Why the claim, or what is made, is not ours: then nothing more is written. */
  lost: unknown;
  /** What ended with an error, by id. */
  readonly unfinished: Map<string, Unfinished>;
  /** The user's tags that Azure does not keep as they are written, by the resource's id. */
  readonly tagsLost: Map<string, ReturnType<typeof lostTags>>;
  /** Ids of what a policy has taken the tool's tags from. */
  readonly retagged: Set<string>;
}
