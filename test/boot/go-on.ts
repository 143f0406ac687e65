/** Each test goes on with the machines of the one before: after one that failed the rest of its `describe` says nothing, and other machines are tried all the same. */
import { afterEach, beforeEach } from "vitest";

const failed = new Set<unknown>();

beforeEach(({ task, skip }) => skip(failed.has(task.suite), "a test before it failed"));
afterEach(({ task }) => {
  if (task.result?.state === "fail") failed.add(task.suite);
});
