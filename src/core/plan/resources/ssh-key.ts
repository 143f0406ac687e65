/** The cluster's SSH public key as a resource of its own: what a rerun elsewhere gives new machines, and a person can look up. */
import { type Design, names } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { claimHolds } from "./claim.ts";

export const sshKey = (cluster: Design): Resource<"sshKey"> => ({
  kind: "sshKey",
  id: resourceId(cluster.group, "sshKey", names.sshKey(cluster.spec.name)),
  label: "SSH public key",
  // only who holds the claim writes the key: two creates of one name never mix theirs
  dependsOn: claimHolds(cluster),
  body: { location: cluster.facts.location, publicKey: cluster.facts.choices.sshPublicKey, tags: cluster.tags },
});
