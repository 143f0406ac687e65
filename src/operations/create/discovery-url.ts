/**
 * etcd's discovery URL: one that was given is looked at before the first write, by asking the service once; another is asked for when the
 * cluster is made. A URL is for one cluster: members that find it full, or unknown, stop (ETCD_DISCOVERY_FALLBACK=exit of the templates).
 */
import type { Problem } from "../../core/advice/problem.ts";
import { refusal } from "../../core/advice/preflight.ts";
import { ClusterError } from "../../core/errors.ts";
import { isLoopback } from "../../core/loopback.ts";
import { memberCount } from "../../core/spec/members.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { are, plural } from "../../core/words.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Mode } from "../mode.ts";
import type { Run } from "../run.ts";
import { notePreflight } from "./preflight-note.ts";

/** Of a new cluster: what is there keeps its URL. @throws ClusterError DiscoveryTokenUnknown, DiscoveryUrlFull (exit 5) */
export async function checkDiscoveryUrl(run: Run, spec: ClusterSpec, found: ClaimedCluster): Promise<void> {
  if (spec.discoveryServiceUrl === undefined || found.claim !== undefined) return;
  const { discoveryService, parseDiscoveryUrl } = await import("../../prepare/discovery.ts");
  if (discoveryService(spec.discoveryServiceUrl) !== undefined) return;
  const { url } = parseDiscoveryUrl(spec.discoveryServiceUrl);
  const note = (message: string): void => notePreflight(run, "the discovery URL", message);
  if (isLoopback(url))
    note(`${url} leads a node to itself, not to this machine: give the service's address as the nodes reach it.`);
  const state = await asked(run, url);
  if (typeof state === "string") return note(`Not checked: the discovery URL (${state}).`);
  // a file of the user's own says itself which nodes use it, and what one does that finds no place
  const own = spec.customData !== undefined;
  const members = own ? spec.numNodes : memberCount(spec);
  const problem = problemOf(url, state, members);
  if (problem !== undefined && !own) throw refusal([problem]);
  const said = problem?.message ?? doubtOf(state, members);
  if (said !== undefined) note(`${said}.`);
}

/** The URL of a cluster that is yet to be made; a plan's stands for one that is asked for later. */
export async function chooseDiscoveryUrl(run: Run, spec: ClusterSpec, mode: Mode): Promise<string | undefined> {
  if (spec.discoveryServiceUrl === undefined) return undefined;
  const { discoveryService, newDiscoveryUrl, parseDiscoveryUrl } = await import("../../prepare/discovery.ts");
  const service = discoveryService(spec.discoveryServiceUrl);
  if (service === undefined) return parseDiscoveryUrl(spec.discoveryServiceUrl).url;
  const members = memberCount(spec);
  if (service.size !== undefined && service.size !== members) {
    const message = `--discovery-service-url asks for ${service.size}; the URL is asked for ${members}, as many as etcd has members.`;
    run.emit({ kind: "note", id: "discovery", label: "discovery", message });
  }
  if (mode === "imagine") return `${service.address}/asked-for-when-the-cluster-is-made`;
  return newDiscoveryUrl(run.wayOut.fetch, service.address, members, run.tools.signal);
}

// --- internal ---

/** A service that nobody can reach from here may well be reached by the nodes: it is not waited for. */
const DEADLINE_MS = 5000;

interface State {
  /** Members that the URL is for; undefined where the service knows no such token. */
  readonly size: number | undefined;
  readonly registered: number;
}

/** What the service says of it, or why it says nothing. */
async function asked({ wayOut, tools }: Run, url: string): Promise<State | string> {
  const { discoveryMembers, discoverySize } = await import("../../prepare/discovery.ts");
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = AbortSignal.any([tools.signal, deadline]);
  try {
    const [size, members] = await Promise.all([
      discoverySize(wayOut.fetch, url, signal),
      discoveryMembers(wayOut.fetch, url, signal),
    ]);
    return { size, registered: members.length };
  } catch (error) {
    tools.signal.throwIfAborted();
    if (deadline.aborted) return `no answer within ${DEADLINE_MS / 1000} s`;
    if (error instanceof ClusterError) return error.message.replace(/\.$/, "");
    throw error;
  }
}

/** Why so many members cannot all come up with it. */
function problemOf(url: string, { size, registered }: State, members: number): Problem | undefined {
  const service = url.slice(0, url.lastIndexOf("/"));
  // etcd's own keys are no service that gives URLs
  const anew = service.includes("/v2/keys/")
    ? ""
    : `Give \`--discovery-service-url ${service}/new\`, which asks for a new URL, or leave`;
  const advice = `${anew === "" ? "Leave" : anew} the discovery flags out: etcd is then started from the addresses of its members.`;
  if (size === undefined)
    return { check: "DiscoveryTokenUnknown", message: `The discovery service does not know ${url}`, advice };
  if (registered + members <= size) return undefined;
  const taken = registered === 0 ? "" : `, ${registered} of which ${are(registered)} registered already`;
  return {
    check: "DiscoveryUrlFull",
    message: `The discovery URL ${url} is for ${size} ${plural("member", size)}${taken}, and ${members} would come`,
    advice: `A URL is for one cluster. ${advice}`,
  };
}

/** What may be meant, for members may come from elsewhere. */
function doubtOf({ size = 0, registered }: State, members: number): string | undefined {
  const others = size - registered - members;
  const waits = `The discovery URL is for ${size} members, and etcd begins when all have registered: ${others} more than come from here`;
  const before = `${registered} ${plural("member", registered)} ${are(registered)} registered with the discovery URL already: if of a former cluster, this one needs a URL of its own`;
  const said = [...(others > 0 ? [waits] : []), ...(registered > 0 ? [before] : [])];
  return said.length === 0 ? undefined : said.join(". ");
}
