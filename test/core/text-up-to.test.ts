/** What others answer is read no further than it may be long. */
import { expect, test } from "vitest";
import { textUpTo } from "../../src/core/text-up-to.ts";

test.each([
  ["nothing", null, 4, ""],
  ["as much as there may be", "grün", 5, "grün"],
])("%s is read", async (_, body, most, text) => {
  expect(await textUpTo(new Response(body), most)).toBe(text);
});

test("what does not end is given up, and its connection let go", async () => {
  let sent = 0;
  let letGo = false;
  const chunk = (): Uint8Array => ((sent += 1), new Uint8Array(1024));
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(chunk()),
    cancel: () => void (letGo = true),
  });
  await expect(textUpTo(new Response(body), 10 * 1024)).rejects.toThrow("longer than 10 KiB");
  expect([sent < 20, letGo]).toEqual([true, true]);
});
