/** What bash and zsh have in common: the loop over the words before the cursor, and what is due at it. */
import { type CompletedCommand, dueAt, byKey, valued } from "./spec.ts";

/** A flag's value is passed over; `skip` says what is taken for one. */
export const passValue = (): string[] => [
  `    case "$skip" in`,
  `      "") ;;`,
  `      1) ;;`,
  `      "^") [[ $word != -* ]] || skip="" ;;`,
  `      *) [[ " $skip " == *" $word "* ]] || skip="" ;;`,
  `    esac`,
  `    if [[ -n $skip ]]; then [[ $flag != --dir ]] || dir="$word"; skip=""; before=""; continue; fi`,
];

/** After a flag whose value may be left out, something else may be meant. */
export const perhapsNoValue = (): string[] => [
  `  case "$skip" in`,
  `    "") before="" ;;`,
  `    1) ;;`,
  `    "^") [[ $cur != -* ]] || before="" ;;`,
  `    *) [[ " $skip" == *" $cur"* ]] || before="" ;;`,
  `  esac`,
];

/**
 * The body of the loop. `at` counts the words of the command, `cluster` is the first of them. What follows `--` belongs to another
 * program.
 */
export function wordLoop(commands: readonly CompletedCommand[]): string[] {
  const flags = valued(commands);
  return [
    `    case "$word" in`,
    `      --) return ;;`,
    ...flags.map(([taken, names]) => `      ${names.join("|")}) skip="${taken}"; flag="$word" ;;`),
    `      -*) ;;`,
    `      ${commands.map((command) => command.name).join("|")})`,
    `        if [[ -z $command ]]; then command="$word"; else at=$((at + 1)); cluster="\${cluster:-$word}"; fi ;;`,
    `      *) command="\${command:-create}"; at=$((at + 1)); cluster="\${cluster:-$word}" ;;`,
    `    esac`,
  ];
}

/** Branches that set `kind`. The words of a command that is only understood are none: a name or a command is due there. */
export const kinds = (commands: readonly CompletedCommand[]): string[] =>
  dueAt(commands).map(([kind, places]) => `    ${places.join("|")}) [[ -z $before && -z $command ]] || kind='${kind}' ;;`);

/** What is due where no command stands yet: one of them, or the name of a cluster. */
export const first = (commands: readonly CompletedCommand[]): string =>
  `?clusters ${commands.map((command) => command.name).join(" ")}`;

/** Branches over command names, those with the same text in one. */
export const branches = (commands: readonly CompletedCommand[], write: (command: CompletedCommand) => string): string[] =>
  byKey(commands.map((command) => [write(command), command.name] as const)).map(
    ([text, names]) => `      ${names.join("|")}) ${text} ;;`,
  );
