/** etcd's membership against every kind of answer: what counts as done, what is waited out, and what is an error at once. */
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import {
  addMember,
  endpointHealth,
  healthyMembers,
  members,
  type MembershipOptions,
  removeMember,
  settledMembers,
} from "../../src/nodes/etcd.ts";
import { etcdHealth } from "../../src/nodes/etcd-health.ts";
import { type Answer, type Asked, jumpingClock, lostConnection, scriptedNode, type Script } from "./etcd-script.ts";

interface Wire {
  ID: string;
  name?: string;
  peerURLs: string[];
  clientURLs?: string[];
  isLearner?: boolean;
}

const wire = (ID: string, name: string, host: number): Wire => ({
  ID,
  name,
  peerURLs: [`http://10.0.0.${host}:2380`],
  clientURLs: [`http://10.0.0.${host}:2379`],
});
const three = (): Wire[] => [wire("1", "a", 4), wire("2", "b", 5), wire("3", "c", 6)];

/** A cluster of nodes that know the same members, where what `says` gives comes before what etcd would do. */
function etcd(
  list: Wire[],
  says: (asked: Asked, count: number) => ReturnType<Script> | undefined = () => undefined,
  names = ["a", "b", "c"],
) {
  const counts = new Map<string, number>();
  const script: Script = (asked) => {
    const count = (counts.get(asked.path) ?? 0) + 1;
    counts.set(asked.path, count);
    const said = says(asked, count);
    if (said !== undefined) return said;
    if (asked.method === "CONNECT") return {};
    if (asked.path === "/health") return { body: { health: "true" } };
    if (asked.path.endsWith("/list")) return { body: { members: list } };
    if (asked.path.endsWith("/add")) {
      const { peerURLs } = asked.body as { peerURLs: string[] };
      list.push({ ID: String(list.length + 1), peerURLs });
      return {};
    }
    const { ID } = asked.body as { ID: string };
    list.splice(
      list.findIndex((one) => one.ID === ID),
      1,
    );
    return {};
  };
  const nodes = names.map((name) => scriptedNode(name, script));
  const clock = jumpingClock();
  const options: MembershipOptions = { clock, connections: nodes.map(({ connection }) => connection), api: "v3" };
  const asked = (path: string): Asked[] => nodes.flatMap((node) => node.asked.filter((one) => one.path.endsWith(path)));
  return { list, options, clock, asked };
}

const refused = (message: string, status = 400): Answer => ({ status, body: { code: 1, message } });
const PEER = "http://10.0.0.7:2380";

describe("adding a member", () => {
  test("it is asked for once, and done when a list shows it", async () => {
    const { options, asked } = etcd(three());
    expect(await addMember(options, "d", PEER)).toMatchObject({ id: "4", name: "", peerUrls: [PEER] });
    expect(asked("/add")).toMatchObject([
      { method: "POST", path: "/v3/cluster/member/add", body: { peerURLs: [PEER] }, node: "a" },
    ]);
  });

  test.each([
    ["there already, not started", { ID: "4", peerURLs: [PEER] }],
    ["there already under its name", { ID: "4", name: "d", peerURLs: [PEER] }],
  ])("%s: nothing is asked for", async (_, there) => {
    const { options, asked } = etcd([...three(), there]);
    expect(await addMember(options, "d", PEER)).toMatchObject({ id: "4" });
    expect(asked("/add")).toEqual([]);
  });

  test.each([
    ["another name at its address", { ID: "4", name: "x", peerURLs: [PEER] }],
    ["its name at another address", { ID: "4", name: "d", peerURLs: ["http://10.0.0.9:2380"] }],
  ])("a conflict is an error at once: %s", async (_, there) => {
    const { options, asked } = etcd([...three(), there]);
    await expect(addMember(options, "d", PEER)).rejects.toMatchObject({ code: "EtcdMemberConflict", source: "node" });
    expect(asked("/add")).toEqual([]);
  });

  test("a refusal is not taken for done: it is an error with etcd's words", async () => {
    const { options, asked } = etcd(three(), ({ path }) => (path.endsWith("/add") ? refused("member is bad") : undefined));
    await expect(addMember(options, "d", PEER)).rejects.toMatchObject({
      code: "EtcdChangeRefused",
      message: "etcd did not add d: member is bad",
    });
    expect(asked("/add")).toHaveLength(1);
  });

  test.each([
    "unhealthy cluster",
    "etcdserver: not enough started members",
    "request timed out",
    "too many requests",
    "no leader",
  ])("a refusal that passes is asked again until it is done: %s", async (message) => {
    const { options, list, clock } = etcd(three(), ({ path }, count) =>
      path.endsWith("/add") && count <= 4 ? refused(message) : undefined,
    );
    await addMember(options, "d", PEER);
    expect(list).toHaveLength(4);
    expect(clock.now()).toBeGreaterThan(0);
  });

  test("a refusal that never passes ends with the deadline, and with its words", async () => {
    const { options, clock } = etcd(three(), ({ path }) => (path.endsWith("/add") ? refused("unhealthy cluster") : undefined));
    await expect(addMember(options, "d", PEER)).rejects.toMatchObject({ code: "EtcdChangeRefused" });
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(clock.now()).toBeLessThan(62_000);
    const earlier = etcd(three(), ({ path }) => (path.endsWith("/add") ? refused("unhealthy cluster") : undefined));
    await expect(addMember({ ...earlier.options, deadline: 3000 }, "d", PEER)).rejects.toMatchObject({
      code: "EtcdChangeRefused",
    });
    expect(earlier.clock.now()).toBe(3000);
  });

  test("etcd says yes and shows nothing: it is asked again, and at the end it is an error", async () => {
    const { options, asked } = etcd(three(), ({ path }) => (path.endsWith("/add") ? {} : undefined));
    await expect(addMember({ ...options, deadline: 2000 }, "d", PEER)).rejects.toMatchObject({
      code: "EtcdChangeRefused",
      message: "etcd has not done this in time: add d",
      exit: 6,
    });
    expect(asked("/add").length).toBeGreaterThan(1);
  });

  test("without a quorum that would hold one more nothing is asked for, for as long as the deadline allows", async () => {
    const { options, asked, clock } = etcd(three(), ({ path, node }) =>
      path === "/health" && node === "c" ? { status: 503, body: { health: "false" } } : undefined,
    );
    await expect(addMember({ ...options, deadline: 20_000 }, "d", PEER)).rejects.toMatchObject({ code: "EtcdQuorum" });
    expect(asked("/add")).toEqual([]);
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
  });

  test("a node without an answer is passed over, a lost connection too", async () => {
    const { options, list, asked } = etcd(three(), ({ method, node }) =>
      node === "a" && method === "CONNECT" ? new ClusterError("ForwardRefused", "no", { source: "node" }) : undefined,
    );
    // five members' health is not needed for the reading of the list
    expect(await members(options)).toHaveLength(3);
    expect(asked("/list")).toMatchObject([{ node: "b" }]);
    expect(list).toHaveLength(3);
  });
});

