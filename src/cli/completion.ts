/**
 * Completion scripts for bash, zsh and fish, written from the table of commands and flags. All three decide alike: the first word that is
 * neither a flag nor a flag's value is the command, and where it is none, it is a cluster's name and the flags are those of
 * `create`. A pure function; the scripts start no program, so that a key press costs no start of Node and asks nothing of Azure.
 * Longer than most files, so that the three shells, which must answer alike, are read side by side.
 */
import { ClusterError } from "../core/errors.ts";

export type Shell = "bash" | "zsh" | "fish";

/** What can be offered as a value: a closed list, a file, or nothing though a value has to follow (`value`). */
export interface CompletedValue {
  values?: readonly string[];
  file?: boolean;
}

export interface CompletedFlag extends CompletedValue {
  /** With or without its dashes: `num-nodes` and `--num-nodes` are the same; one letter is a short flag. */
  name: string;
  description: string;
  /** True when it takes a value that nobody can guess, such as a number. `values` and `file` imply it. */
  value?: boolean;
}

/** For a command, `values` and `file` are about its positional words. */
export interface CompletedCommand extends CompletedValue {
  name: string;
  description: string;
  flags: readonly CompletedFlag[];
}

export interface CompletionSpec {
  commands: readonly CompletedCommand[];
  /** `azure-coreos-cluster` by default. */
  program?: string;
}

/**
 * The script that makes `shell` complete the program, to be sourced: `eval "$(azure-coreos-cluster completion bash)"`. Throws a ClusterError
 * (a bug of ours) when a name or value has characters that a shell would read as its own.
 */
export function completionScript(shell: Shell, spec: CompletionSpec): string {
  const program = spec.program ?? "azure-coreos-cluster";
  for (const command of spec.commands)
    for (const word of [
      program,
      command.name,
      ...(command.values ?? []),
      ...command.flags.flatMap((flag) => [flag.name, ...(flag.values ?? [])]),
    ])
      if (!/^[\w.,:@%+/=-]+$/.test(word))
        throw new ClusterError("Completion", `"${word}" cannot be written into a completion script.`, { source: "bug" });
  const name = `_${program.replace(/\W/g, "_")}`;
  const lines = { bash, zsh, fish }[shell](program, name, spec.commands);
  return `${lines.join("\n")}\n`;
}

type Writer = (program: string, name: string, commands: readonly CompletedCommand[]) => string[];

const bash: Writer = (program, name, commands) => [
  `# bash completion for ${program}. In ~/.bashrc: eval "$(${program} completion bash)"`,
  `${name}() {`,
  `  local cur="\${COMP_WORDS[COMP_CWORD]}" before="" command="" kind="" flags="" skip="" word i`,
  `  COMPREPLY=()`,
  `  for ((i = 1; i < COMP_CWORD; i++)); do`,
  `    word="\${COMP_WORDS[i]}"`,
  // bash cuts --flag=value into three words.
  `    if [[ $word == "=" ]]; then skip=1; continue; fi`,
  `    before="$word"`,
  `    if [[ -n $skip ]]; then skip=""; before=""; continue; fi`,
  ...walk(commands),
  `  done`,
  `  if [[ $cur == "=" ]]; then cur=""; fi`,
  `  [[ -n $skip ]] || before=""`,
  `  case "\${command:-create} $before" in`,
  ...kinds(commands),
  `  esac`,
  `  if [[ -z $before && $cur == -* ]]; then`,
  `    case "\${command:-create}" in`,
  ...grouped(commands, (command) => `flags='${command.flags.map(dashed).join(" ")}'`),
  `    esac`,
  `    COMPREPLY=($(compgen -W "$flags" -- "$cur"))`,
  `    return`,
  `  fi`,
  `  if [[ -z $kind && -z $command ]]; then kind='${commands.map((command) => command.name).join(" ")}'; fi`,
  `  case "$kind" in`,
  `    "" | "?value") ;;`,
  `    "?file")`,
  `      compopt -o filenames 2>/dev/null`,
  `      local IFS=$'\\n'`,
  `      COMPREPLY=($(compgen -f -- "$cur")) ;;`,
  `    *) COMPREPLY=($(compgen -W "$kind" -- "$cur")) ;;`,
  `  esac`,
  `}`,
  `complete -F ${name} ${program}`,
];

