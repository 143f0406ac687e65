/**
 * The tests that take milliseconds: tables, the engine, screens. `npm run check` runs them, `npm run watch` those that a
 * change touches. Whole commands, real programs, properties and processes are left to `npm test`.
 */
import { defineConfig } from "vitest/config";
import all from "./vitest.config.ts";

export default defineConfig({
  test: {
    ...all.test,
    include: [...["core", "engine", "report"].map((folder) => `test/${folder}/**/*.test.ts`), "test/sources.test.ts"],
    exclude: [
      // these ask systemd, cloud-init and libyaml
      ...["verdicts", "units", "data-disk", "mount-unit", "cloud-init"].map((name) => `test/core/user-data/${name}.test.ts`),
      // these take a second of their own: properties, and texts of megabytes
      ...["core/user-data/merge", "core/user-data/render", "report/short"].map((name) => `test/${name}.test.ts`),
    ],
    globalSetup: "test/suite-folder.ts",
    pool: "forks",
    maxWorkers: 2,
    // `npm run watch` asks Vite which tests a change touches, so Vite must have loaded them.
    experimental: { viteModuleRunner: true },
    fsModuleCache: true,
  },
});
