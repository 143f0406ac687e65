/** What stands in the way of a platform, and what comes back from nodes, as tables. The whole commands are nodes/lives/platform.ts. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Invocation } from "../../src/cli/invocation.ts";
import { passwordOf } from "../../src/cli/screens/platform-words.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import { apiRanges } from "../../src/core/spec/ranges.ts";
import { domain } from "../../src/core/spec/platform.ts";
import { type Seen, judgeNodes, unfitSystem } from "../../src/operations/platform/checks.ts";
import { carryOutUninstall } from "../../src/operations/platform/change.ts";
import { readChoices } from "../../src/operations/platform/choices.ts";
import { takeOut } from "../../src/operations/platform/growth.ts";
import { furnish, keptBy } from "../../src/operations/platform/install.ts";
import { JOBS } from "../../src/nodes/job.ts";
import { beside, hostOf } from "../../src/operations/platform/installer.ts";
import { isPassword, settlePassword } from "../../src/operations/platform/password.ts";
import { STEPS } from "../../src/operations/platform/steps.ts";
import { platformIn } from "../../src/operations/platform/tag.ts";
import type { NodeLook } from "../../src/operations/platform/node-look.ts";
import { walkSteps } from "../../src/operations/platform/walk.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { long } from "../long.ts";
import { type Body, ownAzure } from "../cli/world.ts";

const { spec } = buildSpec("mycluster", { platform: "ubuntu", deis: true });

const GOOD: NodeLook = {
  system: "ubuntu 24.04",
  cpus: 4,
  memory: 16_000,
  available: 15_000,
  hugepages: 0,
  ranges: ["10.0.0.4/20"],
  wayOut: true,
  uninstalled: false,
  done: new Set(),
  otherEtcd: false,
  choices: undefined,
};

const seen = (look: Partial<NodeLook> = {}, more: Partial<Seen> = {}): Seen => ({
  spec,
  group: "mycluster",
  address: "203.0.113.1",
  hasEtcd: false,
  choices: { domain: "apps.example.com", clusterCidr: "10.42.0.0/16", serviceCidr: "10.43.0.0/16", servers: [0] },
  nodes: [{ name: "mycluster-coreos-0", index: 0, look: { ...GOOD, ...look } }],
  clocks: [],
  record: ["203.0.113.1"],
  host: "www.drycc.cc 443",
  ...more,
});

const choices = (change: Partial<Seen["choices"]>): Partial<Seen> => ({ choices: { ...seen().choices, ...change } });
const clock = (index: number, offsetMs: number) => ({
  index,
  name: `mycluster-coreos-${index}`,
  offsetMs,
  uncertaintyMs: 1,
  synchronised: true,
});

describe("what stands in the way", () => {
  test.each<[string, Seen]>([
    ["", seen()],
    ["SystemUnfit", seen({ system: "rhel 9.4" })],
    ["MachineTooSmall", seen({ cpus: 1 })],
    ["MachineTooSmall", seen({ memory: 1900 })],
    ["HugepagesLack", seen({ available: 2900 })],
    ["", seen({ available: 2900, hugepages: 1024 })],
    ["NoWayOut", seen({ wayOut: false })],
    // it was looked at when it got its packages
    ["", seen({ wayOut: false, available: 100, done: new Set(["packages"]) })],
    ["EtcdInTheWay", seen({}, { hasEtcd: true })],
    ["EtcdInTheWay", seen({ otherEtcd: true })],
    ["RecordMissing", seen({}, { record: [] })],
    ["RecordMissing", seen({}, { record: ["203.0.113.1", "198.51.100.1"] })],
    ["", seen({}, { record: undefined })],
    ["RangesMeet", seen({ ranges: ["10.42.7.1/24"] })],
    ["RangesMeet", seen({ ranges: ["10.0.0.4/8"] }, choices({ serviceCidr: "172.20.0.0/16" }))],
    ["RangesMeet", seen({}, choices({ serviceCidr: "10.42.128.0/17" }))],
    ["ClocksApart", seen({}, { clocks: [clock(0, 400), clock(1, 0), clock(2, 0)], nodes: threeNodes() })],
  ])("%s", (check, one) => {
    expect(judgeNodes(one).problems.map((problem) => problem.check)).toEqual(check === "" ? [] : [check]);
  });

  test("all of it is told at once, with what to do", () => {
    const { problems } = judgeNodes(seen({ wayOut: false, cpus: 1, system: "fedora 41" }, { record: [], hasEtcd: true }));
    expect(problems).toHaveLength(5);
    for (const { advice } of problems) expect(advice).toMatch(/\w/);
    // --platform is Flatcar's where it is left out, and Flatcar's nodes are refused
    expect(problems.map(({ advice }) => advice).join(" ")).not.toMatch(/create NAME(?!.* --platform (ubuntu|debian))/);
    expect(unfitSystem({ name: "old", platform: "flatcar" })).toHaveLength(1);
    expect(unfitSystem({ name: "new", platform: "debian" })).toEqual([]);
  });

  test("small machines and closed ports are worth a word", () => {
    expect(judgeNodes(seen({ cpus: 2, memory: 8000 })).notes).toEqual([expect.stringContaining("It may do for a trial")]);
    expect(judgeNodes(seen({}, { spec: buildSpec("mycluster", { platform: "ubuntu" }).spec })).notes[0]).toContain(
      "are not open",
    );
  });
});

function threeNodes(): Seen["nodes"] {
  return [0, 1, 2].map((index) => ({ name: `mycluster-coreos-${index}`, index, look: GOOD }));
}

test("what the nodes keep is read whole or not at all", () => {
  const kept = {
    version: 1,
    domain: "apps.example.com",
    adminUsername: "admin",
    channel: "stable",
    certManager: true,
    clusterCidr: "10.42.0.0/16",
    serviceCidr: "10.43.0.0/16",
    installer: "https://www.drycc.cc/install.sh",
    sha256: "a".repeat(64),
    servers: [0, 1, 2],
  };
  expect(readChoices(JSON.stringify(kept))).toEqual(kept);
  expect(readChoices("")).toBeUndefined();
  for (const change of [{ domain: "a'; reboot" }, { servers: [] }, { servers: [-1] }, { sha256: "" }, { certManager: "yes" }])
    expect(() => readChoices(JSON.stringify({ ...kept, ...change }))).toThrow("cannot be read");
  expect(() => readChoices("{")).toThrow("cannot be read");
  expect(platformIn({ "aoc-k3s": "0 apps.example.com" })).toEqual({ first: 0, domain: "apps.example.com" });
  for (const text of ["", "x apps.example.com", "0 $(reboot).com", "0"]) expect(platformIn({ "aoc-k3s": text })).toBeUndefined();
});

test("words are what they are taken for", () => {
  expect([domain("*.Apps.Example.com."), beside("https://www.drycc.cc/install.sh", "uninstall.sh")]).toEqual([
    "apps.example.com",
    "https://www.drycc.cc/uninstall.sh",
  ]);
  expect([beside("/a/install.sh", "uninstall.sh"), hostOf("/a/install.sh"), hostOf("https://x.example:8443/i.sh")]).toEqual([
    "/a/uninstall.sh",
    undefined,
    "x.example 8443",
  ]);
  for (const wrong of ["localhost", "a b.example", "-a.example", "exa_mple.com"]) expect(() => domain(wrong)).toThrow();
  const passwords = [
    "12345678",
    "short",
    "with blank 1",
    "quote'quote",
    "dollar$dollar",
    "1e123456",
    "-leading1",
    "good.Pass-word1",
  ];
  expect(passwords.filter(isPassword)).toEqual(["good.Pass-word1"]);
  expect(apiRanges("203.0.113.7")).toEqual(["203.0.113.7/32"]);
  expect(() => apiRanges("2001:db8::/32")).toThrow("IPv6");
});

test("the admin's password is read from a file, asked for without being shown, or left to be made", async () => {
  const { dir } = ownAzure();
  writeFileSync(join(dir, "secret"), "from-file1\n");
  writeFileSync(join(dir, "short"), "no\n");
  const asked: string[] = [];
  const ask = (given: object, typed?: string, interactive = true): Promise<string | undefined> => {
    const askSecretly = (question: string): Promise<string | undefined> => Promise.resolve((asked.push(question), typed));
    return passwordOf({ world: { cwd: dir, env: {}, interactive, askSecretly }, given } as unknown as Invocation, {
      known: false,
    });
  };
  expect(await ask({ passwordFile: "secret" })).toBe("from-file1");
  await expect(ask({ passwordFile: "short" })).rejects.toThrow("does not do as a password");
  await expect(ask({ passwordFile: "none" })).rejects.toThrow("cannot read none");
  expect([await ask({}, "x", false), await ask({ yes: true }), await ask({ noInput: true })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(asked).toEqual([]);
  expect([await ask({}, "typed-one"), await ask({}, "")]).toEqual(["typed-one", undefined]);
  await expect(ask({}, "a b")).rejects.toThrow("does not do");
  await expect(ask({})).rejects.toThrow("interrupted");
  expect(asked).toHaveLength(4);
});

/** What the folder has in a file that all may read, what the first node has, and what is given; then what counts, and what the file has. */
test.each([
  [undefined, undefined, undefined, /^[A-Za-z0-9]{24}$/, /./],
  ["kept-one1", undefined, undefined, /^kept-one1$/, /^kept-one1$/],
  ["kept-one1", "first-one1", undefined, /^first-one1$/, /^first-one1$/],
  [undefined, "first-one1", undefined, /^first-one1$/, undefined],
  ["kept-one1", undefined, "given-one1", /^given-one1$/, /^kept-one1$/],
  [undefined, "first-one1", "given-one1", "PasswordChosen", undefined],
] as const)("the admin's password: kept %s, on the node %s, given %s", async (kept, there, given, counts, after) => {
  const { dir } = ownAzure();
  const file = join(dir, "mycluster", "drycc-admin-password");
  mkdirSync(join(dir, "mycluster"));
  if (kept !== undefined) writeFileSync(file, `${kept}\n`, { mode: 0o644 });
  let node: string | undefined = there;
  const put = (_: unknown, name: string, text: string, how: object): void => {
    expect([name, how]).toEqual(["password", { mode: "0600", keep: true }]);
    node ??= text;
  };
  const access = { read: () => Promise.resolve(node), put: async (...all: Parameters<typeof put>) => put(...all) };
  const run = { simulated: false, dir, outside: { random: (bytes: number) => new Uint8Array(bytes) } };
  const settled = settlePassword(
    run as unknown as Parameters<typeof settlePassword>[0],
    { access, cluster: { spec } } as unknown as Parameters<typeof settlePassword>[1],
    {} as Parameters<typeof settlePassword>[2],
    given,
  );
  if (typeof counts === "string") return expect(settled).rejects.toMatchObject({ code: counts, exit: 7 });
  const { text, file: told } = await settled;
  expect(text).toMatch(counts);
  expect(node).toBe(text);
  expect(told).toBe(given === undefined && after !== undefined ? file : undefined);
  if (after === undefined) return;
  expect(readFileSync(file, "utf8").trim()).toMatch(after);
  if (given === undefined) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a headline that comes in two pieces is told once it is whole, without the password in it", async () => {
  const pieces = ["---> Begun\n---> Password sec", "ret-one1 of admin\n", ""].map((text) => Buffer.from(text));
  const follow = (): Promise<object> => {
    const output = pieces.shift() ?? Buffer.from("");
    return Promise.resolve({ name: "install_drycc", output, state: output.length > 0 ? "running" : "ended", code: 0 });
  };
  const told: string[] = [];
  const { signal } = new AbortController();
  const run = {
    clock: createVirtualClock(0),
    stop: signal,
    tools: { signal },
    emit: ({ detail }: Body) => told.push(`${detail}`),
  };
  const node = { index: 0, name: "n0", privateAddress: "10.0.0.4" };
  const step = STEPS.find(({ name }) => name === "install_drycc");
  const way = {
    access: { start: () => Promise.resolve({ state: "started", name: "install_drycc" }), follow },
    choices: { servers: [0] },
    nodes: [node],
    first: node,
    done: new Map(),
    reachedAt: [],
    secrets: { password: () => Promise.resolve("secret-one1") },
  };
  type Args = Parameters<typeof walkSteps>;
  await walkSteps(run as unknown as Args[0], step === undefined ? [] : [step], way as unknown as Args[2]);
  expect(told.slice(1, -1)).toEqual(["Begun", "Password … of admin"]);
});

