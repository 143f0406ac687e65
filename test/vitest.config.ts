import { defineConfig } from "vitest/config";
import { leftOut } from "./long.ts";
import { LongestFirst } from "./order.ts";
import { threeKinds } from "./pool.ts";

const root = new URL("..", import.meta.url).pathname;
// What was compiled is kept, for the tests' processes and for the programs that they start.
process.env["NODE_COMPILE_CACHE"] ??= `${root}node_modules/.cache/compiled`;

export default defineConfig({
  test: {
    root,
    include: ["test/**/*.test.ts"],
    exclude: leftOut(process.argv.slice(2)),
    globalSetup: ["test/compiled.ts", "test/suite-folder.ts", "test/schemas.ts", "test/nodes/login-user.ts"],
    // No module is mocked and no global is patched, so the files can share a process: seven times faster. Processes and not
    // threads: each of the many programs that are started copies the page tables of its parent.
    pool: threeKinds,
    isolate: false,
    // Node runs the sources itself, as `npm run dev` does: nothing is rewritten or mocked, and no import goes through a proxy.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Compiler and collector work in the one thread there is: two cores have more processes than they can run. And a process that lives for a
    // minute collects less often.
    execArgv: [
      "--import",
      `${root}test/preload.ts`,
      "--single-threaded",
      "--min-semi-space-size=64",
      "--max-semi-space-size=64",
      "--initial-old-space-size=1000",
    ],
    sequence: { sequencer: LongestFirst },
    // More than there are files: which of them have a process is for the pool to say.
    maxWorkers: 1000,
    // Those that wait side by side wait for real programs: five at once would leave the cores idle.
    maxConcurrency: 10,
    // Real sshd and etcd: on a busy CI machine one may come a moment too late. A second failure counts.
    retry: process.env["CI"] === undefined ? 0 : 1,
    // A life takes a minute on a quiet machine, and two beside another suite.
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
