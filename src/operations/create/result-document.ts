/** What a create has to show at its end, as scripts read it: the cluster's document, and the state file of the old script's shape. */
import { defined } from "../../core/defined.ts";
import { type Account, askedFields } from "../../core/account.ts";
import { userTagsOf, withUserTags } from "../../core/plan/user-tags.ts";
import type { ClusterDocument, CostDocument, NodeDocument, PlanDocument, StateFile } from "../../core/documents.ts";
import { names } from "../../core/plan/cluster.ts";
import { etcdDocument, nodeDocument } from "../../core/node-document.ts";
import { ClusterError } from "../../core/errors.ts";
import { clusterDocument } from "../../core/outputs.ts";
import { scrub } from "../../core/scrub.ts";
import type { Live } from "../../engine/provider.ts";
import { schemaUri } from "../../core/schema-uri.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Carried } from "./carry-out.ts";
import { isMade, machineIdOf, machineSeen, provisioningOf } from "./machine-there.ts";
import { choicesOf } from "./sizes.ts";
import type { Prepared } from "./prepared.ts";
import { type Run, secondsOf } from "../run.ts";
import { lastingFileOf } from "../cluster/private-key.ts";

/** The old script's state file had `vms`, `ips` and `discovery_url`; scripts that read those still find them. */
export const stateFile = (document: ClusterDocument): StateFile => ({
  ...document,
  $schema: schemaUri("state-file"),
  discovery_url: document.etcd.discoveryUrl ?? null,
  vms: document.nodes.map(({ name, host, port, user, identityFile }) => ({ name, host, port, user, identity: identityFile })),
  ips: document.nodes.map((node) => node.privateIp),
  pips: document.nodes.flatMap((node) => node.publicIp ?? []),
});

export async function documentOf(run: Run, prepared: Prepared, carried: Carried): Promise<ClusterDocument> {
  const { spec, facts, materials, resources } = prepared;
  const { results, readiness, address, host, sizes, choices } = carried;
  const count = (outcome: string): number =>
    [...results.values()].filter((result) => result.state === "done" && result.value === outcome).length;
  const publicIps = await nodeAddresses(run, prepared);
  const nodes = facts.nodes.map((node): NodeDocument =>
    nodeDocument(spec, {
      index: node.index,
      host: host ?? address ?? "",
      identityFile: lastingFileOf(materials.ssh) ?? "",
      privateIp: node.address,
      publicIp: publicIps.get(node.index),
      vmSize: sizes.get(node.index),
      zone: node.zone,
      spot: node.spot,
      state: stateOf(
        results.get(machineIdOf(prepared, node.index))?.state,
        readiness.get(node.index)?.state,
        machineSeen(prepared, carried, node.index),
      ),
      error: failureOf(resources, results, node.index),
    }),
  );
  return clusterDocument(
    {
      name: spec.name,
      resourceGroup: facts.group,
      location: facts.location,
      host: host ?? "",
      ip: address ?? "",
      ...askedFields(await run.account()),
      nodes,
      etcd: etcdDocument(spec, facts.choices),
      resources: { created: count("created"), unchanged: count("unchanged"), updated: count("updated") },
      choices,
      seconds: secondsOf(run),
    },
    spec,
  );
}

/** Of the first part that failed: a machine's interface comes before it. */
function failureOf(
  resources: Prepared["resources"],
  results: Carried["results"],
  index: number,
): Pick<ClusterError, "code" | "message"> | undefined {
  const [failed] = resources.flatMap(({ id, node }) => {
    const result = node === index ? results.get(id) : undefined;
    return result?.state === "failed" && result.error instanceof ClusterError ? [result.error] : [];
  });
  return failed && { code: failed.code, message: scrub(failed.message) };
}

/** @param before its machine, where this run did not make it: that is there, whatever became of a change of it */
function stateOf(azure: string | undefined, node: string | undefined, before: Live | undefined): string {
  if (azure === "done" || isMade(before)) return node ?? "created";
  if (azure !== "skipped") return "failed";
  return before === undefined ? "missing" : provisioningOf(before);
}

/** Addresses of the nodes' own, with --pip: known only when they exist. */
async function nodeAddresses(run: Run, { spec, facts }: Pick<Prepared, "spec" | "facts">): Promise<Map<number, string>> {
  const addressed = facts.nodes.filter((node) => node.publicAddress === true);
  if (addressed.length === 0) return new Map();
  const all = await patiently(run.tools, (signal) => run.lookups.addresses(facts.group, signal)).catch((error: unknown) => {
    run.tools.signal.throwIfAborted();
    run.say(
      `The nodes' public addresses could not be read: ${(error as Error).message} \`azure-coreos-cluster status ${spec.name}\` shows them.`,
    );
    return undefined;
  });
  return new Map(
    addressed.flatMap((node): [number, string][] => {
      const found = all?.find((one) => one.name?.toLowerCase() === names.nodeAddress(node.name).toLowerCase())?.ipAddress;
      return found === undefined ? [] : [[node.index, found]];
    }),
  );
}

export function planDocument(prepared: Prepared, cost: CostDocument, account: Account): PlanDocument {
  const { spec, facts, resources, decisions, changes } = prepared;
  return {
    $schema: schemaUri("plan"),
    schema: "azure-coreos-cluster/plan/1",
    name: spec.name,
    resourceGroup: facts.group,
    location: facts.location,
    ...askedFields(account),
    ...(spec.tag.length === 0 ? {} : { tags: Object.fromEntries(userTagsOf(withUserTags({}, spec.tag))) }),
    resources: resources.map((resource) => {
      const { kind, id, label, node } = resource;
      const of =
        resource.kind === "machine" || resource.kind === "publicAddress"
          ? facts.nodes.find(({ index }) => index === node)
          : undefined;
      return {
        kind,
        id,
        label,
        action: decisions.get(id) ?? "create",
        ...(changes.has(id) ? { changes: changes.get(id)! } : {}),
        ...defined({ zone: of?.zone }),
        ...(of?.spot === true && kind === "machine" ? { spot: true as const } : {}),
      };
    }),
    cost,
    choices: choicesOf(prepared),
  };
}
