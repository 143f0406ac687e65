/** In which order the files of tests begin: the longest lives first, for nothing is shorter than they are. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = ["cluster-life", "killed", "membership", "reboot", "readiness", "whole-command", "platform"];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`/test/nodes/${name}.test.ts`));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