const zsh: Writer = (program, name, commands) => [
  `#compdef ${program}`,
  `# zsh completion for ${program}. In ~/.zshrc, after compinit: eval "$(${program} completion zsh)"`,
  `${name}() {`,
  `  local cur="\${words[CURRENT]}" before="" command="" kind="" skip="" word`,
  `  local -a flags commands`,
  `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
  `    before="$word"`,
  `    if [[ -n $skip ]]; then skip=""; before=""; continue; fi`,
  ...walk(commands),
  `  done`,
  `  [[ -n $skip ]] || before=""`,
  `  if [[ $cur == --*=* ]]; then before="\${cur%%=*}"; compset -P '*='; fi`,
  `  case "\${command:-create} $before" in`,
  ...kinds(commands),
  `  esac`,
  `  if [[ -z $before && $cur == -* ]]; then`,
  `    case "\${command:-create}" in`,
  ...grouped(
    commands,
    (command) => `flags=(${command.flags.map((flag) => described(dashed(flag), flag.description)).join(" ")})`,
  ),
  `    esac`,
  `    _describe -o option flags`,
  `    return`,
  `  fi`,
  `  if [[ -z $kind && -z $command ]]; then`,
  `    commands=(${commands.map((command) => described(command.name, command.description)).join(" ")})`,
  `    _describe command commands`,
  `    return`,
  `  fi`,
  `  case "$kind" in`,
  `    "" | "?value") ;;`,
  `    "?file") _files ;;`,
  `    *) compadd -- \${=kind} ;;`,
  `  esac`,
  `}`,
  // Both ways of installing: as a file _NAME in $fpath, which is run when first needed, or by eval.
  `if [[ $zsh_eval_context[-1] == loadautofunc ]]; then ${name} "$@"; else compdef ${name} ${program}; fi`,
];

const fish: Writer = (program, name, commands) => [
  `# fish completion for ${program}. In ~/.config/fish/completions/${program}.fish: ${program} completion fish | source`,
  `function _${name}_command`,
  `    set -l skip ""`,
  `    for word in (commandline -opc)[2..-1]`,
  `        if test -n "$skip"; set skip ""; continue; end`,
  `        switch $word`,
  ...(valued(commands).length === 0 ? [] : [`            case ${valued(commands).join(" ")}`, `                set skip 1`]),
  `            case '-*'`,
  `            case ${commands.map((command) => command.name).join(" ")}`,
  `                echo $word; return`,
  `            case '*'`,
  `                echo create; return`,
  `        end`,
  `    end`,
  `end`,
  `function _${name}_in`,
  `    set -l command (_${name}_command)`,
  `    test -n "$command"; or set command create`,
  `    contains -- $command $argv`,
  `end`,
  `function _${name}_none`,
  `    set -l command (_${name}_command)`,
  `    test -z "$command"`,
  `end`,
  `complete -c ${program} -f`,
  ...commands.map((command) => `complete -c ${program} -n _${name}_none -a ${command.name} -d ${quoted(command.description)}`),
  ...commands.flatMap((command) => {
    const offer = command.file === true ? "-F" : command.values === undefined ? "" : `-a '${command.values.join(" ")}'`;
    // Only when the command is written, not when it is understood.
    return offer === "" ? [] : [`complete -c ${program} -n '_${name}_in ${command.name}; and not _${name}_none' ${offer}`];
  }),
  ...gather(
    commands.flatMap((command) =>
      command.flags.map((flag) => {
        const value = { "": "", "?value": " -x", "?file": " -r -F" }[kindOf(flag)] ?? ` -x -a '${kindOf(flag)}'`;
        const bare = dashed(flag).replace(/^-+/, "");
        return [`${bare.length === 1 ? "-s" : "-l"} ${bare}${value} -d ${quoted(flag.description)}`, command.name] as const;
      }),
    ),
  ).map(([what, names]) => `complete -c ${program} -n '_${name}_in ${names.join(" ")}' ${what}`),
];

/** The body of the loop over the words before the cursor, for bash and zsh. What follows `--` belongs to another program. */
function walk(commands: readonly CompletedCommand[]): string[] {
  return [
    `    case "$word" in`,
    `      --) return ;;`,
    ...(valued(commands).length === 0 ? [] : [`      ${valued(commands).join("|")}) skip=1 ;;`]),
    `      -*) ;;`,
    `      ${commands.map((command) => command.name).join("|")}) command="\${command:-$word}" ;;`,
    `      *) command="\${command:-create}" ;;`,
    `    esac`,
  ];
}

/** Branches over "COMMAND FLAG" and "COMMAND " that set `kind`: ?value (nobody knows which), ?file, or the words to choose from. */
function kinds(commands: readonly CompletedCommand[]): string[] {
  const all = commands.flatMap((command) => [
    ...command.flags.map((flag) => [kindOf(flag), `'${command.name} ${dashed(flag)}'`] as const),
    [kindOf(command), `'${command.name} '`] as const,
  ]);
  return gather(all.filter(([kind]) => kind !== "")).map(
    ([kind, patterns]) =>
      // The positional words of a command that is only understood are none: a name or a command is due there.
      `    ${patterns.join("|")}) [[ -z $before && -z $command ]] || kind='${kind}' ;;`,
  );
}

/** Branches over command names, those with the same text in one. */
function grouped(commands: readonly CompletedCommand[], write: (command: CompletedCommand) => string): string[] {
  return gather(commands.map((command) => [write(command), command.name] as const)).map(
    ([text, names]) => `      ${names.join("|")}) ${text} ;;`,
  );
}

function gather(pairs: readonly (readonly [string, string])[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const [key, item] of pairs) groups.set(key, [...(groups.get(key) ?? []), item]);
  return [...groups];
}

function kindOf(it: CompletedValue & { value?: boolean }): string {
  if (it.values !== undefined && it.values.length > 0) return it.values.join(" ");
  return it.file === true ? "?file" : it.value === true ? "?value" : "";
}

/** Flags after which a value comes, of all commands together. */
const valued = (commands: readonly CompletedCommand[]): string[] => [
  ...new Set(commands.flatMap((command) => command.flags.filter((flag) => kindOf(flag) !== "").map(dashed))),
];

function dashed({ name }: { name: string }): string {
  const bare = name.replace(/^-+/, "");
  return bare.length === 1 ? `-${bare}` : `--${bare}`;
}

/** `'name:description'` for zsh's _describe, where a colon in either would end the name. */
const described = (name: string, description: string): string =>
  `'${name.replaceAll(":", "\\:")}:${oneLine(description)
    .replaceAll("\\", "\\\\")
    .replaceAll(":", "\\:")
    .replaceAll("'", String.raw`'\''`)}'`;

/** In fish's single quotes, backslash and quote are escaped. */
const quoted = (text: string): string => `'${oneLine(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
