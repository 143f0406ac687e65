/** Which test files load a module, by their imports and the imports of those: what is met at loading is met for all of them. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "oxc-parser";

/** Test files, from the repository's root, that import `file` or something that does. */
export function importersOf(file: string): Set<string> {
  const importers = new Map<string, string[]>();
  for (const from of globSync(["src/**/*.ts", "test/**/*.ts"]))
    for (const to of importsOf(from)) importers.set(to, [...(importers.get(to) ?? []), from]);
  const found = new Set([file]);
  // grows while it is walked
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return new Set([...found].filter((one) => one.endsWith(".test.ts")));
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const { module } = parseSync(file, source);
  const named = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) => one.entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => source.slice(start + 1, end - 1)),
  ];
  return named
    .filter((name) => name.startsWith("."))
    .map((name) => join(dirname(file), name))
    .filter((path) => existsSync(path));
}
