/**
 * In which order the files of tests begin, and which of them only wait: the longest lives first, for nothing is shorter than they are; then the
 * others that wait for programs and clocks, the longest of them first.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ONLY_WAIT = [
  "nodes/lives",
  "nodes/membership",
  "ci-templates",
  "upgrade",
  "bin",
  "cli/own-key",
  "nodes/readiness",
  "nodes/etcd-bootstrap",
  "nodes/run",
  "cli/ssh",
  "nodes/wait",
].map((name) => `/test/${name}.test.ts`);

export const onlyWaits = (path: string): boolean => ONLY_WAIT.some((end) => path.endsWith(end));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = ONLY_WAIT.findIndex((end) => moduleId.endsWith(end));
      return found === -1 ? ONLY_WAIT.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
