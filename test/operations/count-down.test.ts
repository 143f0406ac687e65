/** While a group is deleted, what is gone is told as it goes; a list that fails stops nothing but the telling. */
import { expect, test } from "vitest";
import { type Left, countDown } from "../../src/operations/destroy/count-down.ts";
import type { Run } from "../../src/operations/run.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const resource = (name: string, kind = "machine") => ({ id: `/S/${name}`, label: name, kind });

async function told(lists: readonly (readonly string[])[]): Promise<{ gone: string[]; left: string[] }> {
  const left: Left = new Map(
    [resource("A"), resource("B"), resource("box", "blobContainer"), resource("G", "resourceGroup")].map((one) => [
      one.id.toLowerCase(),
      one,
    ]),
  );
  const gone: string[] = [];
  const waiting = [...lists];
  const run = {
    tools: { clock: createVirtualClock(0) },
    emit: ({ label, kind, change }: { label: string; kind: string; change: string }) => gone.push(`${label} ${kind} ${change}`),
    lookups: {
      contents: () => {
        const next = waiting.shift();
        return next === undefined
          ? Promise.reject(new Error("no more lists"))
          : Promise.resolve(next.map((name) => ({ id: `/s/${name}` })));
      },
    },
  };
  await expect(countDown(run as unknown as Run, "g", left, new AbortController().signal)).rejects.toThrow("no more lists");
  return { gone, left: [...left.keys()] };
}

test("each once, whatever the case of its id; the group and what no list shows are waited for", async () => {
  expect(await told([["a", "b"], ["B"], ["B"], []])).toEqual({
    gone: ["A done deleted", "B done deleted"],
    left: ["/s/box", "/s/g"],
  });
});