test("an uninstallation that is killed at any moment is ended by the same command, or leaves nothing that a later installation takes for its own", async () => {
  const KILLED = new Error("killed");
  const first = { index: 0, name: "n0", privateAddress: "10.0.0.4" };
  const nodes = [first, { ...first, index: 1, name: "n1" }];
  const choices = { version: 1, domain: "old.example.com", servers: [0] };
  const steps = STEPS.map(({ name }) => name);
  const claim = { id: "/x/claim" };
  const { signal } = new AbortController();
  const clock = createVirtualClock(0);
  const none = (): void => undefined;

  /** Two nodes as a finished installation left them, and a process that is killed before this operation. */
  const play = (killedAt: number) => {
    const place = mkdtempSync(join(tmpdir(), "acc-platform-"));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const at = ({ name }: { name: string }, file = ""): string => join(place, name, file);
    for (const node of nodes) {
      mkdirSync(at(node, "done"), { recursive: true });
      for (const step of steps) writeFileSync(at(node, `done/${step}`), "");
      writeFileSync(at(node, "choices.json"), JSON.stringify(choices));
      writeFileSync(at(node, "password"), "secret-one1");
    }
    const is = {
      tags: { "aoc-k3s": "0 old.example.com" } as Record<string, string>,
      left: killedAt,
      uninstalled: [] as string[],
    };
    const alive = <T>(work: () => T): Promise<T> => (is.left-- > 0 ? Promise.resolve(work()) : Promise.reject(KILLED));
    const access = {
      run: (node: typeof first, command: string) =>
        alive(() => String(execFileSync("sh", ["-c", command.replaceAll(JOBS, at(node))]))),
      put: (node: typeof first, file: string, text: string, { keep }: { keep?: boolean }) =>
        alive(() => (keep === true && existsSync(at(node, file)) ? undefined : writeFileSync(at(node, file), text))),
      read: (_: unknown, path: string) => Promise.resolve(readFileSync(path.replace(JOBS, at(first)), "utf8")),
      start: (node: typeof first, { name }: { name: string }) =>
        alive(() => {
          if (!existsSync(at(node, `done/${name}`))) is.uninstalled.push(node.name);
          writeFileSync(at(node, `done/${name}`), "");
          return { state: "done" };
        }),
    };
    const provider = {
      get: () => Promise.resolve({ tags: is.tags, etag: "1" }),
      tag: (_: unknown, tags: Record<string, string>) => alive(() => void (is.tags = tags)),
    };
    const throttle = { through: (_: unknown, __: unknown, ask: () => unknown) => ask() };
    const run = {
      clock,
      stop: signal,
      tools: { signal, clock, throttle, provider, random: () => 0 },
      emit: none,
      changesNodes: none,
    };
    const look = (node: typeof first) => {
      const has = (file: string): boolean => existsSync(at(node, file));
      const done = new Set(steps.filter((name) => has(`done/${name}`)));
      return {
        target: node,
        look: { done, uninstalled: has("done/uninstall"), choices: has("choices.json") ? choices : undefined },
      };
    };
    return { is, at, run: run as never, access, looks: () => nodes.map(look) };
  };
  const uninstall = ({ run, access }: ReturnType<typeof play>) => {
    const cluster = { spec, claim, nodes, cluster: { groupName: "mycluster" } };
    return carryOutUninstall(run, { site: { cluster, access, first, choices }, script: { text: "" } } as never);
  };

  let moments = 0;
  for (let ended = false; !ended; moments += long ? 1 : 3) {
    const world = play(moments);
    ended = await uninstall(world).then(
      () => true,
      (error: unknown) => (expect(error).toBe(KILLED), false),
    );
    world.is.left = Infinity;
    if (platformIn(world.is.tags) !== undefined) {
      // it is found again by the claim, and by what the first server keeps
      expect(existsSync(world.at(first, "choices.json")), `before ${moments}`).toBe(true);
      await uninstall(world);
      expect(platformIn(world.is.tags)).toBeUndefined();
    }
    // each once, the one that answers for all last
    expect(world.is.uninstalled, `before ${moments}`).toEqual(["n1", "n0"]);
    const looks = world.looks();
    expect(
      looks.flatMap(({ look }) => [...look.done]),
      `before ${moments}`,
    ).toEqual([]);
    expect(keptBy(looks as never), `before ${moments}`).toBeUndefined();
    const wanted = { ...choices, domain: "new.example.com" };
    const site = { access: { ...world.access, read: () => Promise.resolve(undefined) } };
    await furnish(
      { ...(world.run as object), simulated: true } as never,
      { site, choices: wanted, script: { text: "" }, nodes: looks, first } as never,
    );
    for (const node of nodes) {
      expect(JSON.parse(readFileSync(world.at(node, "choices.json"), "utf8")), `before ${moments}`).toEqual(wanted);
      for (const file of ["password", "done/uninstall"])
        expect(existsSync(world.at(node, file)), `before ${moments}`).toBe(false);
    }
  }
  expect(moments).toBeGreaterThan(10);
});

