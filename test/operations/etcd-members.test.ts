/** etcd's members come and go through the nodes that live: what each change asks, tells and refuses, over SSH in this process. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { describe, expect, test } from "vitest";
import type { Node } from "../../src/core/plan/cluster.ts";
import { AUTHORITY_FILE } from "../../src/core/node-config.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import type { Event } from "../../src/engine/event.ts";
import { type Reach, nodeTarget } from "../../src/operations/cluster/node-target.ts";
import { authorityHere, recoverAuthority } from "../../src/operations/etcd/authority.ts";
import { certify, lacksCertificate } from "../../src/operations/etcd/certify.ts";
import { createJoining } from "../../src/operations/etcd/joining.ts";
import { gatewayScript, gatewayTeller } from "../../src/operations/etcd/gateways.ts";
import { leaveEtcd } from "../../src/operations/etcd/leaving.ts";
import { FORCE_ADVICE } from "../../src/operations/remove/forget-nodes.ts";
import { membersOf } from "../../src/operations/etcd/plan.ts";
import { type LiveEtcd, join, leave, makeWay, planJoins, withMembers } from "../../src/operations/etcd/membership.ts";
import { unjoin } from "../../src/operations/create/unjoin.ts";
import { type Etcd, inQuietMoment } from "../../src/operations/reboot/quiet-moment.ts";
import { withConnection } from "../../src/nodes/connection.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Run } from "../../src/operations/run.ts";
import { createEtcdCa, etcdTlsFiles, fingerprintOf } from "../../src/prepare/etcd-tls.ts";
import { type Shell, USER_KEY, USER_KEY_LINE, startNodes } from "../nodes/ssh-script.ts";
import type { Asked, Script } from "../nodes/etcd-script.ts";

interface Wire {
  ID: string;
  name: string;
  peerURLs: string[];
  clientURLs: string[];
}

const address = (index: number): string => `10.0.0.${4 + index}`;
const member = (index: number, started = true): Wire => ({
  ID: `${index + 1}`,
  name: started ? `abc-coreos-${index}` : "",
  peerURLs: [`http://${address(index)}:2380`],
  clientURLs: started ? [`http://${address(index)}:2379`] : [],
});

interface World {
  readonly run: Run;
  readonly reach: Reach;
  readonly alive: readonly Node[];
  readonly list: Wire[];
  readonly events: Event[];
  readonly changing: (readonly [changes: number, runs: number])[];
  readonly stop: AbortController;
  readonly nodes: Awaited<ReturnType<typeof startNodes>>;
  readonly dir: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A cluster of three members and so many gateways, with an etcd that does what it is asked unless `says` answers. */
