/** Completion for PowerShell 5.1 and newer, with descriptions as tool tips. Nothing of a file is ever evaluated. */
import { CACHE, CLUSTER_FILE, WORD } from "../word-cache.ts";
import { type Writer, dashed, due, takenBy, unbroken } from "./spec.ts";

export const powershell: Writer = (program, name, commands) => [
  `# PowerShell completion for ${program}. In $PROFILE: ${program} completion powershell | Out-String | Invoke-Expression`,
  `Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {`,
  `  param($wordToComplete, $commandAst, $cursorPosition)`,
  `  $commands = [ordered]@{`,
  ...commands.map(({ name: command, description, flags, words = [], more }) =>
    [
      `    ${quoted(command)} = @{ About = ${quoted(description)}; More = $${more === true}; Words = @(${words.map((word) => quoted(due(word))).join(", ")})`,
      `      Flags = [ordered]@{ ${flags.map((flag) => `${quoted(dashed(flag))} = @(${quoted(due(flag))}, ${quoted(flag.description)}, ${quoted(takenBy(flag))})`).join("; ")} } }`,
    ].join("\n"),
  ),
  `  }`,
  `  $cache = if ($env:XDG_CACHE_HOME) { $env:XDG_CACHE_HOME } else { Join-Path $HOME '.cache' }`,
  // what PowerShell gives as the word is the whole word, with both quotes, also when the cursor is in it; nothing after a comma
  `  $typed = @(); $part = ''`,
  `  foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {`,
  `    $extent = $element.Extent`,
  `    if ($extent.StartOffset -ge $cursorPosition) { break }`,
  `    if ($extent.EndOffset -ge $cursorPosition) { $part = $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset); break }`,
  `    $typed += if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value } else { $extent.Text }`,
  `  }`,
  `  $command = ''; $rest = @(); $before = ''; $taken = ''; $dir = '.'`,
  `  foreach ($word in $typed) {`,
  `    $flag = $before; $before = ''`,
  // its keys are found in whatever case, which the program does not
  `    if ($flag -and ($taken -eq '1' -or ($taken -eq '^' -and -not $word.StartsWith('-')) -or ($taken -split ' ') -contains $word)) {`,
  `      if ($flag -ceq '--dir') { $dir = $word }`,
  `      continue`,
  `    }`,
  `    if ($word -eq '--') { return }`,
  `    if ($word -cmatch '^--dir=(.+)') { $dir = $Matches[1] }`,
  `    foreach ($one in $commands.Values) { if ($one.Flags.Keys -ccontains $word -and $one.Flags[$word][0]) { $before = $word; $taken = $one.Flags[$word][2] } }`,
  `    if ($before -or $word.StartsWith('-')) { continue }`,
  `    if (-not $command -and $commands.Keys -ccontains $word) { $command = $word; continue }`,
  `    if (-not $command) { $command = 'create' }`,
  `    $rest += $word`,
  `  }`,
  `  $quote = if ($part -match '^["'']') { $part.Substring(0, 1) } else { '' }`,
  `  $part = $part.Substring($quote.Length); $lead = ''`,
  // after a flag whose value may be left out, something else may be meant
  `  if ($before -and (($taken -eq '^' -and $part.StartsWith('-')) -or ($taken.Length -gt 1 -and -not (" $taken".Contains(" $part"))))) { $before = '' }`,
  `  if (-not $before -and $part -cmatch '^(--[a-z0-9-]+)=') { $before = $Matches[1]; $lead = $Matches[0]; $part = $part.Substring($lead.Length) }`,
  `  $open = if ($lead -and -not $quote -and $part -match '^["'']') { $part.Substring(0, 1) } else { '' }`,
  `  $part = $part.Substring($open.Length)`,
  // outside quotes what is between two commas is a word to PowerShell, and alone is replaced
  `  $last = $part.LastIndexOf(',') + 1`,
  `  if ($last) { $lead = if ($quote -or $open) { $lead + $open + $part.Substring(0, $last) } else { '' }; $part = $part.Substring($last) } else { $lead += $open }`,
  `  $meant = if ($command) { $commands[$command] } else { $commands['create'] }`,
  `  $kind = ''`,
  `  if ($before) {`,
  `    $kind = if ($meant.Flags.Keys -ccontains $before) { $meant.Flags[$before][0] } else { '?value' }`,
  `  } elseif ($command) {`,
  `    if ($rest.Count -lt $meant.Words.Count) { $kind = $meant.Words[$rest.Count] } elseif ($meant.More) { $kind = $meant.Words[-1] }`,
  `  }`,
  // what there may be two thousand of is taken as a whole: a word by itself costs PowerShell a tenth of a millisecond
  `  $starts = '^' + [regex]::Escape($part)`,
  `  $offered = @(if (-not $before -and $part.StartsWith('-')) {`,
  `    $meant.Flags.GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value[1]) }`,
  `  } elseif (-not $before -and -not $command) {`,
  `    $commands.GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value.About) }`,
  `    $kind = '?clusters'`,
  `  })`,
  // wherever one stands, in a registry or a drive of variables, the program is started in a folder of files
  `  Push-Location -StackName ${name} -LiteralPath (Get-Location -PSProvider FileSystem).ProviderPath`,
  `  $words = @(foreach ($one in ($kind -split ' ')) {`,
  `    if (-not $one -or $one -eq '?value' -or $one -eq '?file') { continue }`,
  `    if (-not $one.StartsWith('?')) { $one; continue }`,
  `    foreach ($file in @(Get-ChildItem -File -ErrorAction Ignore -LiteralPath (Join-Path $cache "${CACHE}/$($one.Substring(1))"))) {`,
  `      if ($one -eq '?nodes' -and ($rest.Count -eq 0 -or $file.Name -cne $rest[0])) { continue }`,
  `      ("$(Get-Content -Raw -ErrorAction Ignore -LiteralPath $file.FullName)" -split '\\r?\\n') -cmatch '${WORD}'`,
  `    }`,
  `    if ($one -ne '?clusters') { continue }`,
  `    foreach ($folder in @(Get-ChildItem -Directory -ErrorAction Ignore -LiteralPath $dir)) {`,
  `      if ($folder.Name -cmatch '${WORD}' -and (Test-Path -LiteralPath (Join-Path $folder.FullName '${CLUSTER_FILE}'))) { $folder.Name }`,
  `    }`,
  `  })`,
  `  Pop-Location -StackName ${name} -ErrorAction Ignore`,
  `  $seen = @{}`,
  `  foreach ($pair in $offered) { if ($pair[0] -match $starts) { $seen[$pair[0]] = $true; ${result("$pair[0]", "$pair[1]")} } }`,
  `  foreach ($word in @($words -match $starts)) { if (-not $seen[$word]) { $seen[$word] = $true; ${result("$word", "$word")} } }`,
  // an answer of none makes PowerShell offer files, but never after "=": those are asked for here. An empty answer offers nothing (before 7.7
  // PowerShell takes it for an error, which it keeps to itself)
  `  if ($seen.Count -eq 0 -and $lead -and ($kind -split ' ') -contains '?file') {`,
  `    foreach ($file in [System.Management.Automation.CompletionCompleters]::CompleteFilename($part)) {`,
  `      $text = $file.CompletionText`,
  `      if ($text -match "^'(.*)'$") { $text = $Matches[1].Replace("''", "'") }`,
  // a file's name is only a name, whatever is in it; typographic quotes are quotes to PowerShell
  `      $by = if ($quote) { $quote } elseif ($open) { $open } elseif ($text -match '[^\\w./\\\\:~-]') { "'" } else { '' }`,
  `      $text = if ($by -eq "'") { $text -replace '([''\\u2018-\\u201B])', '$1$1' } elseif ($by) { $text -replace '([\`$"\\u201C-\\u201E])', '\`$1' } else { $text }`,
  `      $own = if ($quote -or $open) { '' } else { $by }`,
  `      [System.Management.Automation.CompletionResult]::new($quote + $lead + $own + $text + $own + $open + $quote, $file.ListItemText, $file.ResultType, $file.ToolTip)`,
  `    }`,
  `    return`,
  `  }`,
  `  if ($seen.Count -eq 0 -and ($part.StartsWith('-') -or ($kind -split ' ') -notcontains '?file')) { '' }`,
  `}`,
];

const result = (word: string, about: string): string =>
  `[System.Management.Automation.CompletionResult]::new($quote + $lead + ${word} + $open + $quote, ${word}, 'ParameterValue', ${about})`;

/** In PowerShell's single quotes nothing counts but the quote itself, which is doubled. It takes typographic ones for quotes, too. */
const quoted = (text: string): string => `'${unbroken(text).replace(/['\u2018\u2019\u201A\u201B]/g, "$&$&")}'`;
