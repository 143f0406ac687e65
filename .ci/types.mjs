// The library's declarations, in dist/types: what src/index.ts needs of them and nothing else. No type of the bundled SDK may be among
// them: who imports the package does not have it. `node .ci/types.mjs`, after the bundle.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { flagRows } from "../src/core/spec/flags.ts";

const root = new URL("..", import.meta.url).pathname;
const all = mkdtempSync(join(tmpdir(), "acc-types-"));
const out = join(root, "dist/types");
try {
  const flags = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--outDir", all, "--rootDir", join(root, "src")];
  const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", join(root, "tsconfig.library.json"), ...flags], {
    cwd: root,
    encoding: "utf8",
  });
  rmSync(out, { recursive: true, force: true });
  for (const file of reachable(join(all, "index.d.ts"))) {
    // what cannot be declared of the rest is nobody's loss
    const wrong = stdout.split("\n").filter((line) => line.startsWith(`src/${relative(all, file).replace(/\.d\.ts$/, ".ts")}(`));
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    const to = join(out, relative(all, file));
    mkdirSync(dirname(to), { recursive: true });
    const text = relative(all, file) === "core/spec/flags.d.ts" ? withWords(readFileSync(file, "utf8")) : readFileSync(file, "utf8");
    // what a declaration imports is a .js to whoever reads it
    writeFileSync(to, text.replaceAll(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, "$1$2.js$1"));
  }
} finally {
  rmSync(all, { recursive: true, force: true });
}

/** Before each option its flag's own words, which an editor shows of it: a comment on every row of the table would say them twice. */
function withWords(declaration) {
  return flagRows.reduce((text, [key, { name, about, value, default: preset }]) => {
    const place = `\n    readonly ${key}: `;
    if (text.split(place).length !== 2) throw new Error(`the option ${key} is not declared once in flags.d.ts`);
    const milliseconds = value === "TIME" ? " In milliseconds." : "";
    const untold = about.endsWith("]") || !preset || preset.length === 0 ? "" : ` [${preset}]`;
    return text.replace(place, () => `\n    /** ${about}${untold}.${milliseconds} As \`--${name}\`. */${place}`);
  }, declaration);
}

/** The declarations that one imports, and those that these import. */
function reachable(first) {
  const found = new Set();
  for (const waiting = [first]; waiting.length > 0; ) {
    const file = waiting.pop();
    if (found.has(file)) continue;
    found.add(file);
    // examples in comments import the package itself
    const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name] of code.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      if (!name.startsWith(".")) throw new Error(`${relative(all, file)} needs the types of ${name}, which is not there for users`);
      waiting.push(join(dirname(file), name.replace(/\.ts$/, ".d.ts")));
    }
  }
  return found;
}
