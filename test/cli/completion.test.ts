/** The generated scripts, run by the real shells. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMANDS as COMMAND_TABLE } from "../../src/cli/commands.ts";
import { type CompletionSpec, type Shell, completionScript } from "../../src/cli/completion/script.ts";
import { has } from "../programs.ts";
import { ownAzure } from "./world.ts";

const create = [
  { name: "num-nodes", description: "how many: 3 by default", value: true },
  { name: "--platform", description: "Flatcar's or the old one's", values: ["flatcar", "coreos"] },
  { name: "custom-data", description: "a file [yours]", file: true },
  { name: "spot", description: "spot machines", values: ["workers", "all"], optional: true },
  { name: "output", description: "state file", file: true, optional: true },
  { name: "pip", description: `a $HOME "public" \`IP\` \\ for every node` },
  { name: "h", description: "help" },
];
const spec: CompletionSpec = {
  commands: [
    { name: "create", description: "make it, don't ask", flags: create },
    { name: "plan", description: "look first: no write", flags: create },
    { name: "status", description: "nodes and health", flags: [{ name: "watch", description: "again and again" }] },
    { name: "lint", description: "check a file", words: [{ file: true }], flags: [{ name: "json", description: "as JSON" }] },
    { name: "completion", description: "this", words: [{ values: ["bash", "zsh", "fish"] }], flags: [] },
    {
      name: "remove",
      description: "nodes, out",
      words: [{ cached: "clusters" }, { cached: "nodes" }],
      more: true,
      flags: [
        { name: "dir", description: "where", file: true },
        { name: "vm-size", description: "sizes", cached: "sizes", values: ["Standard_D2s_v5"] },
        { name: "image", description: "images", cached: "images" },
      ],
    },
  ],
};

const folder = mkdtempSync(join(tmpdir(), "completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "user data.yaml"), "");
writeFileSync(join(folder, "other.txt"), "");

const COMMANDS = ["completion", "create", "lint", "plan", "remove", "status"];
const FIRST = [...COMMANDS, "alpha", "beta", "gamma"].toSorted();
const CREATE = ["--custom-data", "--num-nodes", "--output", "--pip", "--platform", "--spot", "-h"];

/** What is typed, the last word being the one at the cursor, and what is offered, in order of the alphabet. */
const CASES: Case[] = [
  [[""], FIRST],
  [["c"], ["completion", "create"]],
  [["create", "-"], CREATE],
  [
    ["create", "--p"],
    ["--pip", "--platform"],
  ],
  [["plan", "mycluster", "--pl"], ["--platform"]],
  [["mycluster", "-"], CREATE],
  [["mycluster", ""], []],
  [["-"], CREATE],
  [["--pip", ""], FIRST],
  [["--num-nodes", "3", "st"], ["status"]],
  [["--platform", "coreos", "status", "-"], ["--watch"]],
  [["--platform", "create", "status", "-"], ["--watch"]],
  [
    ["create", "x", "--platform", ""],
    ["coreos", "flatcar"],
  ],
  [["create", "--platform", "f"], ["flatcar"]],
  [["create", "--num-nodes", ""], []],
  [["create", "--num-nodes", "-"], []],
  [["create", "--custom-data", "us"], ["user data.yaml"]],
  [["status", "--"], ["--watch"]],
  [["status", "mycluster", ""], []],
  [["lint", "o"], ["other.txt"]],
  [["lint", "--"], ["--json"]],
  [
    ["completion", ""],
    ["bash", "fish", "zsh"],
  ],
  [["create", "x", "--", "-"], []],
  [
    ["create", "--spot", ""],
    ["all", "workers"],
  ],
  [["create", "--spot", "w"], ["workers"]],
  [["--spot", "all", "st"], ["status"]],
  [["--spot", "status", "--w"], ["--watch"]],
  [["--spot", "st"], ["status"]],
  [["--spot", "--pl"], ["--platform"]],
  [["create", "--output", "oth"], ["other.txt"]],
  [["--output", "other.txt", "st"], ["status"]],
  [["--output", "--pip", "st"], ["status"]],
  [["--output", "--num-nodes", "3", "st"], ["status"]],
];

