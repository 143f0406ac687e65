import { defineConfig } from "vitest/config";

/** `npm run test:boot`: minutes, root and Debian packages, so no part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/boot/**/*.boot.ts"],
    // machines end with the thread that started them; a process has one
    pool: "forks",
    setupFiles: ["test/boot/go-on.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
