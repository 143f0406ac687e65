/** Work that is ended on its way: what it says then, and what it does not do any more. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Doomed } from "../../src/core/doomed.ts";
import type { NodeTarget } from "../../src/nodes/target.ts";
import { learnHostKeys } from "../../src/operations/cluster/reach-nodes.ts";
import { deleteResources } from "../../src/operations/destroy/delete-resources.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import { type Run, unstoppable } from "../../src/operations/run.ts";
import { azureError, memory } from "../engine/memory.ts";
import { USER_KEY, USER_KEY_LINE, startNodes } from "../nodes/ssh-script.ts";
import { nodeTarget } from "../nodes/target.ts";

describe("host keys that are learnt on first contact", () => {
  async function world() {
    const served = await startNodes(["a", "b"], () => ({}));
    const dir = mkdtempSync(join(tmpdir(), "acc-reach-"));
    onTestFinished(async () => {
      await served.close();
      rmSync(dir, { recursive: true, force: true });
    });
    const knownHosts = join(dir, "known_hosts");
    const said: string[] = [];
    const stop = new AbortController();
    const run = {
      outside: { clock: realClock },
      tools: { signal: stop.signal },
      say: (text: string) => said.push(text),
    } as unknown as Run;
    const at = (index: number, hostKeys: string[] = []): NodeTarget => ({
      ...nodeTarget(served.port + index, { hostKeys, privateKey: USER_KEY, index }),
      identity: { publicKey: USER_KEY_LINE, privateKey: USER_KEY },
      user: "core",
    });
    const learn = (...nodes: NodeTarget[]) =>
      learnHostKeys(run, { nodes, knownHosts } as unknown as Parameters<typeof learnHostKeys>[1]);
    return { served, knownHosts, said, stop, at, learn };
  }

  test("are said aloud, kept beside what is known, and used from then on", async () => {
    const { served, knownHosts, said, at, learn } = await world();
    writeFileSync(knownHosts, "elsewhere ssh-rsa AAAA\n");
    const { nodes } = await learn(at(0), at(1));
    expect(nodes.map(({ hostKeys }) => hostKeys)).toEqual([[served.hostKeys[0]], [served.hostKeys[1]]]);
    expect(said).toHaveLength(2);
    expect(said[0]).toContain("its host key was not known, and is trusted from now on (ssh-");
    const known = readFileSync(knownHosts, "utf8");
    expect(known).toContain("elsewhere ssh-rsa AAAA\n");
    expect(known).toContain(`[127.0.0.1]:${served.port} ${served.hostKeys[0]}\n`);
  });

  test("one that is known is not asked, and one that does not answer stays unknown", async () => {
    const { served, knownHosts, said, at, learn } = await world();
    const known = at(0, ["ssh-rsa AAAAknown"]);
    await served.close();
    const { nodes } = await learn(known, at(1));
    expect(nodes).toEqual([known, at(1)]);
    expect(said).toEqual([]);
    expect(readFileSync(knownHosts, "utf8")).not.toContain(`:${served.port + 1} `);
  });

  test("an interrupt ends it with its own reason, and nothing is kept", async () => {
    const { knownHosts, stop, at, learn } = await world();
    const reason = new Error("interrupted");
    stop.abort(reason);
    await expect(learn(at(0))).rejects.toBe(reason);
    expect(existsSync(knownHosts)).toBe(false);
  });
});

const OWNER = { cluster: "abc", ids: new Set(["0123abcd"]), shared: new Set<string>() };
const OURS = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "0123abcd" };

describe("resources that are deleted", () => {
  const one = (id: string, more: Partial<Doomed> = {}): Doomed => ({
    id,
    kind: "network",
    label: `label ${id}`,
    dependsOn: [],
    ...more,
  });
  const started = (script: Parameters<typeof memory>[0] = {}) => {
    const cloud = memory(script);
    const { soft, tools } = cloud;
    for (const id of ["a", "b", "c", "d"])
      cloud.there.set(id, { id, state: "succeeded", tags: OURS, location: "westus", model: {} });
    const run = { tools, emit: tools.emit, stop: soft.signal } as unknown as Run;
    const told = (): unknown[] =>
      cloud.events.map(({ kind, id, detail }) => (detail === undefined ? [kind, id] : [kind, id, detail]));
    return { cloud, soft, run, told };
  };

  test("one after what stands on it, and what goes with a machine is not asked for", async () => {
    const { cloud, run, told } = started();
    const results = await deleteResources(run, OWNER, [
      one("a"),
      one("b", { dependsOn: ["a"] }),
      one("c", { goesWith: "b" }),
      one("d", { goesWith: "x" }),
    ]);
    expect([...results.values()].map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    expect(cloud.verbs().filter((verb) => verb === "delete")).toHaveLength(3);
    expect(told()).toContainEqual(["done", "c", "with its machine"]);
    const order = told().map((event) => (event as string[]).join(" "));
    expect(order.indexOf("done b")).toBeLessThan(order.indexOf("started a"));
  });

  test("a failure is told with its code, and skips what it holds, with the cause's name", async () => {
    const { run, told, cloud } = started({ delete: [azureError("ScopeLocked", { status: 409 })] });
    const results = await deleteResources(run, OWNER, [one("a"), one("b", { dependsOn: ["a"], node: 2 })]);
    expect([results.get("b")?.state, results.get("a")?.state]).toEqual(["failed", "skipped"]);
    expect(cloud.events.find(({ kind }) => kind === "failed")).toMatchObject({
      id: "b",
      label: "label b",
      node: 2,
      code: "ScopeLocked",
      message: "ScopeLocked.",
    });
    expect(told()).toContainEqual(["skipped", "a", "because of label b"]);
  });

  test("the first Ctrl-C begins nothing new", async () => {
    const { run, soft, cloud } = started();
    soft.abort(new Error("soft"));
    const results = await deleteResources(run, OWNER, [one("a")]);
    expect(results.get("a")?.state).toBe("skipped");
    expect(cloud.calls).toEqual([]);
    const other = await deleteResources(unstoppable(run), OWNER, [one("a")]);
    expect(other.get("a")?.state).toBe("done");
  });

  test("the second ends it with its own reason", async () => {
    const { run, cloud } = started();
    const reason = new Error("hard");
    void cloud.clock.sleep(1000).then(() => cloud.stop.abort(reason));
    await expect(deleteResources(run, OWNER, [one("a")])).rejects.toBe(reason);
  });
});
