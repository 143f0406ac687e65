/** Tells whether the sources with a fault in them still type-check: a fault that the compiler sees needs no test. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutant, withFault } from "./mutations.ts";

/** In a copy of the sources, which goes when the process ends. Faults in different files are looked at together: it takes seconds. */
export function createCompiler(root: string): (mutants: readonly Mutant[]) => Mutant[] {
  const dir = mkdtempSync(join(tmpdir(), "mutants-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  cpSync(join(root, "src"), join(dir, "src"), { recursive: true });
  cpSync(join(root, "package.json"), join(dir, "package.json"));
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  const config = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { compilerOptions: object };
  writeFileSync(
    join(dir, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...config.compilerOptions, incremental: true, tsBuildInfoFile: join(dir, "build-info") },
      include: ["src"],
    }),
  );
  const unharmed = filesInTrouble([]);
  if (unharmed.size > 0) throw new Error(`The sources do not type-check as they are: ${[...unharmed].join(", ")}`);

  return (mutants) => {
    const passed: Mutant[] = [];
    for (let rest = [...mutants]; rest.length > 0;) {
      const together = [...new Map(rest.map((mutant) => [mutant.file, mutant])).values()].slice(0, 12);
      rest = rest.filter((mutant) => !together.includes(mutant));
      const trouble = filesInTrouble(together);
      const suspects = together.filter(({ file }) => trouble.has(file));
      const guilty = suspects.filter((mutant) => filesInTrouble([mutant]).size > 0);
      // trouble in a file whose own fault is harmless, or in one without a fault, comes from another's
      const strayed = guilty.length < suspects.length || [...trouble].some((file) => !together.some((one) => one.file === file));
      const others = together.filter((mutant) => !suspects.includes(mutant));
      passed.push(...suspects.filter((mutant) => !guilty.includes(mutant)));
      passed.push(...(strayed ? others.filter((mutant) => filesInTrouble([mutant]).size === 0) : others));
    }
    return passed;
  };

  /** Files with errors in them, from the root, while these faults are in the sources. */
  function filesInTrouble(mutants: readonly Mutant[]): Set<string> {
    const before = mutants.map(({ file }) => ({ path: join(dir, file), source: readFileSync(join(dir, file), "utf8") }));
    for (const [at, mutant] of mutants.entries())
      writeFileSync(join(dir, mutant.file), withFault(before[at]?.source ?? "", mutant));
    try {
      execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", dir, "--pretty", "false"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return new Set();
    } catch (error) {
      const said = String((error as { stdout?: unknown }).stdout);
      return new Set([...said.matchAll(/^\S*?(src\/[^(\s]+)\(\d+,\d+\): error/gm)].map(([, file]) => file ?? ""));
    } finally {
      for (const { path, source } of before) writeFileSync(path, source);
    }
  }
}