// as a hostile program could have left it: what is no plain word is never offered, and nothing of it is run
const HOSTILE = ["$(touch pwned)", "`touch pwned`", "a b", "'", "; touch pwned", "-rf", "*", "~", "{a,b}", "\\", "\u001B[31m"];
const cached = (kind: string, place: string, words: readonly string[]): void => {
  mkdirSync(join(folder, ".cache/azure-coreos-cluster/words", kind), { recursive: true });
  writeFileSync(join(folder, ".cache/azure-coreos-cluster/words", kind, place), `${words.join("\n")}\n`);
};
cached("clusters", "one-subscription", ["alpha", "beta"]);
cached("clusters", "other-subscription", ["gamma"]);
for (const [index, word] of HOSTILE.entries()) {
  cached("clusters", `hostile-${index}`, [word]);
  cached("nodes", `hostile-${index}`, [word]);
}
cached("nodes", "alpha", ["0", "1", "12"]);
cached("nodes", "beta", ["7"]);
cached("sizes", "last", ["Standard_B2ms", "Standard_D4s_v5"]);
cached("images", "last", ["Debian:debian-13:13-gen2:latest", "Debian:debian-13:13-gen2:1.2.3"]);

// clusters that were made in a folder, and folders of somebody else
for (const name of ["here", ...HOSTILE.filter((one) => !/^[~*]|[\\/]/.test(one))]) {
  mkdirSync(join(folder, "mine", name), { recursive: true });
  writeFileSync(join(folder, "mine", name, "ssh_config"), "");
}

/** Words of the last answers: clusters and, after one, its nodes; sizes also after a comma. */
const CACHED: Case[] = [
  [["al"], ["alpha"]],
  [
    ["remove", ""],
    ["alpha", "beta", "gamma"],
  ],
  [
    ["remove", "alpha", ""],
    ["0", "1", "12"],
  ],
  [
    ["remove", "alpha", "0", "1"],
    ["1", "12"],
  ],
  [["remove", "beta", "--vm-size", "x", ""], ["7"]],
  [["remove", "nix", ""], []],
  [
    ["remove", "--dir", "mine", ""],
    ["alpha", "beta", "gamma", "here"],
  ],
  [["--dir", "mine", "remove", "he"], ["here"]],
  ...HOSTILE.map((_, index): Case => [["remove", `hostile-${index}`, ""], []]),
  [["remove", "../clusters/one-subscription", ""], []],
  [["remove", "*", ""], []],
  [
    ["remove", "alpha", "--vm-size", "Standard_D"],
    ["Standard_D2s_v5", "Standard_D4s_v5"],
  ],
];
const AFTER_COMMA = ["remove", "alpha", "--vm-size", "Small,Standard_D4"];

const run = (program: string, args: string[]): string =>
  execFileSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: folder, XDG_CACHE_HOME: "" },
  });
const script = (shell: Shell): string => {
  const file = join(folder, `.${shell}-completion`);
  writeFileSync(file, completionScript(shell, spec));
  return file;
};
type Case = [typed: string[], offered: string[]];
/** What a shell prints for each of these, with this sign after each: one shell is asked for all, for it is slow to start. */
function offers(cases: readonly Case[], ask: (lines: readonly string[][], end: string) => string): (typed: string[]) => string[] {
  let all: Map<string, string[]> | undefined;
  return (typed) => {
    if (all === undefined) {
      const texts = ask(
        cases.map(([line]) => line),
        END,
      ).split(`${END}\n`);
      if (texts.length !== cases.length + 1) throw new Error(`of ${cases.length} lines ${texts.length - 1} were answered`);
      all = new Map(cases.map(([line], at) => [line.join("\0"), sorted(texts[at] ?? "")]));
    }
    return all.get(typed.join("\0")) ?? [];
  };
}
const END = "---";
const sorted = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
const word = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