describe("removing a member", () => {
  test("it is asked of another than itself, once, and done when no list shows it", async () => {
    const { options, asked, list } = etcd(three());
    await removeMember(options, { id: "1", name: "a" });
    expect(asked("/remove")).toMatchObject([{ path: "/v3/cluster/member/remove", body: { ID: "1" }, node: "b" }]);
    expect(list.map(({ ID }) => ID)).toEqual(["2", "3"]);
  });

  test("the only one that answers is asked about itself", async () => {
    const { options, asked } = etcd(three(), undefined, ["a"]);
    await removeMember(options, { id: "1", name: "a" }, { force: true });
    expect(asked("/remove")).toMatchObject([{ node: "a" }]);
  });

  test("what is absent is removed", async () => {
    const { options, asked } = etcd(three());
    await removeMember(options, { id: "9", name: "" });
    expect(asked("/remove")).toEqual([]);
  });

  const sick: Parameters<typeof etcd>[1] = ({ path, node }) =>
    path === "/health" && node !== "a" ? { status: 503, body: { health: "false" } } : undefined;

  test("what would cost the quorum is refused after five seconds, with --force it is not asked", async () => {
    const { options, asked, clock } = etcd(three(), sick);
    await expect(removeMember(options, { id: "2", name: "b" })).rejects.toMatchObject({
      code: "EtcdQuorum",
      message: expect.stringContaining("etcd must not remove b: "),
    });
    expect(clock.now()).toBe(5000);
    expect(asked("/remove")).toEqual([]);
    const longer = etcd(three(), sick);
    await expect(removeMember(longer.options, { id: "2", name: "" }, { quorumPatienceMs: 9000 })).rejects.toMatchObject({
      message: expect.stringContaining("etcd must not remove member 2: "),
    });
    expect(longer.clock.now()).toBe(9000);
    const forced = etcd(three(), sick);
    await removeMember(forced.options, { id: "2", name: "b" }, { force: true });
    expect(forced.list.map(({ ID }) => ID)).toEqual(["1", "3"]);
  });
});

