/** Completion for zsh, with descriptions. */
import { CACHE, CLUSTER_FILE, WORD_CHARACTERS } from "../word-cache.ts";
import { type Writer, dashed, unbroken } from "./spec.ts";
import { first, branches, kinds, passValue, perhapsNoValue, wordLoop } from "./walk.ts";

export const zsh: Writer = (program, name, commands) => [
  `#compdef ${program}`,
  `# zsh completion for ${program}. In ~/.zshrc, after compinit: eval "$(${program} completion zsh)"`,
  // Adds to `offered`. A file with anything but plain words is none.
  `${name}_cached() {`,
  `  local file text folder="\${XDG_CACHE_HOME:-$HOME/.cache}/${CACHE}/$1"`,
  `  for file in "$folder"/*(N.); do`,
  `    [[ -z \${2:-} || $file == "$folder/$2" ]] || continue`,
  `    text=$(<$file)`,
  `    if [[ $text != *[^$'\\n'${WORD_CHARACTERS}]* && $'\\n'$text != *$'\\n'-* ]]; then offered+=(\${(f)text}); fi`,
  `  done`,
  `  [[ $1 == clusters ]] || return 0`,
  `  [[ $dir != "~/"* ]] || dir="$HOME/\${dir:2}"`,
  `  for file in "$dir"/*/${CLUSTER_FILE}(N.); do`,
  `    text="\${file:h:t}"`,
  `    if [[ $text != *[^${WORD_CHARACTERS}]* && $text != -* ]]; then offered+=("$text"); fi`,
  `  done`,
  `}`,
  `${name}() {`,
  `  local cur="\${words[CURRENT]}" before="" flag="" command="" cluster="" dir="." at=0 kind="" skip="" word`,
  `  local -a flags commands offered`,
  `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
  `    before="$word"`,
  ...passValue(),
  ...wordLoop(commands),
  `  done`,
  ...perhapsNoValue(),
  `  if [[ $cur == --*=* ]]; then before="\${cur%%=*}"; compset -P '*='; fi`,
  `  case "\${command:-create} \${before:-@$at}" in`,
  ...kinds(commands),
  `  esac`,
  `  if [[ -z $before && $cur == -* ]]; then`,
  `    case "\${command:-create}" in`,
  ...branches(
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
  `    kind='${first([])}'`,
  `  fi`,
  // Several in order of wish: the last is completed.
  `  compset -P '*,'`,
  `  for word in \${=kind}; do`,
  `    case "$word" in`,
  `      "?value") ;;`,
  `      "?file") _files ;;`,
  `      "?nodes") ${name}_cached nodes "\${cluster:--}" ;;`,
  `      "?"*) ${name}_cached "\${word#?}" ;;`,
  `      *) offered+=("$word") ;;`,
  `    esac`,
  `  done`,
  `  if (( \${#offered} )); then compadd -- "\${offered[@]}"; fi`,
  `}`,
  // Both ways of installing: as a file _NAME in $fpath, which is run when first needed, or by eval.
  `if [[ $zsh_eval_context[-1] == loadautofunc ]]; then ${name} "$@"; else compdef ${name} ${program}; fi`,
];

/** `'name:description'` for zsh's _describe, where a colon in either would end the name. */
const described = (name: string, description: string): string =>
  `'${name.replaceAll(":", "\\:")}:${unbroken(description)
    .replaceAll("\\", "\\\\")
    .replaceAll(":", "\\:")
    .replaceAll("'", String.raw`'\''`)}'`;
