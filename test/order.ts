/**
 * In which order the files of tests begin: the longest lives first, for nothing is shorter than they are; then those that only wait, while
 * others still compute. Of what is left each has something to do.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = ["nodes/lives"];
const ONLY_WAIT = [
  "nodes/membership",
  "cli/own-key",
  "ci-templates",
  "nodes/readiness",
  "nodes/etcd-bootstrap",
  "bin",
  "upgrade",
  "nodes/wait",
  "nodes/run",
  "crash",
];
const FIRST = [...LONGEST, ...ONLY_WAIT].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = FIRST.findIndex((end) => moduleId.endsWith(end));
      return found === -1 ? FIRST.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
