/** What a run looks at before it does something to what others may have changed since: Azure's answers scripted, and what comes of them. */
import { expect, test } from "vitest";
import type { Provider, TagTarget } from "../../src/engine/provider.ts";
import { tagDisks } from "../../src/operations/cluster/let-go.ts";
import { refuseRemoved } from "../../src/operations/create/other-run.ts";
import type { Run } from "../../src/operations/run.ts";
import { memory } from "../engine/memory.ts";

type Tags = Record<string, string>;

/** A run over an Azure in which everything has these tags. */
function runOver(tags: Tags | undefined) {
  const { tools } = memory();
  const written: [id: string, tags: Tags][] = [];
  let now = tags;
  const provider: Provider = {
    ...tools.provider,
    get: ({ id }) =>
      Promise.resolve(now === undefined ? undefined : { id, state: "succeeded", tags: now, location: "westus", model: {} }),
    tag: ({ id }: Pick<TagTarget, "id">, wanted) => Promise.resolve(void written.push([id, (now = wanted)])),
  };
  return { run: { tools: { ...tools, provider } } as unknown as Run, written };
}

const claim = (nodes: readonly number[] | undefined) => ({
  kind: "publicAddress" as const,
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/c",
  nodes: nodes && new Set(nodes),
});

test.each<[string, readonly number[] | undefined, Tags | undefined, boolean]>([
  ["the claim has it", [0, 3], { "aoc-nodes": "0" }, false],
  ["a claim that names no nodes", undefined, { "aoc-nodes": "0" }, false],
  ["a list is behind: the claim itself has it", [0], { "aoc-nodes": "0,3" }, false],
  ["the claim itself does not have it", [0], { "aoc-nodes": "0-2" }, true],
  ["the claim is gone: what that means is found out elsewhere", [0], undefined, false],
])("whether a node was removed by another run meanwhile: %s", async (_, nodes, tags, refused) => {
  const work = refuseRemoved(runOver(tags).run, claim(nodes), 3, "abc-coreos-3");
  if (refused) await expect(work).rejects.toMatchObject({ code: "NodeRemoved", exit: 7 });
  else await expect(work).resolves.toBeUndefined();
});

test("a disk that is told whose it is keeps the tags that a policy has put there, as they are by now", async () => {
  const { run, written } = runOver({ policy: "new", owner: "x" });
  await tagDisks(run, [{ id: "d", tags: { policy: "old" } }], { "aoc-cluster": "abc" });
  expect(written[0]).toEqual(["d", { policy: "new", owner: "x", "aoc-cluster": "abc" }]);
});