describe.skipIf(!has("bash"))("in bash", () => {
  const WHOLE: Case[] = [...CASES, ...CACHED, [AFTER_COMMA, ["Small,Standard_D4s_v5"]]];
  const CUT: Case[] = [
    [
      ["create", "--platform", "="],
      ["coreos", "flatcar"],
    ],
    [["create", "--platform", "=", "c"], ["coreos"]],
    [["--num-nodes", "=", "3", "st"], ["status"]],
    [["remove", "--vm-size", "=", "Standard_B"], ["Standard_B2ms"]],
    [
      ["remove", "--image", "Debian", ":", "debian-13", ":", "13-gen2", ":"],
      ["1.2.3", "latest"],
    ],
    [
      ["remove", "--image", "Deb"],
      ["Debian:debian-13:13-gen2:1.2.3", "Debian:debian-13:13-gen2:latest"],
    ],
    [["remove", "--image", "a", ":", "b", "al"], ["alpha"]],
  ];
  const asked = offers([...WHOLE, ...CUT], (lines, end) => {
    const ask = (typed: string[]): string =>
      `(COMP_WORDS=(azure-coreos-cluster ${typed.map(word).join(" ")}); COMP_CWORD=${typed.length}; ` +
      `_azure_coreos_cluster 2>/dev/null || true; for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done); echo ${end}`;
    return run("bash", ["--norc", "-euc", [`source ${script("bash")}`, ...lines.map(ask)].join("\n")]);
  });

  it.each(WHOLE)("%j offers %j", (typed, offered) => {
    expect(asked(typed)).toEqual(offered);
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  it.each(CUT)("%j, as bash cuts --flag=value, offers %j", (typed, offered) => {
    expect(asked(typed)).toEqual(offered);
  });

  it("is registered for the program, and says nothing when sourced", () => {
    expect(run("bash", ["--norc", "-c", `source ${script("bash")} && complete -p azure-coreos-cluster`])).toBe(
      "complete -F _azure_coreos_cluster azure-coreos-cluster\n",
    );
  });
});

describe.skipIf(!has("zsh"))("in zsh", () => {
  // The builtins work inside the line editor only: what they are given is printed instead, filtered as zsh would.
  const ALL: Case[] = [
    ...CASES,
    ...CACHED,
    // zsh itself puts what stands there before it
    [AFTER_COMMA, ["Standard_D4s_v5"]],
    [["create", "--platform=f"], ["flatcar"]],
    [["remove", "--image", "Debian:debian-13:13-gen2:1"], ["Debian:debian-13:13-gen2:1.2.3"]],
  ];
  const asked = offers(ALL, (lines, end) => {
    const functions =
      `compdef() { :; }; compset() { cur="\${cur##*[=,]}"; }; at() { [[ $1 == "$cur"* ]] && print -r -- "$1"; };` +
      `_describe() { local item; for item in "\${(@P)@[-1]}"; do at "\${item%%:*}"; done; };` +
      `compadd() { shift; local item; for item; do at "$item"; done; }; _files() { local item; for item in *; do at "$item"; done; };`;
    const ask = (typed: string[]): string =>
      `(words=(azure-coreos-cluster ${typed.map(word).join(" ")}); CURRENT=${typed.length + 1}; _azure_coreos_cluster); print -r -- ${end}`;
    return run("zsh", ["-fc", [functions, `source ${script("zsh")}`, ...lines.map(ask)].join("\n")]);
  });

  it.each(ALL)("%j offers %j", (typed, offered) => {
    expect(asked(typed)).toEqual(offered);
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  it("is one that zsh can parse, with the descriptions as they were", () => {
    run("zsh", ["-fn", script("zsh")]);
    const print = `compdef() { :; }; _describe() { print -rl -- "\${(@P)@[-1]}"; }; source ${script("zsh")}; words=(x create -); CURRENT=3; _azure_coreos_cluster`;
    expect(run("zsh", ["-fc", print]).split("\n")).toEqual(
      expect.arrayContaining([
        String.raw`--num-nodes:how many\: 3 by default`,
        "--platform:Flatcar's or the old one's",
        "--custom-data:a file [yours]",
        String.raw`--pip:a $HOME "public" ${"`IP`"} \\ for every node`,
      ]),
    );
  });
});

describe.skipIf(!has("fish"))("in fish", () => {
  // What comes after "--" is fish's own business, and it offers flags for a "-" even where a value is due, and values alone after a flag that has
  // some; file names are escaped.
  const ALL: Case[] = [
    ...CASES.filter(([typed]) => !typed.includes("--") && typed[1] !== "--num-nodes" && typed.join(" ") !== "--spot st"),
    ...CACHED,
    [AFTER_COMMA, ["Small,Standard_D4s_v5"]],
  ];
  const asked = offers(ALL, (lines, end) => {
    const ask = (typed: string[]): string => `complete -C ${word(["azure-coreos-cluster", ...typed].join(" "))}; echo ${end}`;
    const text = run("fish", ["--no-config", "-c", [`source ${script("fish")}`, ...lines.map(ask)].join("\n")]);
    return text.replaceAll(/\t.*$/gm, "");
  });
  it.each(ALL)("%j offers %j", (typed, offered) => {
    expect(asked(typed).map((line) => line.replaceAll("\\", ""))).toEqual(offered);
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  it("shows the descriptions as they were", () => {
    const text = run("fish", ["--no-config", "-c", `source ${script("fish")}; complete -C 'azure-coreos-cluster create --p'`]);
    expect(text).toContain(`--pip\ta $HOME "public" \`IP\` \\ for every node`);
    expect(text).toContain("--platform\tFlatcar's or the old one's");
  });

  it.each(["create --platform ", "create --platform=", "remove --vm-size S"])(
    "%s does not say the flag's description beside each of its values",
    (typed) => {
      const text = run("fish", ["--no-config", "-c", `source ${script("fish")}; complete -C 'azure-coreos-cluster ${typed}'`]);
      expect(
        text
          .trimEnd()
          .split("\n")
          .filter((line) => line.includes("\t")),
      ).toEqual([]);
      expect(text).not.toBe("");
    },
  );
});

// Neither npm nor Debian has PowerShell: where there is one, it is asked, and no run counts as skipped where there is none.
if (has("pwsh"))
  describe("in PowerShell", () => {
    // its own answer to none before 7.7
    const ASK = `foreach ($line in $lines) {
        try { $found = @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches | ForEach-Object { $_.CompletionText }) }
        catch { if ("$_" -notmatch 'completionText') { throw }; $found = @() }
        ConvertTo-Json -Compress -InputObject @($found)
      }`;
    const ask = (lines: readonly string[], first = ""): string[][] => {
      const file = join(folder, "ask.ps1");
      writeFileSync(join(folder, "lines"), lines.join("\n"));
      writeFileSync(file, `${completionScript("powershell", spec)}\n$lines = @(Get-Content lines)\n${first}\n${ASK}\n`);
      return run("pwsh", ["-NoProfile", "-NonInteractive", "-File", file])
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as string[]).toSorted());
    };
    const lineOf = (typed: readonly string[]): string => `azure-coreos-cluster ${typed.join(" ")}`;

    it("offers what the other shells offer", () => {
      const cases = [...CASES, ...CACHED, [AFTER_COMMA, ["Standard_D4s_v5"]] as Case];
      const plain = (words: string[]): string[] => words.map((one) => one.replace(/^'?(?:\.[/\\])?(.*?)'?$/, "$1")).toSorted();
      expect(ask(cases.map(([typed]) => lineOf(typed))).map(plain)).toEqual(cases.map(([, offered]) => offered.toSorted()));
      expect(existsSync(join(folder, "pwned"))).toBe(false);
    });

    it("keeps quotes, and what stands before them", () => {
      const cases: [string, string[]][] = [
        ["create x --platform=f", ["--platform=flatcar"]],
        [`create x --platform="f`, [`--platform="flatcar"`]],
        ["create x '--platform=c", ["'--platform=coreos'"]],
        [`remove alpha --vm-size="Small,Standard_D4`, [`--vm-size="Small,Standard_D4s_v5"`]],
        ["create x --custom-data=us", ["--custom-data='./user data.yaml'"]],
        [`create x --custom-data="us`, [`--custom-data="./user data.yaml"`]],
        ["create x --custom-data=cost", ["--custom-data='./cost $(touch pwned)'"]],
        [`create x --custom-data="cost`, ['--custom-data="./cost `$(touch pwned)"']],
        ["create x --custom-data=it", ["--custom-data='./it\u2019\u2019s; touch pwned'"]],
        [`create x --custom-data="it`, [`--custom-data="./it\u2019s; touch pwned"`]],
        ["STATUS al", []],
        ["create x --PLATFORM f", []],
      ];
      writeFileSync(join(folder, "cost $(touch pwned)"), "");
      writeFileSync(join(folder, "it\u2019s; touch pwned"), "");
      expect(ask(cases.map(([line]) => `azure-coreos-cluster ${line}`))).toEqual(cases.map(([, offered]) => offered));
    });

    it("where one stands in no folder, too", () => {
      const line = "azure-coreos-cluster remove --dir mine he";
      expect(ask([line])).toEqual([["here"]]);
      expect(ask([line], "Set-Location Env:")).toEqual([["here"]]);
    });
  });

describe("for PowerShell", () => {
  it("no table has a key twice, in whatever case, and no tool tip is empty: either would end the completion", async () => {
    const { stdout } = await ownAzure().run("completion powershell");
    const tables = [...stdout.matchAll(/^ +'[a-z-]+' = @\{ About = '.+'; More = .*\n +Flags = \[ordered\]@\{ (.*) \} \}$/gm)];
    // and "help"
    expect(tables.length).toBe(COMMAND_TABLE.length + 1);
    for (const [, table = ""] of tables) {
      const flags = [...table.matchAll(/'(-[^']*)' = @\('[^']*', '((?:[^']|'')*)', '[^']*'\)/g)];
      expect(flags.length).toBe(table.split(" = @(").length - 1);
      expect(new Set(flags.map(([, name = ""]) => name.toLowerCase())).size).toBe(flags.length);
      expect(flags.filter(([, , about]) => about === "")).toEqual([]);
    }
  });
});

describe("what a shell would read as its own", () => {
  it.each(["$(id)", "a b", "a;b", "`id`", "a'b", ""])("is refused as a value: %s", (value) => {
    const flags = [{ name: "x", description: "", values: [value] }];
    expect(() => completionScript("bash", { commands: [{ name: "create", description: "", flags }] })).toThrow(
      /cannot be written/,
    );
  });
});
