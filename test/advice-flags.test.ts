/**
 * Advice never names a flag that the command refuses: every text of the sources that names a flag is put through the real parser, for every
 * command in which it can appear. Where a text can appear follows from the imports of what a command loads; what stands in a room of one
 * operation appears in the commands of that operation alone.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS, flagsOf } from "../src/cli/commands.ts";
import { parseArguments } from "../src/cli/parse-arguments.ts";
import type { World } from "../src/cli/world.ts";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const sources = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, withoutComments(readFileSync(join(SRC, file), "utf8"))]),
);

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/ .*$/gm, "");
}

const CREATE = ["create", "plan", "export"];

/** Rooms whose texts only their own commands show, though others borrow a function there. */
const ROOMS: readonly (readonly [folder: RegExp, commands: readonly string[]])[] = [
  [
    /^operations\/create\b|^core\/(spec|plan|user-data|machine-holds)|^core\/advice\/(preflight|capacity|quota|names|policy|machine|group|waiting|places|fitting)|^engine\/decide/,
    CREATE,
  ],
  [
    /^prepare\/ssh-(own-key|keys)\.ts|^nodes\/(diagnos|log-rows)|^azure\/vhd|^operations\/etcd\/plan|^core\/(outputs|deis-next)|^cli\/config-file/,
    CREATE,
  ],
  // what Azure says, and the file of who signs in: generate-mgmt-cert looks only into one that is there
  [
    /^core\/advice\b|^azure\b|^prepare\/sign-in-certificate/,
    COMMANDS.filter(({ scopes }) => scopes.includes("azure")).map(({ name }) => name),
  ],
  // of a folder that a flag names; others read what is in the package
  [
    /^(?:prepare\/kept-file|operations\/own-path)/,
    COMMANDS.filter((one) => flagsOf(one).some(([key]) => key === "dir")).map(({ name }) => name),
  ],
  [/^operations\/simulated\b/, COMMANDS.filter((one) => flagsOf(one).some(([key]) => key === "fault")).map(({ name }) => name)],
  [/^operations\/destroy\b/, ["destroy", "gc"]],
  [/^operations\/remove(\.ts|\/forget)/, ["remove"]],
  [/^operations\/platform\b/, ["platform"]],
];

const LOADED: Readonly<Record<string, string>> = {
  "generate-mgmt-cert": "certificate",
  "create-azure-user-data": "user-data",
  completion: "completion-command",
  plan: "create",
};

/** Everything that a module imports, at once or when it is needed. */
function reachable(start: string): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    // the table of screens leads everywhere
    if (found.has(file) || file === "cli/screens/table.ts") continue;
    found.add(file);
    for (const [, path = ""] of (sources.get(file) ?? "").matchAll(/(?:from|import\()\s*"(\.[^"]+\.ts)"/g))
      open.push(relative(SRC, join(SRC, dirname(file), path)));
  }
  return found;
}

/** Other programs' command lines have flags of their own; a piece of one begins with its first flag. */
const PROGRAM =
  "(?:az|cloud-init|openssl|ssh-keygen|gpg|puttygen|sudo|systemctl|journalctl|etcdctl|lsblk|qemu-img|curl|butane|Azurite|grep|sed)";
const FOREIGN = new RegExp(
  ["`" + PROGRAM + "\\b[^`]*`", "\\b" + PROGRAM + "\\b.*?(?:\\. |;|$|`)", "^--(?:urn|publisher|cacert)\\b.*"].join("|"),
  "gms",
);
/** What is said of how a cluster was made is said of create. */
const OF_CREATE = /(?:`create`|\bcreate|made with(?:out)?) [^.`]*?(--[a-z-]+)/;

interface Mention {
  readonly file: string;
  readonly text: string;
  readonly flag: string;
  /** The command that the text itself names for it. */
  readonly of?: string;
}

const mentions: readonly Mention[] = [...sources].flatMap(([file, source]) =>
  /^(sim|report|library|cli\/(completion|parse-arguments|commands|foreign-)|nodes\/job|operations\/platform\/(steps|kubectl))|^core\/(spec\/flags|documents|node-config)\.ts/.test(
    file,
  )
    ? []
    : [...source.matchAll(/"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g)].flatMap(([quoted]) => {
        const text = quoted.slice(1, -1).replaceAll("\\`", "`");
        // a flag alone is a word that is compared or composed, not a sentence
        if (!/\s/.test(text)) return [];
        const named = OF_CREATE.exec(text)?.[1];
        const flags = [...text.replaceAll(FOREIGN, "").matchAll(/--([a-z][a-z0-9-]+)/g)];
        // one that is to come may be told where it is asked for first
        const told = flags.filter(([, flag = ""]) => !source.includes(`hasFlag("${flag}")`));
        return told.map(([whole, flag = ""]): Mention => {
          const before = text.slice(0, text.indexOf(whole));
          const first = [...before.matchAll(/azure-coreos-cluster (\S+)/g)].at(-1)?.[1];
          // NAME alone is create
          const command = COMMANDS.find(({ name }) => name === first)?.name ?? (first === undefined ? undefined : "create");
          const of = whole === named ? "create" : command;
          return { file, text, flag, ...(of === undefined ? {} : { of }) };
        });
      }),
);

/** What the parser says to it; undefined when it takes the flag. Values are none of its business here. */
function refusal(command: string, flag: string): Promise<string | undefined> {
  const key = `${command} --${flag}`;
  const known = refusals.get(key) ?? askParser(command, flag);
  refusals.set(key, known);
  return known;
}
const refusals = new Map<string, Promise<string | undefined>>();

async function askParser(command: string, flag: string): Promise<string | undefined> {
  const { takes } = COMMANDS.find(({ name }) => name === command) ?? { takes: "" };
  const positional = [...takes.matchAll(/<\w+/g)].map(() => "mycluster");
  const silent = { write: () => undefined, isTTY: false };
  const world = { argv: [command, ...positional, `--${flag}`, "1"], env: {}, cwd: "/", stdout: silent, stderr: silent };
  const error: unknown = await parseArguments(world as unknown as World, "0").catch((thrown: unknown) => thrown);
  return error instanceof Error && error.message.includes("unknown option") ? error.message : undefined;
}

test("there are texts to look at, and the parser is asked", async () => {
  expect(mentions.length).toBeGreaterThan(100);
  expect(await refusal("run", "ssh-cert")).toContain("unknown option");
  expect(await refusal("run", "ssh-key")).toBeUndefined();
});

test.each(COMMANDS.map(({ name }) => name))("no text of `%s` names a flag that it refuses", async (command) => {
  const screen = `cli/screens/${LOADED[command] ?? command}.ts`;
  expect(sources.has(screen)).toBe(true);
  const files = reachable(screen);
  const wrong: string[] = [];
  for (const { file, text, flag, of } of mentions) {
    const room = ROOMS.find(([folder]) => folder.test(file));
    if (!files.has(file) || (room !== undefined && !room[1].includes(command))) continue;
    const refused = await refusal(of ?? command, flag);
    if (refused !== undefined) wrong.push(`${file}: ${refused}: ${text}`);
  }
  expect(wrong).toEqual([]);
});
