/**
 * One run of the tests for `npm run mutants`: with probes where faults would be met, or with one fault in. What is to be done is
 * in the file that MUTANTS names; see run.ts.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { type Mutant, withFault, withProbes } from "./mutations.ts";

export interface Job {
  /** Probes for all of these, or the one fault. */
  readonly probes?: readonly (Mutant & { readonly id: number })[];
  readonly fault?: Mutant;
  readonly files: readonly string[];
  /** Full names of the tests to run; absent: all. */
  readonly tests?: readonly string[];
  /** Where to write which test met what. */
  readonly met?: string;
}

const root = new URL("../..", import.meta.url).pathname;
const job = JSON.parse(readFileSync(process.env["MUTANTS"] ?? "", "utf8")) as Job;
const escaped = (name: string): string => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A module with what the job puts into it; undefined where that is nothing. */
function changed(source: string, id: string): string | undefined {
  const file = relative(root, id);
  if (job.fault?.file === file) return withFault(source, job.fault);
  const here = (job.probes ?? []).filter((one) => one.file === file);
  return here.length === 0 ? undefined : withProbes(source, here);
}

/** In the order given: cheap files first. */
class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (one: TestSpecification): number => job.files.indexOf(relative(root, one.moduleId));
    return Promise.resolve([...files].sort((a, b) => place(a) - place(b)));
  }
}

export default defineConfig({
  plugins: [
    {
      name: "mutants",
      enforce: "pre",
      transform: changed,
      // what is kept of a module from run to run is not the one with another fault in it
      configureVitest: ({ defineCacheKeyGenerator }) => defineCacheKeyGenerator(({ id, sourceCode }) => changed(sourceCode, id)),
    },
  ],
  test: {
    root,
    fsModuleCachePath: join(dirname(process.env["MUTANTS"] ?? ""), "cache"),
    include: [...job.files],
    globalSetup: [
      "test/suite-folder.ts",
      ...(job.files.some((file) => file.startsWith("test/nodes/")) ? ["test/nodes/login-user.ts"] : []),
    ],
    setupFiles: job.met === undefined ? [] : ["test/mutants/watch.ts"],
    pool: "threads",
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: InOrder },
    bail: job.fault === undefined ? 0 : 1,
    retry: job.fault === undefined ? 0 : 1,
    // on a busy machine a hook that is slow would count as a fault that was noticed
    hookTimeout: 120_000,
    testTimeout: job.fault === undefined ? 120_000 : 60_000,
    ...(job.tests === undefined ? {} : { testNamePattern: new RegExp(`^\\s*(${job.tests.map(escaped).join("|")})$`) }),
  },
});
