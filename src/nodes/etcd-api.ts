/**
 * etcd's two member APIs over HTTP, one request each: v3 through its JSON gateway (3.4 to 3.6; uint64 ids are strings in JSON)
 * and v2 of the etcd2 of CoreOS. What etcd answers becomes a Member or an error that says whether to try again.
 */
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
  const message = typeof said === "string" && said !== "" ? said.trim().slice(0, 300) : `HTTP status ${status}`;
  // v2 answers 500 "Internal Server Error" for an unhealthy cluster and keeps the reason for its log.
  throw new EtcdRefusal(message, PASSING.test(message) || status >= 500);
}

function memberList(body: unknown, idKey: "ID" | "id"): Member[] {
  const list = isRecord(body) ? body["members"] : undefined;
  if (!Array.isArray(list)) throw new EtcdRefusal("the answer holds no list of members", false);
  return list.filter(isRecord).map((member) => ({
    id: String(member[idKey]),
    name: typeof member["name"] === "string" ? member["name"] : "",
    learner: member["isLearner"] === true,
    peerUrls: strings(member["peerURLs"]),
    clientUrls: strings(member["clientURLs"]),
  }));
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
