// The manual page, from the tables that the commands and flags are made of: dist/azure-coreos-cluster.1. `node .ci/man.mjs`, after the bundle.
import { readFileSync, writeFileSync } from "node:fs";
import { COMMANDS } from "../src/cli/commands.ts";
import { EXIT_CODES, PRECEDENCE, aboutFlag } from "../src/cli/help-text.ts";
import { FLAGS } from "../src/core/spec/flags.ts";

const root = new URL("..", import.meta.url).pathname;
const { version, description } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
/** A line of roff: a backslash, a dash, and a dot or a quote at its beginning would be read as something else. */
const text = (words) => words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(?=[.'])/gm, "\\&");
const entry = (term, about) => `.TP\n.B ${text(term)}\n${text(about)}`;
const plain = (markdown) => markdown.replaceAll("`", "").replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1");
const value = ({ value: kind, optional }) => (kind === undefined ? "" : optional === undefined ? ` ${kind}` : ` [${kind}]`);

const commands = COMMANDS.map(({ name, takes, about, rest }) =>
  entry([name, takes.replaceAll(/[<>]/g, "").toUpperCase(), rest].filter(Boolean).join(" "), about || name),
);
const flags = Object.values(FLAGS).map((flag) => entry(`--${flag.name}${value(flag)}`, aboutFlag(flag)));
const variables = Object.values(FLAGS).flatMap(({ name, env }) => (env === undefined ? [] : [entry(env, `as --${name}`)]));
/** The table of files in docs/commands.md, without what is Markdown. */
const files = [...readFileSync(`${root}docs/commands.md`, "utf8").split("## Files")[1].matchAll(/^\| (?!file,)(.+?) \| (.+) \|$/gm)].map(
  ([, file, what]) => entry(plain(file), plain(what)),
);
const page = [
  `.TH AZURE\\-COREOS\\-CLUSTER 1 "" "${version}" "User Commands"`,
  `.SH NAME\nazure\\-coreos\\-cluster \\- ${text(description)}`,
  ".SH SYNOPSIS\n.B azure\\-coreos\\-cluster\n.RI [ COMMAND ] \" NAME \" [ FLAGS ]",
  `.SH COMMANDS\n${commands.join("\n")}`,
  `.SH FLAGS\nWhich command takes which: its own\n.BR \\-\\-help .\n${flags.join("\n")}`,
  `.SH EXIT STATUS\n${text(EXIT_CODES)}`,
  `.SH ENVIRONMENT\n${text(PRECEDENCE)}\n${entry("AZURE_COREOS_CLUSTER_FLAG", "of every flag, in capitals, with _ in place of -")}\n${variables.join("\n")}`,
  `.SH FILES\nIn the working directory, or the folder of\n.BR \\-\\-dir .\n${files.join("\n")}`,
  ".SH SEE ALSO\nThe pages under docs in the package, and\n.BR ssh (1).",
];
writeFileSync(`${root}dist/azure-coreos-cluster.1`, `${page.join("\n")}\n`);
