/** Completion for fish: a line for each flag, shown by the command that stands before the cursor. */
import { CACHE, CLUSTER_FILE, WORD } from "../word-cache.ts";
import { type CompletedValue, type Writer, dashed, byKey, due, unbroken, valued } from "./spec.ts";

export const fish: Writer = (program, name, commands) => [
  `# fish completion for ${program}. In ~/.config/fish/completions/${program}.fish: ${program} completion fish | source`,
  // The command, how many words it has, and the first of them. What follows "--" belongs to another program.
  `function _${name}_state`,
  `    set -l skip ""`,
  `    set -l command ""`,
  `    set -l rest`,
  `    for word in (commandline -opc)[2..-1]`,
  `        set -l taken $skip`,
  `        set skip ""`,
  `        switch "$taken"`,
  `            case ""`,
  `            case 1`,
  `                continue`,
  `            case "^"`,
  `                string match -q -- '-*' $word; or continue`,
  `            case '*'`,
  `                contains -- $word (string split " " -- $taken); and continue`,
  `        end`,
  `        switch $word`,
  ...valued(commands).flatMap(([taken, names]) => [`            case ${names.join(" ")}`, `                set skip "${taken}"`]),
  `            case '-*'`,
  `            case ${commands.map((command) => command.name).join(" ")}`,
  `                if test -z "$command"; set command $word; else; set -a rest $word; end`,
  `            case '*'`,
  `                test -n "$command"; or set command create`,
  `                set -a rest $word`,
  `        end`,
  `    end`,
  `    printf '%s\\n' "$command" (count $rest) $rest[1]`,
  `end`,
  `function _${name}_in`,
  `    set -l state (_${name}_state)`,
  `    test -n "$state[1]"; or set state[1] create`,
  `    contains -- $state[1] $argv`,
  `end`,
  `function _${name}_none`,
  `    set -l state (_${name}_state)`,
  `    test -z "$state[1]"`,
  `end`,
  // A command that is written or understood, and at which of its words the cursor is: N, or N or later with "N+".
  `function _${name}_at`,
  `    set -l state (_${name}_state)`,
  `    contains -- $state[1] $argv[2..-1]; or return 1`,
  `    switch $argv[1]`,
  `        case '*+'`,
  `            test $state[2] -ge (string trim -c + -- $argv[1])`,
  `        case '*'`,
  `            test $state[2] -eq $argv[1]`,
  `    end`,
  `end`,
  // Words of the last answers, with what stands before a comma. What is printed here fish takes as it is.
  `function _${name}_cached`,
  `    set -l cache $XDG_CACHE_HOME`,
  `    test -n "$cache"; or set cache $HOME/.cache`,
  `    set -l files $cache/${CACHE}/$argv[1]/*`,
  `    if test $argv[1] = nodes`,
  `        set files $cache/${CACHE}/nodes/(string match -r '^[A-Za-z0-9-]+$' -- (_${name}_state)[3])`,
  `    end`,
  `    set -l head (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '^.*,')`,
  `    for file in $files`,
  `        test -f $file; or continue`,
  `        string match -r -- '${WORD}' < $file | string replace -r '^' -- "$head"`,
  `    end`,
  `    test $argv[1] = clusters; or return 0`,
  `    set -l dir .`,
  `    set -l before ""`,
  `    for word in (commandline -opc)`,
  `        test "x$before" = x--dir; and set dir (string replace -r -- '^~/' "$HOME/" $word)`,
  `        set before $word`,
  `    end`,
  `    for file in $dir/*/${CLUSTER_FILE}`,
  `        string replace -r -- '.*/([^/]+)/[^/]+$' '$1' $file | string match -r -- '${WORD}'`,
  `    end`,
  `end`,
  `complete -c ${program} -f`,
  ...commands.map((command) => `complete -c ${program} -n _${name}_none -a ${command.name} -d ${quoted(command.description)}`),
  `complete -c ${program} -n _${name}_none -a '(_${name}_cached clusters)' -d cluster`,
  ...byKey(
    commands.flatMap(({ name: command, words = [], more }) =>
      words.map(
        (word, at) =>
          [
            `-n '_${name}_at ${at}${more === true && at === words.length - 1 ? "+" : ""} COMMANDS' ${offer(name, word)}`,
            command,
          ] as const,
      ),
    ),
  ).map(([what, names]) => `complete -c ${program} ${what.replace("COMMANDS", names.join(" "))}`),
  ...byKey(
    commands.flatMap((command) =>
      command.flags.map((flag) => {
        const bare = dashed(flag).replace(/^-+/, "");
        const value =
          due(flag) === ""
            ? ""
            : due(flag) === "?value"
              ? " -x"
              : ` ${flag.file === true ? "-r" : "-x"} ${offer(name, flag, "\\t")}`;
        return [`${bare.length === 1 ? "-s" : "-l"} ${bare}${value} -d ${quoted(flag.description)}`, command.name] as const;
      }),
    ),
  ).map(([what, names]) => `complete -c ${program} -n '_${name}_in ${names.join(" ")}' ${what}`),
];

/** With a tab behind it a word says what it is by itself: else fish says a flag's own text beside each, and shortens the words for it. */
function offer(name: string, { values = [], cached, file }: CompletedValue, tab = ""): string {
  const ended = tab === "" ? "" : ` | string replace -r \\$ ${tab}`;
  const words = [...(cached === undefined ? [] : [`(_${name}_cached ${cached}${ended})`]), ...values.map((word) => word + tab)];
  return [...(file === true ? ["-F"] : []), ...(words.length === 0 ? [] : [`-a '${words.join(" ")}'`])].join(" ");
}

/** In fish's single quotes, backslash and quote are escaped. */
const quoted = (text: string): string => `'${unbroken(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
