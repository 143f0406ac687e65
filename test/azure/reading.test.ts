/** Lists to their last page: given up with the run that asked, and never without an end. */
import { expect, test } from "vitest";
import { all } from "../../src/azure/reading.ts";

test("a page that does not come is given up when the run is, whatever page it is", async () => {
  const run = new AbortController();
  async function* pages(): AsyncGenerator<number> {
    yield 1;
    run.abort(new Error("the time is up"));
    await new Promise(() => undefined);
  }
  await expect(all(pages(), run.signal)).rejects.toThrow("the time is up");
});

test("a list without an end is no answer of Azure's", async () => {
  async function* pages(): AsyncGenerator<number> {
    for (let item = 0; ; item++) yield item;
  }
  await expect(all(pages(), new AbortController().signal)).rejects.toMatchObject({ code: "UnreadableAnswer" });
});
