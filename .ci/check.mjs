// What has to be green before a commit, side by side: types, lint, format, unused code, what is generated, and the fast tests. All tests: npm test.
// What the compiler and knip have found out about files that have not changed is kept (node_modules/.cache).
import { spawn } from "node:child_process";

const PARTS = {
  types: "tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/check.tsbuildinfo",
  lint: "oxlint --deny-warnings",
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
for (const { name, text } of bad) console.error(`--- ${name}: npm run ${name === "tests" ? "watch" : name}\n${text.trimEnd()}`);
console.error(bad.length === 0 ? `${Object.keys(PARTS).join(", ")}: green` : `not green: ${bad.map(({ name }) => name).join(", ")}`);
process.exitCode = bad.length === 0 ? 0 : 1;
