/** In the run with probes: writes down which test met which fault, and how long each test took. One JSON line a test file. */
import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, afterEach, beforeEach, expect } from "vitest";
import type { Job } from "./vitest.config.ts";

export interface Watched {
  readonly file: string;
  /** By full name; "" is what was met outside of tests: at loading, in hooks of the file. */
  readonly met: Readonly<Record<string, readonly number[]>>;
  /** Of those that pass. */
  readonly ms: Readonly<Record<string, number>>;
}

const { met: path } = JSON.parse(readFileSync(process.env["MUTANTS"] ?? "", "utf8")) as Job;
const met: Record<string, Set<number>> = { "": new Set() };
const ms: Record<string, number> = {};
let now = "";
let began = 0;
(globalThis as { __met?: (id: number) => void }).__met = (id) => (met[now] ??= new Set()).add(id);

beforeEach(() => {
  // "suite > test", as -t compares it
  now = expect.getState().currentTestName ?? "";
  began = performance.now();
});
afterEach(({ task }) => {
  // one that fails as it is notices nothing
  if (task.result?.state !== "fail") ms[now] = (ms[now] ?? 0) + performance.now() - began;
  now = "";
});
afterAll(() => {
  const file = relative(new URL("../..", import.meta.url).pathname, expect.getState().testPath ?? "");
  const line: Watched = { file, met: Object.fromEntries(Object.entries(met).map(([test, ids]) => [test, [...ids]])), ms };
  appendFileSync(path ?? "", `${JSON.stringify(line)}\n`);
});
