/**
 * In which order the files of tests begin. Those that start programs wait most of their time and the others compute: taken in turn, both
 * are at work all the time. The two longest lives come first, for nothing is shorter than they are.
 */
import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = ["test/nodes/cluster-life.test.ts", "test/nodes/killed.test.ts"];

export class InTurn extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { waiting = [], computing = [] } = Object.groupBy(await super.sort(files), (file) =>
      startsPrograms(file) ? "waiting" : "computing",
    );
    const isLongest = ({ moduleId }: TestSpecification): boolean => LONGEST.some((path) => moduleId.endsWith(path));
    const longFirst = [...waiting.filter(isLongest), ...waiting.filter((file) => !isLongest(file))];
    return [...placed(longFirst), ...placed(computing)].sort((one, other) => one.at - other.at).map(({ file }) => file);
  }
}

// --- internal ---

const startsPrograms = ({ moduleId }: TestSpecification): boolean =>
  moduleId.includes("/test/nodes/") || readFileSync(moduleId, "utf8").includes('from "node:child_process"');

/** Spread evenly, whatever their number is. */
const placed = (files: readonly TestSpecification[]): { readonly file: TestSpecification; readonly at: number }[] =>
  files.map((file, index) => ({ file, at: index / files.length }));