describe("reading the members", () => {
  test("what etcd says becomes members, whatever is missing in it", async () => {
    const { options } = etcd([{ ID: "1", peerURLs: ["http://10.0.0.4:2380"], isLearner: true }, wire("2", "b", 5)]);
    expect(await members(options)).toEqual([
      { id: "1", name: "", learner: true, peerUrls: ["http://10.0.0.4:2380"], clientUrls: [] },
      { id: "2", name: "b", learner: false, peerUrls: ["http://10.0.0.5:2380"], clientUrls: ["http://10.0.0.5:2379"] },
    ]);
  });

  test.each([
    ["no list", { body: { members: "none" } }, "the answer is no list of members as etcd writes it"],
    ["text", { body: "<html>" }, "the answer is no list of members as etcd writes it"],
    ["a refusal in text", { status: 403, body: "not allowed\n" }, "not allowed"],
    ["v2's words", { status: 400, body: { error: "bad" } }, "bad"],
    ["a refusal without words", { status: 418, body: "" }, "HTTP status 418"],
  ])("an answer that is none is an error at once: %s", async (_, answer, words) => {
    const { options, asked } = etcd(three(), ({ path }) => (path.endsWith("/list") ? answer : undefined));
    await expect(settledMembers(options)).rejects.toMatchObject({
      code: "EtcdChangeRefused",
      message: `etcd did not list its members: ${words}`,
    });
    expect(asked("/list")).toHaveLength(1);
  });

  test("after a change they are asked for again while they look for a leader, fifteen seconds long", async () => {
    const { options, clock } = etcd(three(), ({ path }, count) =>
      path.endsWith("/list") && count <= 6 ? refused("etcdserver: no leader", 503) : undefined,
    );
    expect(await settledMembers(options)).toHaveLength(3);
    // three nodes are asked in turn
    expect(clock.now()).toBe(1000);
    const never = etcd(three(), ({ method }) => (method === "CONNECT" ? lostConnection() : undefined));
    await expect(settledMembers(never.options)).rejects.toMatchObject({ code: "EtcdUnavailable", source: "node" });
    expect(never.clock.now()).toBe(15_000);
  });

  test("an interrupt ends the asking with its own reason", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const { options, asked } = etcd(three(), ({ path }) => {
      if (path.endsWith("/list")) stop.abort(reason);
      return path.endsWith("/list") ? refused("no leader", 503) : undefined;
    });
    await expect(settledMembers({ ...options, signal: stop.signal })).rejects.toBe(reason);
    expect(asked("/list")).toHaveLength(1);
  });
});

describe("health", () => {
  test("each is asked on its own node; a lost connection is not healthy", async () => {
    const { options } = etcd(three(), ({ method, node }) =>
      method === "CONNECT" && node === "b" ? lostConnection() : undefined,
    );
    const list = await members(options);
    expect([...(await healthyMembers(options, list))]).toEqual(["1", "3"]);
    const [a, b] = options.connections;
    expect([await endpointHealth(a!, options), await endpointHealth(b!, options)]).toEqual([true, false]);
  });

  test("an interrupt is no answer about health", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const { options } = etcd(three(), () => {
      stop.abort(reason);
      return lostConnection();
    });
    await expect(endpointHealth(options.connections[0]!, { ...options, signal: stop.signal })).rejects.toBe(reason);
  });

  test.each([
    ["true", { body: { health: "true" } }, { healthy: true }],
    ["a boolean", { body: { health: true } }, { healthy: true }],
    [
      "false with a reason",
      { body: { health: "false", reason: "RAFT NO LEADER" } },
      { code: "EtcdUnhealthy", reason: "etcd runs but has no quorum: RAFT NO LEADER" },
    ],
    [
      "true with 503",
      { status: 503, body: { health: "true" } },
      { code: "EtcdUnhealthy", reason: "etcd runs but has no quorum" },
    ],
    ["nonsense", { body: "fine" }, { code: "EtcdAnswerUnreadable", reason: "what answers at etcd's port is not etcd" }],
    ["a closed connection", "hang up", { code: "EtcdBroken", reason: "etcd closed the connection" }],
    [
      "nobody listens",
      new ClusterError("ForwardRefused", "no", { source: "node" }),
      { code: "ForwardRefused", reason: "etcd is not running yet" },
    ],
    ["another trouble", new ClusterError("Odd", "odd words", { source: "node" }), { code: "Odd", reason: "odd words" }],
  ] as [string, ReturnType<Script>, object][])("etcd says: %s", async (_, said, health) => {
    const { connection } = scriptedNode("a", ({ method }) => (method === "CONNECT" && !(said instanceof Error) ? {} : said));
    expect(await etcdHealth(connection, { clock: jumpingClock() })).toEqual({
      ...("healthy" in health ? {} : { healthy: false }),
      ...health,
    });
  });

  test("a gateway that closes the connection knows of no member that lives", async () => {
    const { connection } = scriptedNode("a", ({ method }) => (method === "CONNECT" ? {} : "hang up"));
    const gateway = { ...connection, target: { ...connection.target, role: "gateway" as const } };
    expect(await etcdHealth(gateway, { clock: jumpingClock() })).toMatchObject({
      code: "EtcdBroken",
      reason: expect.stringContaining("reaches no member of etcd that it knows of: `create`, run again"),
    });
  });

  test("silence is unhealthy after seven seconds", async () => {
    const { connection } = scriptedNode("a", ({ method }) => (method === "CONNECT" ? {} : "silence"));
    expect(await etcdHealth(connection, { clock: jumpingClock({ limits: true }) })).toMatchObject({
      healthy: false,
      code: "EtcdTimeout",
      reason: "etcd runs but serves nobody: it waits for its peers",
    });
  });

  test.each([
    ["what is no error of the node's", new TypeError("ours")],
    ["a lost connection", lostConnection()],
  ])("%s is thrown", async (_, error) => {
    const { connection } = scriptedNode("a", () => error);
    await expect(etcdHealth(connection, { clock: jumpingClock() })).rejects.toBe(error);
  });
});