/** Nodes 0 to 3 of k3s, the first of them its first server; `says` answers what the first is asked. */
const k3s = (servers: readonly number[], says: (command: string) => string | Error = () => "") => {
  const nodes = [0, 1, 2, 3].map((index) => ({ index, name: `n${index}` }));
  const [ran, notes, stop] = [[] as string[], [] as string[], new AbortController()];
  const access = {
    run: ({ name }: { name: string }, command: string) => {
      const [, word = ""] = /kubectl (?:--\S+ )?(.*)/.exec(command) ?? [];
      ran.push(`${name}: ${word.split(" --")[0]}`);
      const said = says(word);
      return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
    },
  };
  const emit = ({ kind, message }: Body): void => void (kind === "note" && notes.push(`${message}`));
  const run = { tools: { signal: stop.signal }, emit, changesNodes: () => ran.push("changes") };
  const site = { access, first: nodes[0], choices: { servers }, cluster: { nodes } };
  type Args = Parameters<typeof takeOut>;
  const go = (going: number[]): Promise<void> => takeOut(run as unknown as Args[0], site as unknown as Args[1], going);
  return { go, ran, notes, stop };
};
const readiness = (not: readonly number[]): string =>
  [0, 1, 2, 3].map((index) => `n${index} ${not.includes(index) ? "False" : "True"} v1`).join("\n");

