/** schema: the JSON Schemas that come with the tool, by name, for editors and for programs that read `--json`. */
import { EXIT, usageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { packagedFiles } from "../../operations/files/packaged-files.ts";
import type { Invocation } from "../invocation.ts";

/** One schema on stdout; without a name a line for each. */
export async function schema({ world, args: [name] }: Invocation): Promise<number> {
  const schemas = new Map([...(await packagedFiles("schema"))].map(([file, text]) => [file.replace(/\.json$/, ""), text]));
  if (name === undefined) {
    const width = Math.max(...[...schemas.keys()].map((one) => one.length));
    for (const [one, text] of schemas) world.stdout.write(`${one.padEnd(width)}  ${aboutOf(text)}\n`);
    return EXIT.done;
  }
  const text = schemas.get(name);
  if (text === undefined) throw noSuch(name, [...schemas.keys()]);
  world.stdout.write(text);
  return EXIT.done;
}

// --- internal ---

const aboutOf = (text: string): string => (JSON.parse(text) as { description: string }).description;

function noSuch(name: string, names: readonly string[]): Error {
  const meant = nearest(name, names, Math.ceil(name.length / 3));
  return usageError(
    `there is no schema "${name}"${meant === undefined ? "" : `: did you mean "${meant}"?`}`,
    `There are ${names.join(", ")}.`,
  );
}
