/**
 * etcd's two member APIs over HTTP, one request each: v3 through its JSON gateway (3.4 to 3.6; uint64 ids are strings in JSON)
 * and v2 of the etcd2 of CoreOS. What etcd answers becomes a Member or an error that says whether to try again.
 */
import { plain } from "../core/words.ts";
import type { Connection } from "./connection.ts";
import { etcdRequest, type EtcdAccess, type EtcdResponse } from "./etcd-http.ts";
import type { QuorumMember } from "./quorum.ts";

export interface Member extends QuorumMember {
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

export interface MemberApi {
  list(connection: Connection, access: EtcdAccess): Promise<Member[]>;
  add(connection: Connection, access: EtcdAccess, peerUrl: string): Promise<void>;
  remove(connection: Connection, access: EtcdAccess, id: string): Promise<void>;
}

/** etcd answered, and said no. */
export class EtcdRefusal extends Error {
  /** etcd says of itself that this passes: a change needs every member connected for 5 seconds (its HealthInterval). */
  readonly passing: boolean;
  constructor(message: string, passing: boolean) {
    super(message);
    this.name = "EtcdRefusal";
    this.passing = passing;
  }
}

export const v3: MemberApi = {
  list: async (connection, access) => memberList(await post(connection, access, "/v3/cluster/member/list", {}), "ID"),
  add: async (connection, access, peerUrl) => {
    await post(connection, access, "/v3/cluster/member/add", { peerURLs: [peerUrl] });
  },
  remove: async (connection, access, id) => {
    await post(connection, access, "/v3/cluster/member/remove", { ID: id });
  },
};

export const v2: MemberApi = {
  list: async (connection, access) =>
    memberList(checked(await etcdRequest(connection, access, { method: "GET", path: "/v2/members" })), "id"),
  add: async (connection, access, peerUrl) => {
    checked(await etcdRequest(connection, access, { method: "POST", path: "/v2/members", body: { peerURLs: [peerUrl] } }));
  },
  remove: async (connection, access, id) => {
    checked(await etcdRequest(connection, access, { method: "DELETE", path: `/v2/members/${encodeURIComponent(id)}` }));
  },
};

const post = async (connection: Connection, access: EtcdAccess, path: string, body: unknown): Promise<unknown> =>
  checked(await etcdRequest(connection, access, { method: "POST", path, body }));

/** "exists" and "not found": another member's list was older than the change; the next look settles it. */
const PASSING = /unhealthy cluster|not enough started members|leader|timed out|too many requests|already exists|not found/i;

function checked({ status, body }: EtcdResponse): unknown {
  if (status >= 200 && status < 300) return body;
  const said = isRecord(body) ? (body["message"] ?? body["error"]) : body;
  const message = typeof said === "string" && said !== "" ? plain(said).slice(0, 300) : `HTTP status ${status}`;
  // v2 answers 500 "Internal Server Error" for an unhealthy cluster and keeps the reason for its log.
  throw new EtcdRefusal(message, PASSING.test(message) || status >= 500);
}

/** All of it is as etcd writes it, or none of it is believed: a list with a hole in it would be read as a smaller cluster. */
function memberList(body: unknown, idKey: "ID" | "id"): Member[] {
  const list = isRecord(body) ? body["members"] : undefined;
  const found = Array.isArray(list) ? list.map((one) => memberOf(one, idKey)) : [];
  const whole = found.filter((one) => one !== undefined);
  const different = new Set(whole.map(({ id }) => id)).size === found.length;
  if (found.length === 0 || found.length > MOST || !different)
    throw new EtcdRefusal("the answer is no list of members as etcd writes it", false);
  return whole;
}

/** Far more than etcd can work with. */
const MOST = 100;
/** uint64, decimal in JSON of v3, hexadecimal in v2. */
const ID = { ID: /^[0-9]{1,20}$/, id: /^[0-9a-f]{1,16}$/ };
/** A name goes into `name=url,name=url`, and onto screens. */
const NAME = /^[^\s,=\p{C}]{0,253}$/u;

function memberOf(value: unknown, idKey: "ID" | "id"): Member | undefined {
  if (!isRecord(value)) return undefined;
  const { [idKey]: id, name = "", isLearner: learner = false, peerURLs: peers, clientURLs: clients = [] } = value;
  const valid =
    typeof id === "string" && ID[idKey].test(id) && typeof name === "string" && NAME.test(name) && typeof learner === "boolean";
  if (!valid || !urls(peers) || peers.length === 0 || !urls(clients)) return undefined;
  return { id, name, learner, peerUrls: peers, clientUrls: clients };
}

const urls = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && isUrl(one));

/** `http://10.0.0.4:2380`, and nothing that could carry more than that into another node's configuration. */
const isUrl = (text: string): boolean => /^https?:\/\/[\w.:[\]-]{1,253}\/?$/.test(text) && URL.canParse(text);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
