/** Where documents leave the program: stdout has one, and nothing else. What is printed has a row in the table of documents. */
import type { Documents } from "../core/documents.ts";
import { jsonText } from "../core/shown.ts";
import type { World } from "./world.ts";

/** On one line, or `indented` for whoever reads it. */
export const printDocument = ({ stdout }: Pick<World, "stdout">, document: Documents[keyof Documents], indented = false): void =>
  stdout.write(`${jsonText(document, indented ? 2 : 0)}\n`);
