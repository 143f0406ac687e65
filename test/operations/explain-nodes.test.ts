/** What is said of nodes that are not ready, with the words of this cluster. */
import { expect, test } from "vitest";
import { explainNodes } from "../../src/operations/create/explain-nodes.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Run } from "../../src/operations/run.ts";

const node = { index: 0, name: "abc-coreos-0", timings: {}, attempts: 1 };

const explained = async (code: string, serial: string | undefined, choices: object = {}): Promise<string | undefined> => {
  const run = {
    clock: realClock,
    deadline: realClock.now() + 60_000,
    tools: {
      signal: new AbortController().signal,
      throttle: { through: (_ask: unknown, _signal: unknown, work: () => unknown) => work() },
      clock: realClock,
      random: Math.random,
      emit: () => undefined,
    },
    lookups: { serialLogUrl: () => Promise.resolve(serial === undefined ? undefined : "https://a.example/log") },
    wayOut: { fetch: () => Promise.resolve(new Response(serial)) },
  } as unknown as Run;
  const prepared = {
    facts: { group: "abc", nodes: [node], choices },
    spec: { name: "web", platform: "debian", noHostKeys: false },
  };
  const [found] = await explainNodes(
    run,
    prepared as unknown as Parameters<typeof explainNodes>[1],
    [],
    [{ ...node, state: code === "SshAuthentication" ? "no-login" : "unreachable", code }],
  );
  return found?.advice;
};

test("a file of one's own is named where it may have left out whom the key goes to", async () => {
  expect(await explained("SshAuthentication", "login: ")).not.toContain("--custom-data");
  expect(await explained("SshAuthentication", "login: ", { customDataHash: "x" })).toContain(
    "the file of --custom-data names users",
  );
});

test("what gives power to all of them is named, for a schedule has taken it from all, and in which group they are", async () => {
  expect(await explained("MachineStopped", undefined)).toBe(
    "`azure-coreos-cluster start web --resource-group abc` gives power to every machine of the cluster that has none. Then run the same command again.",
  );
});

test("the check that is advised is of the cluster's platform", async () => {
  expect(await explained("SshTimeout", "cloud-init[7]: Failed loading yaml blob")).toContain("lint FILE --platform debian.");
});
