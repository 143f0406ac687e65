// What has to be green before a commit, side by side: types, lint, format, unused code, what is generated, and the fast tests. All tests: npm test.
// What the compiler and knip have found out about files that have not changed is kept (node_modules/.cache); the linter, which asks the
// compiler about every expression, looks at those alone that have; in a fresh clone, at those that differ from its commit. CI lints all: npm
// run lint.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";

/** What was linted without a finding, as it was then; absent in a fresh clone. */
const LINTED = "node_modules/.cache/check.linted.json";
const RULES = ["oxlint.config.ts", "package-lock.json", "tsconfig.json"];

const stamp = (file) => {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
};
const git = (...words) => execFileSync("git", words, { encoding: "utf8" }).split("\n");
const files = git("ls-files", "-co", "--exclude-standard").filter(
  (file) => existsSync(file) && ((/\.[cm]?[jt]s$/.test(file) && !file.startsWith(".ci/")) || RULES.includes(file)),
);
const stamps = Object.fromEntries(files.map((file) => [file, stamp(file)]));
const linted = (() => {
  try {
    return JSON.parse(readFileSync(LINTED, "utf8"));
  } catch {
    return undefined;
  }
})();
const uncommitted = linted ? [] : [...git("diff", "--name-only", "HEAD"), ...git("ls-files", "-o", "--exclude-standard")];
const changed = files.filter((file) => (linted ? stamps[file] !== linted[file] : uncommitted.includes(file)));
const toLint = changed.some((file) => RULES.includes(file)) ? [] : changed;

const PARTS = {
  types: "tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/check.tsbuildinfo",
  lint: changed.length === 0 ? "true" : `oxlint --deny-warnings ${toLint.map((file) => `'${file}'`).join(" ")}`,
  format: "oxfmt --check",
  unused: "knip --cache",
  readme: "node .ci/readme.mjs --check && node .ci/picture.mjs --check",
  tests: "vitest run --config test/fast.config.ts --reporter=dot",
};

const run = (name) =>
  new Promise((resolve) => {
    const child = spawn(PARTS[name], { shell: true, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
    child.on("close", (code) => resolve({ name, code, text: Buffer.concat(said).toString() }));
  });

const bad = (await Promise.all(Object.keys(PARTS).map(run))).filter(({ code }) => code !== 0);
if (!bad.some(({ name }) => name === "lint")) {
  mkdirSync("node_modules/.cache", { recursive: true });
  writeFileSync(LINTED, JSON.stringify(stamps));
}
for (const { name, text } of bad) console.error(`--- ${name}: npm run ${name === "tests" ? "watch" : name}\n${text.trimEnd()}`);
console.error(bad.length === 0 ? `${Object.keys(PARTS).join(", ")}: green` : `not green: ${bad.map(({ name }) => name).join(", ")}`);
process.exitCode = bad.length === 0 ? 0 : 1;
