/** What a CI system is handed of a cluster: values for later steps, and a page in Markdown for who looks at the run. */
import type { ClusterDocument } from "../core/documents.ts";
import { duration, plural } from "../core/words.ts";

const MOST = 20;

/** Names as GitHub's actions have them. */
export const createdOutputs = (document: ClusterDocument): Record<string, string> => ({
  name: document.name,
  "resource-group": document.resourceGroup,
  location: document.location,
  host: document.host,
  ip: document.ip,
  nodes: String(document.nodes.length),
});

export interface PageFacts {
  /** So many nodes came as far as was waited for. */
  readonly ready: number;
  /** With `machines` nobody asked the nodes anything. */
  readonly waitFor: string;
  readonly rehearsal: boolean;
}

export function createdPage(document: ClusterDocument, { ready, waitFor, rehearsal }: PageFacts): string {
  const { name, resourceGroup, location, host, ip, nodes, seconds } = document;
  const what = waitFor === "machines" ? [plural("machine", nodes.length), "made"] : [plural("node", nodes.length), "ready"];
  const shown = [...nodes].sort((a, b) => Number(a.state === "ready") - Number(b.state === "ready")).slice(0, MOST);
  return [
    `### ${cell(name)}: ${ready} of ${nodes.length} ${what.join(" ")}`,
    "",
    `${cell(host)} (${cell(ip)}), resource group ${cell(resourceGroup)} in ${cell(location)}; ${duration(seconds * 1000)}.${rehearsal ? " A rehearsal: no machine was booted." : ""}`,
    "",
    "| node | state | SSH | private address |",
    "|---|---|---|---|",
    ...shown.map(
      (node) => `| ${cell(node.name)} | ${cell(node.state)} | ${cell(node.host)}:${node.port} | ${cell(node.privateIp)} |`,
    ),
    ...(nodes.length > MOST ? ["", `and ${nodes.length - MOST} more.`] : []),
    "",
  ].join("\n");
}

// --- internal ---

/** Nothing of what Azure says is Markdown or HTML. */
const cell = (text: string): string => text.replaceAll(/[^\p{L}\p{N} .,:_/-]/gu, "");
