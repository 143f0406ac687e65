/** Rules about the sources that the linter has no words for. They read files and run nothing, so `npm run check` has them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));
const texts = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, text: readFileSync(join(src, file), "utf8") }));

const docs = fileURLToPath(new URL("../docs", import.meta.url));
const pages = readdirSync(docs)
  .filter((file) => file.endsWith(".md"))
  .map((file) => ({ file, text: readFileSync(join(docs, file), "utf8") }));

test("names, ids and files in commands to copy are quoted, wherever they are written", () => {
  const bare =
    /\b(az|azure-coreos-cluster|openssl|ssh-keygen) [^`\n]*(-{1,2}(resource-group|ids|scope|nsg-name|lb-name|target-resource-id|custom-data|azure-cert|in|out|f) |(az group \w+|lint) (--name )?)\$\{(?!shellWord\(|unusedBeside\(|word\b|group\b|forbidding\.map|NODE_TLS_FILES)/;
  const unquoted = texts.flatMap(({ file, text }) =>
    file.startsWith("sim") ? [] : text.split("\n").flatMap((line, at) => (bare.test(line) ? [`${file}:${at + 1}`] : [])),
  );
  expect(unquoted).toEqual([]);
});

test("what a shell would take for a pattern is quoted in every command of Azure's that is advised: zsh runs none of which no file's name fits", () => {
  const commands = [...texts, ...pages].flatMap(({ file, text }) => {
    let plain = text.replaceAll(/\\(["'`])/g, "$1");
    for (let before = ""; before !== plain;) plain = (before = plain).replaceAll(/\$\{[^{}]*\}/g, "WORD");
    return [...plain.matchAll(/(?:`|^\s*)(az [a-z][^`\n]*)/gm)].map(([, command = ""]) => ({ file, command }));
  });
  expect(commands.length).toBeGreaterThan(100);
  const bare = commands.filter(({ command }) => /[[*?!]/.test(command.replaceAll(/"[^"]*"|'[^']*'|#.*/g, "")));
  expect(bare).toEqual([]);
});

test("a command to copy writes to a name that is free, wherever it is written", () => {
  const writing =
    /\b(openssl|puttygen|ssh-keygen|iconv|cat|sed|grep|gpg|curl|base64|butane|ct) [^`\n]*( >|; \} >|-out|-out-file| -o) (?!\$\{(unusedBeside|unused|made)\b|STEM\.|SCRIPT\.|public-openssh|private-openssh)[^-&/ ]/;
  const found = texts.flatMap(({ file, text }) =>
    /^(sim|nodes)\b/.test(file)
      ? []
      : text
          .split("\n")
          .flatMap((line, at) => (writing.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line) ? [`${file}:${at + 1}`] : [])),
  );
  expect(found).toEqual([]);
});

test("a flag's path is read in one place alone", () => {
  const reading = texts.flatMap(({ file, text }) => (/\bresolve\([^;]*\bcwd\b/.test(text) ? [file] : []));
  // the SDK opens a token's file itself, and knows no "~": it is looked at where the SDK finds it
  expect(reading.sort()).toEqual([join("operations", "files", "own-path.ts"), join("operations", "sign-in", "sign-in.ts")]);
});

test("a code that a docstring says is thrown is there", () => {
  const there = new Set(
    texts.flatMap(({ text }) => [...text.matchAll(/(?:"|\bclass |\btype )([A-Z]\w+)/g)].map(([, word]) => word)),
  );
  const gone = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/@throws ClusterError ([^@]*?)(?=\*\/|\n \*\s*(?:@|\n))/g)].flatMap(([, said = ""]) =>
      // "SshKey*" is all that begin so
      [...said.matchAll(/\b[A-Z][a-z]+[A-Z]\w+(?![\w*])/g)]
        .filter(([word]) => !there.has(word))
        .map(([word]) => `${file}: ${word}`),
    ),
  );
  expect(gone).toEqual([]);
});
