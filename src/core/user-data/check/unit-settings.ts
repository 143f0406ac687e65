/**
 * Values of single settings of a unit as systemd reads them: a command that it cannot read keeps the whole unit from being loaded, and a word
 * that it does not know is as if the line were not there. `systemd-analyze verify` is asked for each in the tests.
 */
import type { Platform } from "../../node-config.ts";
import { meantSetting } from "./unit-keys.ts";
import { isCalendar, isTimeSpan } from "./unit-times.ts";
import type { UnitSetting } from "./unit-text.ts";

export interface SettingProblem {
  readonly message: string;
  readonly advice: string;
}

/** What is wrong with one setting, wherever it stands. */
export function settingProblem({ section, key, value }: UnitSetting, platform: Platform): SettingProblem | undefined {
  const meant = meantSetting(section, key);
  if (meant !== undefined) return unknownKey(section, key, meant);
  if (/^Exec[A-Z]/.test(key) && value !== "") return commandProblem(key, value, platform);
  if (key === "Environment" && wordsOf(value) === undefined) return open("Environment", "systemd leaves the line out");
  const time = value === "" || value.includes("%") ? undefined : timeProblem(section, key, value);
  if (time !== undefined) return time;
  const words = section === "Service" ? WORDS[key] : undefined;
  const known = platform === "coreos" ? words?.filter((word) => word !== "notify-reload") : words;
  if (known === undefined || value === "" || known.includes(value)) return undefined;
  return { message: `systemd knows no ${key}=${value}, and leaves the line out`, advice: `Known: ${known.join(", ")}.` };
}

/** How many commands ExecStart= starts, each of which takes the place of what stood there before when it is empty. */
export function commandCount(settings: readonly UnitSetting[], key: string): number {
  const values = settings.filter((setting) => setting.section === "Service" && setting.key === key).map(({ value }) => value);
  return values.slice(values.lastIndexOf("") + 1).reduce((count, value) => count + commandsIn(value), 0);
}

// --- internal ---

const WORDS: Readonly<Record<string, readonly string[]>> = {
  Type: ["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"],
  Restart: ["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"],
};

const unknownKey = (section: string, key: string, meant: { readonly section: string; readonly key: string }): SettingProblem => ({
  message: `systemd knows no ${key}= in [${section}], and leaves the line out`,
  advice: meant.section === section ? `Perhaps ${meant.key}= is meant.` : `It belongs into [${meant.section}].`,
});

const SPANS: Readonly<Record<string, RegExp>> = {
  Timer: /^(On(Active|Boot|Startup|UnitActive|UnitInactive)|RandomizedDelay|Accuracy)Sec$/,
  Service: /^(Restart|Timeout(Start|Stop|)|RuntimeMax|Watchdog)Sec$/,
};

function timeProblem(section: string, key: string, value: string): SettingProblem | undefined {
  const isWhen = section === "Timer" && key === "OnCalendar";
  if (isWhen ? isCalendar(value) : SPANS[section]?.test(key) !== true || isTimeSpan(value)) return undefined;
  return {
    message: `${key}=${value} is no ${isWhen ? "time" : "span of time"} that systemd reads: it leaves the line out`,
    advice: isWhen
      ? "Such as daily, Mon..Fri 03:00 or *:0/15 (systemd.time(7)); no cron line, and no comment behind it."
      : "Such as 90, 5min or 1h 30min (systemd.time(7)); no comment behind it.",
  };
}

const open = (key: string, then: string): SettingProblem => ({
  message: `a quotation mark in ${key}= is not closed: ${then}`,
  advice: "Close it; an apostrophe that is none is written \\'.",
});

const REFUSED = "systemd does not load the unit";

/** config_parse_exec() in systemd's load-fragment.c */
function commandProblem(key: string, value: string, platform: Platform): SettingProblem | undefined {
  const words = wordsOf(value);
  const first = unquoted(words?.[0] ?? value);
  const then = /^[@:+!|]*-/.test(first) ? "systemd leaves the line out" : REFUSED;
  if (words === undefined) return open(key, then);
  const program = first.replace(/^[-@:+!|]+/, "");
  const bare = !/^[/%\\]/.test(program);
  if (bare && (platform === "coreos" || program.includes("/") || /^\.{0,2}$/.test(program)))
    return {
      message: `${key}= begins with "${program}", which is no absolute path: ${then}`,
      advice: "Write the whole path of the program, or have a shell find it: /bin/sh -c '...'.",
    };
  const specifier = platform === "coreos" ? undefined : UNKNOWN_SPECIFIER.exec(value.replaceAll("%%", ""))?.[0];
  return specifier === undefined
    ? undefined
    : {
        message: `systemd knows no ${specifier} in ${key}=: ${then}`,
        advice: `Write %${specifier} for what the program is to see.`,
      };
}

/** Signs before a program may stand before its quotation marks or within them. */
const unquoted = (word: string): string =>
  word.replaceAll(
    /\\.|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g,
    (all, double?: string, single?: string) => double ?? single ?? all,
  );

/** What is a letter or a digit after %, and in no systemd a specifier (systemd.unit(5)); before 2019 they stood for themselves. */
const UNKNOWN_SPECIFIER = /%[ekxzFKOQXZ\d]/;

/** A ; that stands alone ends a command. */
const commandsIn = (value: string): number =>
  (wordsOf(value) ?? [value]).filter((word, index, words) => word !== ";" && (index === 0 || words[index - 1] === ";")).length;

/** As they are written (extract_first_word): quotation marks may stand within a word. Undefined where one is not closed. */
function wordsOf(value: string): readonly string[] | undefined {
  const word = /(?:[^\s"'\\]|\\(?:.|$)|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+/sy;
  const words: string[] = [];
  for (let at = 0; at < value.length; at = word.lastIndex) {
    word.lastIndex = at + (/^\s*/.exec(value.slice(at))?.[0].length ?? 0);
    if (word.lastIndex === value.length) break;
    const found = word.exec(value)?.[0];
    if (found === undefined) return undefined;
    words.push(found);
  }
  return words;
}
