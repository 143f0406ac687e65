// Keeps the pages' tables what the code's own tables say: commands, flags, and what is advised on an error. `node .ci/readme.mjs` writes
// them between their markers, `--check [FOLDER]` fails when they are not current.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../src/core/errors.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { adviceTable } from "../src/core/advice/table.ts";
import { FLAGS } from "../src/core/spec/flags.ts";

const PAGES = { "commands.md": ["commands", commands], "flags.md": ["flags", flags], "troubleshooting.md": ["advice", advice] };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv[2] === "--check";
  for (const { file, after } of outdated(process.argv[check ? 3 : 2] ?? fileURLToPath(new URL("../docs", import.meta.url))))
    if (!check) writeFileSync(file, after);
    else {
      console.error(`${file}: its table is not current: \`node .ci/readme.mjs\` writes it anew`);
      process.exitCode = 1;
    }
}

/** The pages in there whose tables are not what the code says, and what they are to be. */
export function outdated(folder) {
  return Object.entries(PAGES).flatMap(([page, [name, make]]) => {
    const file = join(folder, page);
    const before = readFileSync(file, "utf8");
    const after = between(file, before, name, make());
    return after === before ? [] : [{ page, file, after }];
  });
}

/** The text with a table put between `<!-- name -->` and `<!-- /name -->`. */
function between(file, text, name, table) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file}: ${start} and ${end} are not there`);
  return `${text.slice(0, from)}${start}\n${table}\n${text.slice(to)}`;
}

/** What every row says of a failure of which nothing but the code is known; rows for any code come last. */
function advice() {
  const first = ({ code }) => ([code].flat().includes("*") ? "~" : [code].flat()[0].replaceAll("*", "").toLowerCase());
  const rows = adviceTable.toSorted((a, b) => (first(a) < first(b) ? -1 : first(a) > first(b) ? 1 : 0));
  return table(
    ["code", "where the text says", "what it means", "what to do", "repeated", "exit"],
    rows.map(({ code, text, meaning, advice, link, retry, exit = "" }) => {
      const codes = [code].flat();
      const said = (words) => (typeof words === "function" ? words({ code: codes[0], message: "" }, { name: "NAME" }) : words);
      const more = said(link);
      return [
        codes.includes("*") ? "any" : codes.map((one) => `\`${one}\``).join(", "),
        text === undefined ? "" : `\`${text.source}\``,
        said(meaning),
        said(advice) + (more === undefined ? "" : ` [Azure's page](${more})`),
        retry === "no" ? "" : "yes",
        // what is sent again without an end ends with --timeout
        String(retry === "throttle" ? EXIT.timeout : exit),
      ];
    }),
  );
}

/** Flags that most commands take, or create: a table of their own. Others stand with their command. */
function isCommon({ on }) {
  return on.includes("azure") || on.includes("create");
}

function commands() {
  return table(
    ["`azure-coreos-cluster` ...", "", "flags of its own"],
    COMMANDS.map(({ name, takes, about, scopes, rest }) => {
      const words = takes.replace(/<(\w+)\.\.\.>/, (_, word) => `${word.replace(/s$/, "")}...`).replaceAll(/[<>]/g, "");
      const own = Object.values(FLAGS).filter((flag) => !isCommon(flag) && flag.on.some((scope) => scopes.includes(scope)));
      return [
        `\`${[name, words.toUpperCase(), rest].filter(Boolean).join(" ")}\``,
        about,
        own.map((flag) => `\`--${flag.name}${value(flag)}\` ${flag.about}${untold(flag)}`).join("; "),
      ];
    }),
  );
}

function flags() {
  return table(
    ["flag", "default", "taken by", "kept", "what it does"],
    Object.values(FLAGS).filter(isCommon).map((flag) => {
      const bracket = / \[([^\]]+)\]$/.exec(flag.about)?.[1];
      return [
        `\`--${flag.name}${value(flag)}\``,
        bracket ?? preset(flag),
        takenBy(flag),
        flag.kept === "everything" ? "yes" : (flag.kept ?? ""),
        [flag.about.replace(/ \[[^\]]+\]$/, ""), ...notes(flag)].join("; "),
      ];
    }),
  );
}

function value(flag) {
  if (flag.value === undefined) return "";
  return flag.optional === undefined ? ` ${flag.value}` : ` [${flag.value}]`;
}

function preset({ default: given, value: kind }) {
  if (given === undefined || given === false || given.length === 0) return "";
  return kind === "TIME" ? `${given / 60_000}m` : `\`${String(given)}\``;
}

/** The default, where the words do not end with it. */
function untold(flag) {
  const known = flag.about.endsWith("]") ? "" : preset(flag).replaceAll("`", "");
  return known === "" ? "" : ` [${known}]`;
}

/** "create" stands for create, plan and export, which take the same. */
function takenBy(flag) {
  const names = COMMANDS.filter(({ scopes }) => flag.on.some((scope) => scopes.includes(scope))).map(({ name }) => name);
  if (!flag.on.includes("azure")) return names.filter((name) => !(flag.on.includes("create") && ["plan", "export"].includes(name))).join(", ");
  const others = names.filter((name) => !COMMANDS.find((command) => command.name === name).scopes.includes("azure"));
  return ["all that ask Azure", ...others].join(", ");
}

function notes(flag) {
  return [...(flag.many ? ["it may be given several times"] : []), ...(flag.also ?? []).map((other) => `also \`--${other}\``), ...(flag.env === undefined ? [] : [`environment: \`${flag.env}\``])];
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
