/** How findings are printed: one line each, as compilers do, so that editors can jump there. */
import type { Finding } from "./check.ts";

/** `FILE:LINE: error: message`, with the advice in the next line; empty for no findings. */
export const formatFindings = (file: string, findings: readonly Finding[]): string =>
  findings
    .map(({ level, line, message, advice }) => {
      const where = line === undefined ? file : `${file}:${line}`;
      return `${where}: ${level}: ${message}\n${advice === undefined ? "" : `    ${advice}\n`}`;
    })
    .join("");
