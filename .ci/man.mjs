// The manual page, from the tables that the commands and flags are made of: dist/azure-coreos-cluster.1. `node .ci/man.mjs`, after the bundle.
import { readFileSync, writeFileSync } from "node:fs";
import { COMMANDS } from "../src/cli/commands.ts";
import { FLAGS } from "../src/core/spec/flags.ts";

const root = new URL("..", import.meta.url).pathname;
const { version, description } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
/** A line of roff: a backslash, a dash, and a dot or a quote at its beginning would be read as something else. */
const text = (words) => words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(?=[.'])/gm, "\\&");
const entry = (term, about) => `.TP\n.B ${text(term)}\n${text(about)}`;
const value = ({ value: kind, optional }) => (kind === undefined ? "" : optional === undefined ? ` ${kind}` : ` [${kind}]`);

const commands = COMMANDS.map(({ name, takes, about, rest }) =>
  entry([name, takes.replaceAll(/[<>]/g, "").toUpperCase(), rest].filter(Boolean).join(" "), about || name),
);
const flags = Object.values(FLAGS).map((flag) => entry(`--${flag.name}${value(flag)}`, flag.about));
const page = [
  `.TH AZURE\\-COREOS\\-CLUSTER 1 "" "${version}" "User Commands"`,
  `.SH NAME\nazure\\-coreos\\-cluster \\- ${text(description)}`,
  ".SH SYNOPSIS\n.B azure\\-coreos\\-cluster\n.RI [ COMMAND ] \" NAME \" [ FLAGS ]",
  `.SH COMMANDS\n${commands.join("\n")}`,
  `.SH FLAGS\nWhich command takes which: its own\n.BR \\-\\-help .\n${flags.join("\n")}`,
  ".SH SEE ALSO\nThe pages under docs in the package, and\n.BR ssh (1).",
];
writeFileSync(`${root}dist/azure-coreos-cluster.1`, `${page.join("\n")}\n`);
