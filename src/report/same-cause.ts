/** Nodes that are in the same trouble, told once: two hundred lines of one cause hide the one that is another. */
import { plural } from "../core/words.ts";

export interface NodeTrouble {
  readonly name: string;
  readonly state?: string;
  readonly reason?: string;
  /** What the node itself showed. */
  readonly evidence?: string;
  readonly advice?: string;
}

export interface SameCause {
  readonly names: readonly string[];
  /** State and reason, without the node's own name. */
  readonly cause: string;
  /** Evidence and advice. */
  readonly more: readonly string[];
}

/** In the order of their first nodes. What differs only by the node's own name is the same. */
export function sameCauses(nodes: readonly NodeTrouble[]): SameCause[] {
  const causes = Map.groupBy(nodes, (node) =>
    JSON.stringify([anonymous(node.name, wordsOf(node)), ...moreOf(node).map((text) => anonymous(node.name, text))]),
  );
  return [...causes.values()].map((same) => {
    const [first] = same as [NodeTrouble];
    return {
      names: same.map(({ name }) => name),
      cause: unnamed(first.name, wordsOf(first)),
      more: moreOf(first).map((text) => unnamed(first.name, text)),
    };
  });
}

/** Names of a few; of many the first and the last, and how many. */
export const namesOf = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(", ") : `${names.length} ${plural("node", names.length)} (${names[0]} ... ${names.at(-1)})`;

/** What stands behind a node's name, without it: "NAME: ...", "NAME (203.0.113.7 port 22001) ...". */
export const unnamed = (name: string, text: string): string =>
  text
    .split(`${name}: `)
    .join("")
    .split(`${name} (`)
    .map((part, at) => (at === 0 ? part : PLACE.test(part) ? part.replace(PLACE, "") : `${name} (${part}`))
    .join("");

/** The rest of where a node is, in what comes after its name. Bounded: a text may be megabytes long. */
const PLACE = /^[\w.:-]{1,64} port \d{1,5}\):? /;

/** As it would be said of any other node: without its name, and where it is. */
export const anonymous = (name: string, text: string): string => unnamed(name, text).replaceAll(name, "");

// --- internal ---

const wordsOf = ({ state, reason }: NodeTrouble): string => [state, reason].filter((word) => word !== undefined).join(": ");
const moreOf = ({ evidence, advice }: NodeTrouble): string[] => [evidence, advice].filter((text) => text !== undefined);
