/** Completion for PowerShell 5.1 and newer, with descriptions as tool tips. Nothing of a file is ever evaluated. */
import { CACHE, WORD } from "../word-cache.ts";
import { type Writer, dashed, kindOf, oneLine } from "./spec.ts";

export const powershell: Writer = (program, name, commands) => [
  `# PowerShell completion for ${program}. In $PROFILE: ${program} completion powershell | Out-String | Invoke-Expression`,
  `Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {`,
  `  param($wordToComplete, $commandAst, $cursorPosition)`,
  `  $commands = [ordered]@{`,
  ...commands.map(({ name: command, description, flags, words = [], more }) =>
    [
      `    ${quoted(command)} = @{ About = ${quoted(description)}; More = $${more === true}; Words = @(${words.map((word) => quoted(kindOf(word))).join(", ")})`,
      `      Flags = [ordered]@{ ${flags.map((flag) => `${quoted(dashed(flag))} = @(${quoted(kindOf(flag))}, ${quoted(flag.description)})`).join("; ")} } }`,
    ].join("\n"),
  ),
  `  }`,
  `  $cache = if ($env:XDG_CACHE_HOME) { $env:XDG_CACHE_HOME } else { Join-Path $HOME '.cache' }`,
  `  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })`,
  `  $command = ''; $rest = @(); $before = ''`,
  `  foreach ($word in $typed) {`,
  `    if ($before) { $before = ''; continue }`,
  `    if ($word -eq '--') { return }`,
  `    $taking = @($commands.Values | ForEach-Object { $_.Flags[$word] } | Where-Object { $_ -and $_[0] })`,
  `    if ($taking.Count) { $before = $word }`,
  `    elseif ($word.StartsWith('-')) { }`,
  `    elseif (-not $command -and $commands.Contains($word)) { $command = $word }`,
  `    else { if (-not $command) { $command = 'create' }; $rest += $word }`,
  `  }`,
  `  $meant = if ($command) { $commands[$command] } else { $commands['create'] }`,
  `  $kind = if ($before) { if ($meant.Flags[$before]) { $meant.Flags[$before][0] } else { '?value' } }`,
  `    elseif (-not $command) { '' }`,
  `    elseif ($rest.Count -lt $meant.Words.Count) { $meant.Words[$rest.Count] }`,
  `    elseif ($meant.More) { $meant.Words[-1] } else { '' }`,
  `  $offered = @()`,
  `  if (-not $before -and $wordToComplete.StartsWith('-')) {`,
  `    $offered = @($meant.Flags.GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value[1]) })`,
  `  } else {`,
  `    if (-not $before -and -not $command) {`,
  `      $offered = @($commands.GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value.About) })`,
  `      $kind = '?clusters'`,
  `    }`,
  `    foreach ($one in ($kind -split ' ')) {`,
  // an answer of none leaves file names to PowerShell
  `      if (-not $one -or $one -eq '?value' -or $one -eq '?file') { continue }`,
  `      if (-not $one.StartsWith('?')) { $offered += , @($one, $one); continue }`,
  `      $files = @(Get-ChildItem -File -ErrorAction SilentlyContinue -LiteralPath (Join-Path $cache "${CACHE}/$($one.Substring(1))"))`,
  `      foreach ($file in $files) {`,
  `        if ($one -eq '?nodes' -and $file.Name -cne $rest[0]) { continue }`,
  `        foreach ($line in @(Get-Content -LiteralPath $file.FullName)) { if ($line -cmatch '${WORD}') { $offered += , @($line, $line) } }`,
  `      }`,
  `    }`,
  `  }`,
  `  $head = $wordToComplete.Substring(0, $wordToComplete.LastIndexOf(',') + 1)`,
  `  foreach ($pair in $offered) {`,
  `    $text = $head + $pair[0]`,
  `    if ($text.StartsWith($wordToComplete)) {`,
  `      [System.Management.Automation.CompletionResult]::new($text, $pair[0], 'ParameterValue', $pair[1])`,
  `    }`,
  `  }`,
  `}`,
];

/** In PowerShell's single quotes nothing counts but the quote itself, which is doubled. It takes typographic ones for quotes, too. */
const quoted = (text: string): string => `'${oneLine(text).replace(/['\u2018\u2019\u201A\u201B]/g, "$&$&")}'`;
