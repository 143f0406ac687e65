/**
 * The README and the pages under docs/: generated tables are current, what is linked and named exists, command lines are ones that the
 * parser takes, and what a console block shows is what a rehearsal prints. The prose has readers, not tests.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { main } from "../src/cli/main.ts";
import { parseArguments } from "../src/cli/parse-arguments.ts";
import type { Output, World } from "../src/cli/world.ts";
import { EXIT } from "../src/core/errors.ts";
import { flagRows } from "../src/core/spec/flags.ts";
import { createVirtualClock } from "../src/sim/clock.ts";
import { START, ownAzure, testAzure } from "./cli/world.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const docs = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));
const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/sim/SPEC.md", ...docs.map((file) => `docs/${file}`)];
const texts = new Map(PAGES.map((page) => [page, readFileSync(join(root, page), "utf8")]));
const textOf = (page: string): string => texts.get(page) ?? "";

const { outdated } = (await import(join(root, ".ci/readme.mjs"))) as { outdated(folder: string): { page: string }[] };
const { isCurrent } = (await import(join(root, ".ci/picture.mjs"))) as { isCurrent(): Promise<boolean> };

test("the tables of commands, flags and advice are what the code says", () => {
  expect(outdated(join(root, "docs"))).toEqual([]);
});

test("the picture of a terminal is what a rehearsal draws", async () => {
  expect(await isCurrent()).toBe(true);
});

test("a table that is not current is found", () => {
  const dir = mkdtempSync(join(tmpdir(), "pages-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  cpSync(join(root, "docs"), dir, { recursive: true });
  writeFileSync(join(dir, "flags.md"), textOf("docs/flags.md").replace("| `--num-nodes N` | `3` |", "| `--num-nodes N` | `4` |"));
  expect(outdated(dir).map(({ page }) => page)).toEqual(["flags.md"]);
});

test("the README can be read in five minutes", () => {
  const words =
    textOf("README.md")
      .replaceAll(/<[^>]+>/g, "")
      .match(/\S+/g) ?? [];
  expect(words.length).toBeGreaterThan(800);
  expect(words.length).toBeLessThanOrEqual(1000);
});

test.each(COMMANDS.map(({ name }) => name))("the command %s is told", (name) => {
  expect(textOf("docs/commands.md")).toMatch(new RegExp(`\`${name}[ \`]`));
});

test("every flag is told, and no other is named", () => {
  const known = flagRows.flatMap(([, { name, also = [] }]) => [name, ...also]);
  const named = (text: string): string[] =>
    [...text.matchAll(/`(?:[^`\n]*\s)?--([a-z0-9-]+)[^`\n]*`/g)].map(([, name = ""]) => name);
  const told = new Set(["flags", "commands"].flatMap((page) => named(textOf(`docs/${page}.md`))));
  expect(known.filter((name) => !told.has(name))).toEqual([]);
  // flags of az, npm and etcdctl
  const foreign = new Set(["subscription", "name", "role", "scopes", "help", "version", "key", "cert", "cacert", "endpoints"]);
  const all = ["README", "docs/flags", "docs/commands", "docs/moving-from-2015"].flatMap((page) => named(textOf(`${page}.md`)));
  expect(all.filter((name) => !known.includes(name) && !foreign.has(name))).toEqual([]);
});

test("every exit code has its word", () => {
  const told = /^0 done;.*interrupted\./m.exec(textOf("docs/commands.md"))?.[0] ?? "";
  expect(
    told
      .split("; ")
      .map((part) => Number(/^\d+/.exec(part)?.[0]))
      .concat(Number(/(\d+) interrupted/.exec(told)?.[1])),
  ).toEqual(expect.arrayContaining(Object.values(EXIT)));
});

test("files and folders that are named are there", () => {
  const named = PAGES.filter((page) => !page.includes("CHANGELOG")).flatMap((page) =>
    [...textOf(page).matchAll(/(?:^|[`(])((?:src|test|templates|bench|bin|\.ci)\/[\w./-]*)/gm)].map(([, path]) => path ?? ""),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, "src/sim", path)))).toEqual([]);
});

const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]+`/g, "");

/** As GitHub makes them: small letters, no punctuation, a dash for each space. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );

test.each(PAGES)("every link of %s leads somewhere", (page) => {
  const links = [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return !URL.canParse(link) || !link.startsWith("https://");
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchors(readFileSync(join(root, target), "utf8")).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("what the README and the pages of docs/ lead to is in the package, too", () => {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: readonly string[] };
  const gone = ["README.md", ...docs.map((file) => `docs/${file}`)].flatMap((page) =>
    [...prose(textOf(page)).matchAll(/\]\((?!https:|#)([^)\s#]+)/g)]
      .map(([, path = ""]) => join(dirname(page), path))
      .filter((path) => path !== "README.md" && !files.some((one) => path === one || path.startsWith(`${one}/`)))
      .map((path) => `${page}: ${path}`),
  );
  expect(gone).toEqual([]);
  expect(files).toContain(".github/actions");
});

test("every page of docs/ is found from the README, and begins with what it answers", () => {
  const found = new Set<string>();
  const open = ["README.md"];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (found.has(page)) continue;
    found.add(page);
    for (const [, path = ""] of textOf(page).matchAll(/\]\(([^)\s#]+\.md)/g)) open.push(join(dirname(page), path));
  }
  expect(docs.filter((file) => !found.has(`docs/${file}`))).toEqual([]);
  expect(docs.filter((file) => !/^# \S.+\n/.test(textOf(`docs/${file}`)))).toEqual([]);
});

// --- command lines ---

const silent: Output = { write: () => undefined, isTTY: false, columns: 100, rows: 40 };

/** What stands in code: after `$`, at the beginning of a line of a block, or in one between backticks. */
const commandLines = (text: string): string[] =>
  [...text.matchAll(/^(?:\$ |    |)azure-coreos-cluster (.+)$|`azure-coreos-cluster ([^`\n]+)`/gm)]
    .map(([, line, inline]) => (line ?? inline ?? "").replace(/ {2,}.*| [#>|&] ?.*/, "").replaceAll("\\", ""))
    .filter((line) => !/\.\.\.|COMMAND/.test(line));

test.each(PAGES.filter((page) => page !== "CHANGELOG.md" && commandLines(textOf(page)).length > 0))(
  "the command lines of %s are ones that the parser takes",
  async (page) => {
    const refused: string[] = [];
    for (const line of commandLines(textOf(page))) {
      const argv = line
        .replaceAll(/\$\{?\w+\}?/g, "x1")
        .replaceAll(/["']/g, "")
        .split(" ")
        .filter(Boolean);
      const world = { argv, env: {}, cwd: "/", stdout: silent, stderr: silent } as unknown as World;
      const error: unknown = await parseArguments(world, "0").catch((thrown: unknown) => thrown);
      if (error instanceof Error && /unknown (option|command)/.test(error.message)) refused.push(`${line}: ${error.message}`);
    }
    expect(refused).toEqual([]);
  },
);

// --- rehearsals ---

/** The cluster of the pages. */
const NAME = "mycluster";

interface Shown {
  readonly command: string;
  readonly lines: string[];
}

const blocks = PAGES.flatMap((page) =>
  [...textOf(page).matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block = ""], at) => ({ page, at: at + 1, block })),
);

function shownIn(block: string): Shown[] {
  const shown: Shown[] = [];
  for (const line of block.trimEnd().split("\n"))
    if (line.startsWith("$ ")) shown.push({ command: line.slice(2), lines: [] });
    else shown.at(-1)?.lines.push(line);
  return shown;
}

/** `--simulate` as a user has it, in a folder with keys, on a clock of its own. */
async function rehearse(argv: readonly string[], dir: string): Promise<{ exit: number; printed: string[] }> {
  let printed = "";
  const output: Output = { ...silent, write: (text) => void (printed += String(text)) };
  let seed = 1;
  const exit = await main({
    argv,
    env: {},
    cwd: dir,
    stdout: output,
    stderr: output,
    interactive: true,
    clock: createVirtualClock(START),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => (seed = (seed * 16_807) % 2_147_483_647) % 256),
    // before something is lost the name is typed
    ask: (question) => Promise.resolve(question.includes("[y/N]") ? "y" : NAME),
    askSecretly: () => Promise.resolve(""),
    onInterrupt: () => () => undefined,
  });
  return { exit, printed: printed.trimEnd().split("\n") };
}

/** The first line that was shown and not printed; `...` alone stands for any lines, at the end of one for its rest. */
function missing(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0;
  let gap = shown.length === 0;
  for (const line of shown) {
    if (line === "...") {
      gap = true;
      continue;
    }
    const start = line.endsWith(" ...") ? line.slice(0, -3) : undefined;
    const fits = (one: string): boolean => (start === undefined ? one.trimEnd() === line : one.startsWith(start));
    const found = gap ? printed.findIndex((one, index) => index >= at && fits(one)) : fits(printed[at] ?? "") ? at : -1;
    if (found < 0) return line;
    at = found + 1;
    gap = false;
  }
  return gap || at === printed.length ? undefined : `(the end, before: ${printed[at]})`;
}

/** The folder of whoever has that cluster. */
const having = testAzure();
beforeAll(async () => {
  expect((await rehearse([NAME, "--num-nodes", "10", "--simulate"], having.dir)).exit).toBe(EXIT.done);
});
afterAll(() => having.close());

test.each(blocks)("what $page shows in block $at is what a rehearsal prints", async ({ block }) => {
  const { dir } = ownAzure();
  const shown = shownIn(block);
  // a page that begins in the middle of a cluster's life has one
  const begun = COMMANDS.find(({ name }) => shown[0]?.command.split(" ")[1] === name)?.name ?? "create";
  if (!["create", "plan", "list"].includes(begun)) cpSync(having.dir, dir, { recursive: true });
  for (const { command, lines } of shown) {
    const text = command.replace(/\s+[#>].*$/, "").replaceAll(/\$\w+/g, "ci-1");
    const [program, ...words] = [...text.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
    expect(program).toBe("azure-coreos-cluster");
    const { exit, printed } = await rehearse(words.includes("--simulate") ? words : [...words, "--simulate"], dir);
    expect(missing(lines, printed), `${command}\n${printed.join("\n")}`).toBeUndefined();
    // what is shown ends well, or says otherwise
    expect(exit, printed.join("\n")).toBe(command.includes("--fault") ? EXIT.partly : EXIT.done);
  }
});

test("a block that shows what is not printed is found", () => {
  expect(missing(["...", "b", "..."], ["a", "b", "c"])).toBeUndefined();
  expect(missing(["a", "x ...", "c"], ["a", "x 1", "c"])).toBeUndefined();
  expect(missing(["a", "c"], ["a", "b", "c"])).toBe("c");
  expect(missing(["a"], ["a", "b"])).toContain("before: b");
});
