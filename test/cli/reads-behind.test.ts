/** Reads that are behind what was written, as Resource Manager's are for seconds: what was made a moment ago is "not found", and is there. */
import { expect, test } from "vitest";
import type { PlainRequest, PlainResponse } from "../../src/azure/pipeline.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { START, ownAzure } from "./world.ts";

const NOT_FOUND: PlainResponse = {
  status: 404,
  headers: { "content-type": "application/json" },
  body: '{"error":{"code":"ResourceNotFound","message":"The Resource was not found."}}',
};

/** An Azure that answers as if what matches was not there, for so long after it was written first, or so often. */
function behind(matches: RegExp, { ms, times }: { readonly ms: number; readonly times: number }) {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock, pace: 0.2 });
  const written = new Map<string, { readonly at: number; asked: number }>();
  const handle = async (request: PlainRequest): Promise<PlainResponse> => {
    const path = new URL(request.url).pathname.toLowerCase();
    const last = written.get(path);
    if (request.method === "GET" && last !== undefined && clock.now() - last.at < ms && last.asked++ < times) return NOT_FOUND;
    const answer = await azure.simulation.handle(request);
    if (request.method === "PUT" && answer.status < 300 && matches.test(path) && last === undefined)
      written.set(path, { at: clock.now(), asked: 0 });
    return answer;
  };
  return { azure, handle };
}

test.each([
  ["each machine once", /\/virtualmachines\//, { ms: Infinity, times: 1 }],
  ["each machine for a minute", /\/virtualmachines\//, { ms: 60_000, times: Infinity }],
  ["everything for 18 seconds", /\/providers\//, { ms: 18_000, times: Infinity }],
] as const)("a read does not find %s: it is asked again, and nothing is made twice", async (_, matches, how) => {
  const { azure, handle } = behind(matches, how);
  const { exit, stderr } = await azure.run("abc --num-nodes 3 --wait-for machines", { azure: handle });
  expect(exit, stderr).toBe(0);
  const puts = azure.exchanges.filter(({ method, url }) => method === "PUT" && /\/virtualMachines\//.test(url));
  expect(puts).toHaveLength(3);
});

test("a rerun that finds a new machine in the list, and not by its name, asks again", async () => {
  const azure = ownAzure();
  await azure.run("abc --num-nodes 1 --wait-for machines");
  let left = 4;
  const { exit, stderr } = await azure.run("abc --wait-for machines", {
    azure: async (request) =>
      request.method === "GET" && /\/virtualMachines\/[^/?]+\?/.test(request.url) && left-- > 0
        ? NOT_FOUND
        : azure.simulation.handle(request),
  });
  expect(exit, stderr).toBe(0);
  expect(left).toBeLessThan(0);
});

test.each([
  ["for 15 seconds", 15_000, "abc is at "],
  ["ever", Infinity, "abc has no address yet"],
])(
  "an address without an address in Azure's answers %s: it is waited for, and no ssh config leads nowhere",
  async (_, ms, said) => {
    const clock = createVirtualClock(START);
    const azure = ownAzure({ clock });
    const { exit, stdout, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines", {
      azure: async (request) => {
        const answer = await azure.simulation.handle(request);
        if (!request.url.includes("/publicIPAddresses") || clock.now() - START >= ms) return answer;
        return {
          ...answer,
          body: (answer.body ?? "").replaceAll(/"(ipAddress|fqdn)":"[^"]*",?/g, "").replaceAll(/,(?=\})/g, ""),
        };
      },
    });
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain(said);
    expect(stdout).not.toMatch(/HostName *$/m);
  },
);