test.each<[servers: number[], notReady: number[], going: number[], refused: boolean]>([
  [[0, 1, 2], [], [2], false],
  [[0, 1, 2], [1], [2], true],
  [[0, 1, 2], [2], [2], false],
  [[0, 1, 2], [], [1, 2], true],
  [[0, 1, 2, 3], [], [2, 3], true],
  [[0, 1, 2], [0, 1, 2], [3], false],
  [[0, 1], [], [1], false],
  [[0, 1], [0], [1], true],
])("of the servers %j, with %j not ready, %j leave k3s: refused is %j", async (servers, notReady, going, refused) => {
  const { go, ran } = k3s(servers, (word) => (word.startsWith("get nodes") ? readiness(notReady) : ""));
  const asked = going.some((index) => servers.includes(index)) ? ["n0: get nodes"] : [];
  if (refused) {
    await expect(go(going)).rejects.toMatchObject({ code: "ServersLack", exit: 5 });
    expect(ran).toEqual(asked);
    return;
  }
  await go(going);
  const left = going.flatMap((index) => [`n0: drain n${index}`, `n0: delete node n${index}`]);
  expect(ran).toEqual([...asked, "changes", ...left]);
});

test("a node that cannot be drained whole goes all the same, and that is said; the first server stays, and so does what cannot be taken out", async () => {
  const refusing = (what: RegExp) => (word: string) =>
    what.test(word) ? new ClusterError("NodeCommandFailed", "no", { source: "node" }) : "";
  const undrained = k3s([0], refusing(/^drain n1/));
  await undrained.go([0, 1, 2]);
  expect(undrained.ran.slice(1)).toEqual([1, 2].flatMap((index) => [`n0: drain n${index}`, `n0: delete node n${index}`]));
  expect(undrained.notes).toEqual(["n1 was not drained whole: no"]);
  const kept = k3s([0], refusing(/^delete node n1/));
  await expect(kept.go([1, 2])).rejects.toMatchObject({ code: "NodeCommandFailed" });
  expect(kept.ran.at(-1)).toBe("n0: delete node n1");
  const stopped = k3s([0], refusing(/^drain/));
  stopped.stop.abort(new Error("stopped"));
  await expect(stopped.go([1])).rejects.toThrow("stopped");
  expect(stopped.ran.at(-1)).toBe("n0: drain n1");
});

test("--kube-api opens 6443 to its ranges alone, and none closes it again", async () => {
  const azure = ownAzure();
  const rules = async (flags: string): Promise<unknown[]> => {
    const { exit, stderr } = await azure.run(`mycluster --num-nodes 1 ${flags}`);
    expect(exit, stderr).toBe(0);
    const bodyOf = (path: string): Body => azure.puts().get(path)?.properties ?? {};
    const { securityRules } = bodyOf("networkSecurityGroups/mycluster-nsg");
    const { loadBalancingRules } = bodyOf("loadBalancers/mycluster-lb");
    return [securityRules, loadBalancingRules].map((all: { name: string; properties: Record<string, unknown> }[]) =>
      all.filter(({ name }) => name.includes("kube-api")).map(({ properties }) => properties["sourceAddressPrefix"] ?? "rule"),
    );
  };
  expect(await rules("--kube-api 203.0.113.0/24")).toEqual([["203.0.113.0/24"], ["rule"]]);
  expect(await rules("")).toEqual([["203.0.113.0/24"], ["rule"]]);
  expect(await rules("--kube-api none")).toEqual([[], []]);
});
