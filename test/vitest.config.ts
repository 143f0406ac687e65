import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/suite-folder.ts", "test/schemas.ts", "test/nodes/login-user.ts"],
    // No module is mocked and no global is patched, so the files can share a process: seven times faster. Processes and not
    // threads: each of the many programs that are started copies the page tables of its parent.
    pool: "forks",
    // What was compiled is kept in node_modules: a third of the CPU of the fast tests.
    fsModuleCache: true,
    isolate: false,
    // More than there are cores: a third of the files wait for real programs (etcd, sshd) most of their time.
    maxWorkers: 5,
    // Real sshd and etcd: on a busy CI machine one may come a moment too late. A second failure counts.
    retry: process.env["CI"] === undefined ? 0 : 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