async function cluster({
  list = [member(0), member(1), member(2)],
  gateways = 1,
  says = () => undefined,
  shell,
  key = USER_KEY,
}: {
  list?: Wire[];
  gateways?: number;
  says?: (asked: Asked) => ReturnType<Script> | undefined;
  shell?: Shell;
  key?: string | undefined;
} = {}): Promise<World> {
  let adds = 0;
  const etcd: Script = (asked) => {
    const said = says(asked);
    if (said !== undefined) return said;
    if (asked.path === "/health") return { body: { health: "true" } };
    if (asked.path.endsWith("/list")) return { body: { members: list } };
    if (asked.path.endsWith("/add"))
      list.push({
        ID: String(100 + adds++),
        name: "",
        peerURLs: (asked.body as { peerURLs: string[] }).peerURLs,
        clientURLs: [],
      });
    if (asked.path.endsWith("/remove"))
      list.splice(
        list.findIndex(({ ID }) => ID === (asked.body as { ID: string }).ID),
        1,
      );
    return {};
  };
  const names = Array.from({ length: 3 + gateways }, (_, index) => `abc-coreos-${index}`);
  const nodes = await startNodes(names, etcd, shell);
  const dir = mkdtempSync(path(tmpdir(), "acc-members-"));
  mkdirSync(path(dir, "abc"), { mode: 0o700 });
  const events: Event[] = [];
  /** How much had been asked of etcd, and run on nodes, whenever it was said that nodes are changed. */
  const changing: (readonly [changes: number, runs: number])[] = [];
  const stop = new AbortController();
  const { spec } = buildSpec("abc", { ssh: nodes.port, numNodes: names.length });
  const run = {
    clock: realClock,
    deadline: Date.now() + 20_000,
    dir,
    simulated: false,
    tools: { signal: stop.signal },
    emit: (event: Event) => events.push(event),
    changesNodes: () =>
      changing.push([
        nodes.asked.filter(({ path }) => /add$|remove$/.test(path)).length,
        nodes.ran.filter(({ stdin }) => stdin !== "").length,
      ]),
    outside: { clock: realClock, env: {} },
  } as unknown as Run;
  const reach: Reach = {
    spec,
    group: "shared",
    choices: { members: new Map([0, 1, 2].map((index) => [index, address(index)])) },
    host: "127.0.0.1",
    identity: key === undefined ? { publicKey: USER_KEY_LINE } : { publicKey: USER_KEY_LINE, privateKey: key },
    tls: false,
    via: undefined,
  };
  const alive = [0, 1, 2].map((index) => ({ index, address: address(index), hostKey: nodes.hostKeys[index] }));
  const end = async (): Promise<void> => {
    await nodes.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { run, reach, alive, list, events, changing, stop, nodes, dir, [Symbol.asyncDispose]: end };
}

const etcdOf = ({ reach, alive }: World): LiveEtcd => ({ reach, alive, tls: undefined });
const node = (index: number, hostKey?: string): Node => ({
  index,
  address: address(index),
  ...(hostKey === undefined ? {} : { hostKey }),
});
const asked = ({ nodes }: World, what: string): Asked[] => nodes.asked.filter(({ path }) => path.endsWith(what));

describe.concurrent("through the members", () => {
  test("a node that is no member, or shows another key, or does not answer is not gone through", async () => {
    await using world = await cluster();
    const { run, reach, alive } = world;
    const through = (nodes: readonly Node[]): Promise<string[]> =>
      withMembers(run, { reach, alive: nodes, tls: undefined }, ({ connections }) =>
        Promise.resolve(connections.map(({ target }) => target.name)),
      );
    expect(await through([...alive, node(3)])).toEqual(["abc-coreos-0", "abc-coreos-1", "abc-coreos-2"]);
    const other = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDother";
    expect(await through([{ ...node(0), hostKey: other }, node(1)])).toEqual(["abc-coreos-1"]);
    await expect(through([node(3)])).rejects.toMatchObject({ code: "EtcdUnreachable", source: "node" });
    await expect(through([{ ...node(0), hostKey: other }])).rejects.toMatchObject({
      code: "EtcdUnreachable",
      advice: expect.stringContaining("--ssh-from"),
      cause: expect.objectContaining({ code: "HostKeyMismatch" }),
    });
  });

  test("an interrupt ends it with its own reason", async () => {
    await using world = await cluster();
    const { run, reach, alive, stop } = world;
    const reason = new Error("interrupted");
    stop.abort(reason);
    await expect(withMembers(run, { reach, alive, tls: undefined }, () => Promise.resolve())).rejects.toBe(reason);
  });
});

describe.concurrent("joining", () => {
  test("a new node is told the members and itself, last; what replaces a member without its disk says which", async () => {
    await using world = await cluster({ list: [member(0), member(1), member(2)] });
    const { run, reach, alive } = world;
    const joins = await planJoins(run, { reach, alive: alive.slice(0, 2), tls: undefined }, [node(2), node(3)]);
    expect([...joins.keys()]).toEqual([2, 3]);
    expect(joins.get(2)).toMatchObject({
      told: [0, 1, 2].map((index) => ({ name: `abc-coreos-${index}`, address: address(index) })),
      replaces: { id: "3", name: "abc-coreos-2" },
    });
    expect(joins.get(3)?.told.map(({ name }) => name)).toEqual(["abc-coreos-0", "abc-coreos-1", "abc-coreos-2", "abc-coreos-3"]);
    expect(joins.get(3)).not.toHaveProperty("replaces");
  });

  test("one that was added and never started comes first, and replaces nobody; one that is there joins nothing", async () => {
    await using world = await cluster({ list: [member(0), member(1), member(3, false)] });
    const { run, reach, alive } = world;
    const joins = await planJoins(run, { reach, alive: alive.slice(0, 2), tls: undefined }, [node(0), node(2), node(3)]);
    expect([...joins.keys()]).toEqual([3, 2]);
    expect(joins.get(3)).not.toHaveProperty("replaces");
  });

  test("a member is added, told who the members are, and its etcd started, in that order", async () => {
    await using world = await cluster();
    const { run, reach, alive, nodes } = world;
    await join(run, { reach, alive, tls: undefined }, node(3), undefined);
    expect(asked(world, "/add")).toMatchObject([{ body: { peerURLs: ["http://10.0.0.7:2380"] } }]);
    expect(world.changing).toEqual([[0, 0]]);
    expect(nodes.ran.map(({ node: name }) => name)).toEqual(["abc-coreos-3", "abc-coreos-3"]);
    expect(nodes.ran[0]?.command).toContain("/etc/systemd/system/etcd-member.service.d/50-joined.conf");
    expect(nodes.ran[0]?.stdin).toBe(
      `[Service]\nEnvironment=ETCD_INITIAL_CLUSTER=${[0, 1, 2, 3].map((index) => `abc-coreos-${index}=http://${address(index)}:2380`).join(",")}\nEnvironment=ETCD_INITIAL_CLUSTER_STATE=existing\n`,
    );
    expect(nodes.ran[1]?.command).toMatch(/systemctl daemon-reload && .*systemctl restart --no-block etcd-member/);
  });

  test("one that has started is left alone", async () => {
    await using world = await cluster({ list: [member(0), member(1), member(2), { ...member(3) }] });
    await join(world.run, etcdOf(world), node(3), undefined);
    expect([asked(world, "/add"), world.nodes.ran]).toEqual([[], []]);
  });

  test("one that cannot be told is an error, unless it knows the same already", async () => {
    const shell: Shell = () => ({ code: 1, stderr: "no sudo\nmore" });
    await using world = await cluster({ shell });
    const told = [0, 1, 2, 3].map((index) => ({ name: `abc-coreos-${index}`, address: address(index) }));
    await expect(join(world.run, etcdOf(world), node(3), told.slice(0, 3))).rejects.toMatchObject({
      code: "NodeFileNotWritten",
      message: expect.stringMatching(/^abc-coreos-3 did not take .*: no sudo$/),
    });
    await expect(join(world.run, etcdOf(world), node(3), undefined)).rejects.toMatchObject({
      code: "NodeFileNotWritten",
    });
    await join(world.run, etcdOf(world), node(3), told.toReversed());
  });

  test("nodes join one after another: the second when the first has come, its old self out of etcd before", async () => {
    await using world = await cluster({ gateways: 2, list: [member(0), member(1), member(2), member(4)] });
    const { run, reach, alive, stop } = world;
    const planned = [0, 1, 2, 3, 4].map((index) => ({
      index,
      address: address(index),
      name: `abc-coreos-${index}`,
      userData: "",
    }));
    const members = new Map(planned.map(({ index, address: at }) => [index, at]));
    const joining = createJoining(
      run,
      { ...reach, choices: { members } },
      {
        facts: { nodes: planned },
        materials: {
          choices: { members },
          joins: new Map([
            [3, { told: [] }],
            [4, { told: [], replaces: { id: "5", name: "abc-coreos-4" } }],
          ]),
        },
      } as unknown as Parameters<typeof createJoining>[2],
      undefined,
    );
    expect([joining.has(3), joining.has(4), joining.has(0)]).toEqual([true, true, false]);
    let second = "waits";
    const last = joining.join(planned[4]!).then(() => (second = "joined"));
    await joining.join(planned[3]!);
    expect(asked(world, "/add")).toHaveLength(1);
    expect([second, asked(world, "/remove").length]).toEqual(["waits", 0]);
    const added = world.list.find(({ name }) => name === "");
    Object.assign(added ?? {}, { name: "abc-coreos-3", clientURLs: member(3).clientURLs });
    joining.ended(3, true);
    await last;
    expect(asked(world, "/remove")).toMatchObject([{ body: { ID: "5" } }]);
    expect(asked(world, "/add")).toHaveLength(2);
    await joining.makeWay(planned[4]!);
    expect(asked(world, "/remove")).toHaveLength(1);
    const reason = new Error("interrupted");
    stop.abort(reason);
    void alive;
    await expect(joining.join(planned[4]!)).rejects.toBe(reason);
  });
});

test("gateways that were there before are told of the members that came, when all have come; one that could not be told is said", async () => {
  const refuses: Shell = ({ node }) => (node === "abc-coreos-6" ? { code: 1, stderr: "no sudo" } : "");
  await using world = await cluster({ gateways: 6, shell: refuses });
  const planned = Array.from({ length: 9 }, (_, index) => ({
    index,
    address: address(index),
    hostKey: world.nodes.hostKeys[index] ?? "",
    name: `abc-coreos-${index}`,
    userData: index === 7 ? "made now" : "",
  }));
  const members = new Map([0, 1, 2, 3, 4].map((index) => [index, address(index)]));
  const reach = { ...world.reach, choices: { members } };
  const materials = { choices: { members }, joins: new Map([3, 4].map((index) => [index, { told: [] }])) };
  const prepared = { facts: { nodes: planned }, materials } as unknown as Parameters<typeof createJoining>[2];
  const joining = createJoining(world.run, reach, prepared, undefined);
  const teller = gatewayTeller(world.run, reach, planned, joining);
  const logIn = (index: number): Promise<void> => {
    const target = nodeTarget(reach, planned[index]!);
    const how = { clock: realClock, trust: "strict" as const };
    return withConnection(target, how, (connection) => teller.whenLoggedIn(connection, target));
  };
  const logins = [0, 5, 7].map(logIn);
  const refused = expect(logIn(6)).rejects.toMatchObject({ code: "GatewayNotTold" });
  joining.ended(3, true);
  await logins[0];
  expect(world.nodes.ran).toEqual([]);
  joining.ended(4, false);
  await Promise.all(logins);
  await refused;
  const told = world.nodes.ran.map(({ node: name, command }) => `${name} ${/--endpoints=([\d.:,]+)\//.exec(command)?.[1]}`);
  const four = [0, 1, 2, 3].map((index) => `${address(index)}:2379`).join();
  expect(told.sort()).toEqual([`abc-coreos-5 ${four}`, `abc-coreos-6 ${four}`]);
  await teller.tell();
  expect(world.events.map(({ id, message }) => [id, message])).toEqual([
    [
      "etcd/abc-coreos-6",
      expect.stringMatching(
        /no sudo.*`azure-coreos-cluster abc --resource-group shared` tells it.*replace abc 6 --resource-group shared`/,
      ),
    ],
    ["etcd/abc-coreos-8", expect.stringMatching(/not logged in to.*`azure-coreos-cluster abc --resource-group shared` tells it/)],
  ]);
});

describe.concurrent("who is a member of a cluster that exists", () => {
  const place = (index: number, more: object = {}): Parameters<typeof membersOf>[3]["places"][number] => ({
    ...node(index),
    exists: index < 3,
    isNew: index >= 3,
    publicAddress: false,
    hostKey: undefined,
    ...more,
  });
  /** Five nodes where there were three: of as many members as that makes. */
  async function grown(
    {
      run = {},
      reach = {},
      spec = {},
      fixed = false,
      mode = "make",
    }: { run?: object; reach?: object; spec?: object; fixed?: boolean; mode?: string } = {},
    places = [0, 1, 2, 3, 4].map((index) => place(index)),
  ) {
    await using world = await cluster({ gateways: 2 });
    const wish = { ...(world.reach.spec as Parameters<typeof membersOf>[1]), waitFor: "etcd" as const, ...spec };
    const found = await membersOf({ ...world.run, ...run }, wish, { ...world.reach, ...reach }, {
      places,
      fixed,
      mode,
    } as Parameters<typeof membersOf>[3]);
    return {
      world,
      members: [...found.members.keys()],
      joins: [...found.joins.keys()],
      said: world.events.map(({ message }) => message),
    };
  }

  test("new nodes join, through those that live", async () => {
    const { members, joins, said, world } = await grown();
    expect([members, joins, said]).toEqual([[0, 1, 2, 3, 4], [3, 4], []]);
    expect(asked(world, "/list").length).toBeGreaterThan(0);
  });

  test("a member whose machine is gone joins anew; a worker whose machine is gone comes again as one", async () => {
    const places = [0, 1, 2, 3, 4].map((index) => place(index, { exists: index !== 1 && index !== 4, isNew: false }));
    expect(await grown({}, places)).toMatchObject({ members: [0, 1, 2], joins: [1], said: [] });
  });

  test.each<[string, Parameters<typeof grown>[0], RegExp]>([
    ["nobody waits for them", { spec: { waitFor: "machines" } }, /with --wait-for machines nobody waits for them/],
    ["there is no key", { reach: { identity: { publicKey: USER_KEY_LINE } } }, /the cluster's private key is not here/],
    ["a certificate is missing", { reach: { tls: true } }, /etcd-ca\.pem is not here/],
  ])("they become gateways where %s, and it is said", async (_, how, why) => {
    const { members, joins, said, world } = await grown(how);
    expect([members, joins]).toEqual([[0, 1, 2], []]);
    expect(said).toEqual([expect.stringMatching(why)]);
    expect(said[0]).toContain("they reach etcd through a gateway on 127.0.0.1:2379");
    expect(world.nodes.asked).toEqual([]);
  });

  test("without a quorum of machines nobody joins", async () => {
    const places = [0, 1, 2, 3, 4].map((index) => place(index, { exists: index === 0 }));
    const { members, joins, said } = await grown({}, places);
    expect([members, joins]).toEqual([[0, 1, 2], []]);
    expect(said).toEqual([expect.stringContaining("1 of 3 members exist, and etcd agrees to nothing")]);
  });

  test.each<[string, Parameters<typeof grown>[0]]>([
    ["a rehearsal", { run: { simulated: true } }],
    ["a dry run", { mode: "imagine" }],
  ])("%s asks nobody, and takes etcd to agree", async (_, how) => {
    const { members, joins, world } = await grown(how);
    expect([members, joins]).toEqual([
      [0, 1, 2, 3, 4],
      [3, 4],
    ]);
    expect(world.nodes.asked).toEqual([]);
  });

  test.each<[string, Parameters<typeof grown>[0]]>([
    ["who is a member is the user's own matter", { fixed: true }],
    ["there is no address", { reach: { host: "" } }],
  ])("nobody joins where %s", async (_, how) => {
    expect(await grown(how)).toMatchObject({ members: [0, 1, 2], joins: [], said: [] });
  });
});

describe.concurrent("leaving", () => {
  test("by its name or by its address; absent is success", async () => {
    await using world = await cluster({ list: [member(0), { ...member(1), name: "renamed" }, member(2)] });
    const { run, reach, alive } = world;
    await leave(run, { reach, alive, tls: undefined }, node(1));
    expect(asked(world, "/remove")).toMatchObject([{ body: { ID: "2" } }]);
    await leave(run, { reach, alive, tls: undefined }, node(3));
    expect(asked(world, "/remove")).toHaveLength(1);
    await makeWay(run, { reach, alive, tls: undefined }, { id: "3", name: "abc-coreos-2" });
    expect(world.list.map(({ ID }) => ID)).toEqual(["1"]);
  });

  const spec = (world: World) => world.reach.spec as Parameters<typeof leaveEtcd>[1]["spec"];
  const claimOf = (world: World, more: object = {}) =>
    ({
      id: "/subscriptions/s/resourceGroups/abc/providers/Microsoft.Network/publicIPAddresses/abc-ip",
      choices: { id: "0123abcd", sshPublicKey: USER_KEY_LINE, members: world.reach.choices.members, ...more },
      address: "127.0.0.1",
      tags: {},
    }) as unknown as Parameters<typeof leaveEtcd>[1]["claim"];
  const withKey = (world: World): World => {
    writeFileSync(path(world.dir, "ssh-cert.key"), USER_KEY, { mode: 0o600 });
    return world;
  };
  const leaving = (
    world: World,
    going: number[],
    force = false,
    more: object = {},
    comeBack = false,
    others = [node(3)],
  ): Promise<void> =>
    leaveEtcd(
      world.run,
      { spec: spec(world), claim: claimOf(world, more), there: [...world.alive, ...others], going },
      { force, advice: FORCE_ADVICE, comeBack },
    );

  test("members leave one at a time, and each is told; a gateway asks nobody", async () => {
    await using world = withKey(await cluster());
    await leaving(world, [3]);
    expect([world.nodes.asked, world.events, world.changing]).toEqual([[], [], []]);
    await leaving(world, [1, 2, 3]);
    expect(world.changing).toEqual([[0, 0]]);
    expect(asked(world, "/remove").map(({ body }) => body)).toEqual([{ ID: "2" }, { ID: "3" }]);
    expect(world.events.map(({ kind, id, node: index }) => [kind, id, index])).toEqual([
      ["started", "etcd/abc-coreos-1", 1],
      ["done", "etcd/abc-coreos-1", 1],
      ["started", "etcd/abc-coreos-2", 2],
      ["done", "etcd/abc-coreos-2", 2],
    ]);
  });

  test("a gateway that stays is told of the members that stay; one that cannot be told is said, and stands in nobody's way", async () => {
    const refuses: Shell = ({ node }) => (node === "abc-coreos-4" ? { code: 1, stderr: "no sudo" } : "");
    await using world = withKey(await cluster({ gateways: 2, shell: refuses }));
    await leaving(world, [1], false, {}, false, [node(3), node(4)]);
    const told = world.nodes.ran.map(({ node: name, command }) => `${name} ${/--endpoints=([\d.:,]+)\//.exec(command)?.[1]}`);
    expect(new Set(told)).toEqual(new Set([3, 4].map((nth) => `abc-coreos-${nth} ${address(0)}:2379,${address(2)}:2379`)));
    expect(world.events.filter(({ kind }) => kind === "note")).toMatchObject([
      { id: "etcd/abc-coreos-4", message: expect.stringMatching(/no sudo.*`azure-coreos-cluster replace abc 4`/) },
    ]);
  });

  test("a gateway's own unit stays, with other endpoints, and is started again when they have changed", () => {
    const folder = mkdtempSync(path(tmpdir(), "acc-units-"));
    writeFileSync(path(folder, "systemctl"), `#!/bin/sh\necho "$@" >>${folder}/said\n`, { mode: 0o755 });
    const tell = (endpoints: string[]): Buffer =>
      execFileSync("sh", ["-ec", gatewayScript(endpoints, folder)], { env: { PATH: `${folder}:${process.env["PATH"]}` } });
    tell(["10.0.0.4:2379"]);
    expect(existsSync(path(folder, "said"))).toBe(false);
    const start = "ExecStart=/usr/bin/docker run %% etcd gateway start --endpoints=10.0.0.5:2379,10.0.0.6:2379 --retry-delay=5s";
    writeFileSync(path(folder, "etcd-gateway.service"), `[Service]\nExecStartPre=-/bin/true\n${start}\n`);
    tell(["10.0.0.5:2379", "10.0.0.6:2379"]);
    expect(existsSync(path(folder, "etcd-gateway.service.d"))).toBe(false);
    for (const endpoints of [["10.0.0.4:2379"], ["10.0.0.4:2379"]]) tell(endpoints);
    expect(readFileSync(path(folder, "etcd-gateway.service.d", "50-members.conf"), "utf8")).toBe(
      `[Service]\nExecStart=\n${start.replace("10.0.0.5:2379,10.0.0.6:2379", "10.0.0.4:2379")}\n`,
    );
    const said = "daemon-reload\nrestart --no-block etcd-gateway.service\n";
    expect(readFileSync(path(folder, "said"), "utf8")).toBe(said);
    tell(["10.0.0.5:2379", "10.0.0.6:2379"]);
    expect(readFileSync(path(folder, "said"), "utf8")).toBe(said + said);
    rmSync(folder, { recursive: true });
  });

  test("a user's own user-data means an etcd that is not ours", async () => {
    await using world = withKey(await cluster());
    await leaving(world, [0, 1, 2], false, { customDataHash: "x" });
    expect(world.nodes.asked).toEqual([]);
  });

  test("all of them only with force", async () => {
    await using world = withKey(await cluster());
    await expect(leaving(world, [0, 1, 2])).rejects.toMatchObject({
      code: "EtcdQuorum",
      exit: 5,
      advice: expect.stringContaining("--force"),
    });
    expect(world.nodes.asked).toEqual([]);
    await leaving(world, [0, 1, 2], true);
    expect(asked(world, "/remove").length).toBeGreaterThan(1);
  });

  test("a simulated cluster has nothing to leave", async () => {
    await using world = await cluster();
    await leaveEtcd(
      { ...world.run, simulated: true },
      { spec: spec(world), claim: claimOf(world), there: world.alive, going: [1] },
    );
    expect(world.nodes.asked).toEqual([]);
  });

  test("without the private key a member does not leave; with force the machines go all the same", async () => {
    await using world = await cluster();
    await expect(leaving(world, [1])).rejects.toMatchObject({
      code: "PrivateKeyMissing",
      exit: 5,
      advice: expect.stringContaining("add --force to remove the machines without telling etcd"),
    });
    await leaving(world, [1], true);
    expect(world.events.at(-2)).toMatchObject({ kind: "skipped", code: "EtcdUnreachable" });
  });

  test("one that comes back stays where etcd's authority is nowhere: it could not be given a certificate", async () => {
    await using world = withKey(await cluster());
    const refused = { code: "EtcdCaMissing", exit: 5, advice: expect.stringContaining("Copy the cluster's folder") };
    await expect(leaving(world, [1], false, { etcdCa: "0".repeat(32) }, true)).rejects.toMatchObject(refused);
    expect(asked(world, "/remove")).toEqual([]);
  });

  test("what etcd refuses when one has left already leaves it partly done", async () => {
    const first = {
      says: ({ path: at }: Asked) => (at.endsWith("/remove") ? { status: 400, body: { message: "bad" } } : undefined),
    };
    let left = 0;
    const second = { says: (one: Asked) => (one.path.endsWith("/remove") && left++ > 0 ? first.says(one) : undefined) };
    for (const [says, going, exit] of [
      [first, [1], 1],
      [second, [1, 2], 3],
    ] as const) {
      await using world = withKey(await cluster(says));
      await expect(leaving(world, [...going])).rejects.toMatchObject({ code: "EtcdChangeRefused", exit });
    }
  });

  test("a refusal is an error, and with force it is said and passed over", async () => {
    const refuse = {
      says: ({ path: at }: Asked) => (at.endsWith("/remove") ? { status: 400, body: { message: "bad" } } : undefined),
    };
    await using world = withKey(await cluster(refuse));
    await expect(leaving(world, [1])).rejects.toMatchObject({ code: "EtcdChangeRefused" });
    expect(world.events.at(-1)).toMatchObject({ kind: "failed", code: "EtcdChangeRefused", node: 1 });
    await leaving(world, [1], true);
    expect(world.events.at(-1)).toMatchObject({ kind: "skipped", code: "EtcdChangeRefused", node: 1 });
  });

  /** Two nodes that a run has made, and taken in as members 3 and 4. */
  const unjoining = (world: World, made = [3, 4], more: object = {}): Promise<Set<number>> => {
    const { run, reach, list } = world;
    for (const index of [3, 4]) list.push(member(index));
    const nodes = [...world.alive, node(3), node(4)].map((one) => ({ ...one, name: `abc-coreos-${one.index}` }));
    const machine = "/subscriptions/s/resourcegroups/abc/providers/microsoft.compute/virtualmachines/abc-coreos-";
    const members = new Map([0, 1, 2, 3, 4].map((index) => [index, address(index)]));
    const prepared = {
      spec: reach.spec,
      facts: { group: "ABC", nodes },
      found: { claim: claimOf(world), ...more },
      materials: { ...reach, joins: new Map([3, 4].map((index) => [index, { told: [] }])), choices: { members } },
    } as unknown as Parameters<typeof unjoin>[1];
    const ids = new Map(made.map((index) => [`${machine}${index}`, { kind: "machine", id: "" }]));
    return unjoin({ ...run, subscription: "s" }, prepared, ids);
  };

  test("what a rollback takes back leaves last come first, and only what the run made", async () => {
    await using world = await cluster();
    expect(await unjoining(world)).toEqual(new Set());
    expect(asked(world, "/remove").map(({ body }) => body)).toEqual([{ ID: "5" }, { ID: "4" }]);
    expect(world.changing).toEqual([[0, 0]]);
    // through those that were members before, each time
    expect(world.nodes.logins.count).toBe(6);
    await using one = await cluster();
    expect(await unjoining(one, [3])).toEqual(new Set());
    expect(asked(one, "/remove").map(({ body }) => body)).toEqual([{ ID: "4" }]);
    await using none = await cluster();
    await unjoining(none, []);
    await unjoining(none, [3, 4], { claim: undefined });
    expect([none.nodes.asked, none.changing]).toEqual([[], []]);
  });

  test("one that etcd does not let go stays with its machine, which is said, and the other leaves all the same", async () => {
    const refuses = ({ path: at, body }: Asked) =>
      at.endsWith("/remove") && (body as { ID: string }).ID === "5" ? { status: 400, body: { message: "bad" } } : undefined;
    await using world = await cluster({ says: refuses });
    expect(await unjoining(world)).toEqual(new Set([4]));
    expect(world.list.map(({ ID }) => ID)).toEqual(["1", "2", "3", "5"]);
    expect(world.events).toMatchObject([
      { id: "rollback/etcd/abc-coreos-4", message: expect.stringContaining("`azure-coreos-cluster remove abc abc-coreos-4`") },
    ]);
    world.stop.abort(new Error("stopped"));
    await expect(unjoining(world)).rejects.toThrow("stopped");
  });

  test("where no member answers, the way out is named", async () => {
    await using world = withKey(await cluster());
    await world.nodes.close();
    await expect(leaving(world, [1])).rejects.toMatchObject({
      code: "EtcdUnreachable",
      advice: expect.stringMatching(/--ssh-from.* If etcd is lost for good, --force removes/),
    });
  });
});

describe.concurrent("the authority", async () => {
  const ca = await createEtcdCa("abc", Date.now());
  const text = `${ca.key.trim()}\n${ca.certificate.trim()}\n`;
  const holds =
    (what: string): Shell =>
    ({ command }) =>
      command.includes("base64") ? Buffer.from(what).toString("base64") : "";

  test("is fetched from the first member that has the cluster's own, and what was missing is made", async () => {
    await using world = await cluster({ shell: (ran) => (ran.node === "abc-coreos-0" ? { code: 44 } : holds(text)(ran)) });
    const reach = { ...world.reach, tls: true, choices: { ...world.reach.choices, etcdCa: fingerprintOf(ca) } };
    await recoverAuthority(world.run, reach, world.alive);
    const files = etcdTlsFiles(path(world.dir, "abc"));
    expect(readFileSync(files.caKey, "utf8").trim()).toBe(ca.key.trim());
    expect([files.ca, files.client, files.clientKey].map((file) => existsSync(file))).toEqual([true, true, true]);
    expect(world.events).toMatchObject([
      { kind: "note", id: "etcd-ca", message: expect.stringContaining("was fetched from abc-coreos-1") },
    ]);
    expect(world.nodes.ran[0]?.command).toContain(AUTHORITY_FILE);
    expect(authorityHere(world.run, "abc", fingerprintOf(ca))).toMatchObject({
      certificate: expect.stringContaining("CERTIFICATE"),
    });
    expect(authorityHere(world.run, "abc", "other")).toBeUndefined();
    expect(authorityHere(world.run, "other", fingerprintOf(ca))).toBeUndefined();
    const before = world.nodes.ran.length;
    await recoverAuthority(world.run, reach, world.alive);
    expect(world.nodes.ran.length).toBe(before);
  });

  test.each([
    ["another authority's", text, "other"],
    ["no certificate", ca.key, undefined],
    ["no key", ca.certificate, undefined],
  ])("is not taken when it is %s", async (_, held, wanted) => {
    await using world = await cluster({ shell: holds(held) });
    const reach = {
      ...world.reach,
      tls: true,
      choices: { ...world.reach.choices, ...(wanted === undefined ? {} : { etcdCa: wanted }) },
    };
    await recoverAuthority(world.run, reach, world.alive);
    expect(existsSync(etcdTlsFiles(path(world.dir, "abc")).caKey)).toBe(false);
    expect(world.events).toEqual([]);
  });

  test.each([
    ["in a rehearsal", { simulated: true }, {}],
    ["without a key", {}, { identity: { publicKey: USER_KEY_LINE } }],
    ["without an address", {}, { host: "" }],
  ])("is not looked for %s", async (_, run, reach) => {
    await using world = await cluster({ shell: holds(text) });
    await recoverAuthority({ ...world.run, ...run }, { ...world.reach, ...reach }, world.alive);
    await recoverAuthority(world.run, world.reach, []);
    expect(world.nodes.ran).toEqual([]);
  });

  test("a certificate is brought to a member that lacks one: the key last, then its etcd is started", async () => {
    const lacks: Shell = ({ command }) => ({ code: /test -s/.test(command) ? 1 : 0 });
    await using world = await cluster({ shell: lacks });
    const reach = { ...world.reach, tls: true };
    const files = etcdTlsFiles(path(world.dir, "abc"));
    writeFileSync(files.caKey, ca.key, { mode: 0o600 });
    writeFileSync(files.ca, ca.certificate);
    const { nodeTarget } = await import("../../src/operations/cluster/node-target.ts");
    const target = nodeTarget(reach, { ...node(1), hostKey: world.nodes.hostKeys[1] });
    expect(await lacksCertificate(world.run, target)).toBe(true);
    await certify(world.run, { name: "abc", platform: "flatcar" }, target);
    const wrote = world.nodes.ran.filter(({ stdin }) => stdin !== "");
    expect(world.changing).toEqual([[0, 0]]);
    expect(wrote.map(({ stdin }) => /BEGIN ([A-Z ]+)-/.exec(stdin)?.[1])).toEqual([
      "CERTIFICATE",
      "CERTIFICATE",
      expect.stringContaining("PRIVATE KEY"),
    ]);
    expect(wrote[2]?.command).toMatch(/chown etcd:etcd .*chmod 0600/);
    expect(world.nodes.ran.at(-1)?.command).toContain("systemctl restart --no-block etcd-member");
    await using has = await cluster();
    const there = nodeTarget({ ...has.reach, tls: true }, node(1));
    expect(await lacksCertificate(has.run, there)).toBe(false);
    writeFileSync(etcdTlsFiles(path(has.dir, "abc")).caKey, ca.key, { mode: 0o600 });
    writeFileSync(etcdTlsFiles(path(has.dir, "abc")).ca, ca.certificate);
    await certify(has.run, { name: "abc", platform: "flatcar" }, there);
    expect([has.nodes.ran.filter(({ stdin }) => stdin !== ""), has.changing]).toEqual([[], []]);
    await has.nodes.close();
    // asked once: there is no time for a second look
    expect(await lacksCertificate({ ...has.run, deadline: Date.now() }, there)).toBe(false);
  });
});

test("a member is not rebooted beside one that never started, which is named, and is waited for no longer than its own limit", async () => {
  await using world = await cluster({ list: [member(0), member(1, false), member(2)] });
  const members = world.alive.map((one) => nodeTarget(world.reach, one));
  const etcd = { cluster: { spec: world.reach.spec }, members, tls: undefined, who: "me" } as unknown as Etcd;
  const run = { ...world.run, tools: { ...world.run.tools, random: () => 0 }, stop: world.stop.signal } as unknown as Run;
  const [node] = members;
  if (node === undefined) throw new Error("there is one");
  const attempt = inQuietMoment(run, etcd, node, () => Promise.reject(new Error("rebooted")), 1);
  await expect(attempt).rejects.toMatchObject({
    code: "EtcdNotWhole",
    message: expect.stringContaining("abc-coreos-1 is no healthy etcd member"),
  });
});
