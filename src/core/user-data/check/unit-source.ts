/**
 * Texts of units and drop-ins, wherever in a file they stand (coreos.units, write_files): what systemd says of each by itself, and of a unit
 * together with its drop-ins. Who writes them to the node, and what starts them, is not known here.
 */
import type { Platform } from "../../node-config.ts";
import { error, warning, type Finding } from "./finding.ts";
import { hasOneCommand } from "./shipped.ts";
import { loadProblems } from "./unit-load.ts";
import { commandCount, settingProblem } from "./unit-settings.ts";
import { parseUnit, strangeSections, type UnitSetting } from "./unit-text.ts";

export interface UnitSource {
  /** a.service; of a drop-in what it changes, which may stand for several: a@.service, a-.service, service. */
  readonly unit: string;
  /** Its file name; absent for a unit itself. */
  readonly dropIn?: string;
  /** Undefined where nobody can look into it. */
  readonly text: string | undefined;
  /** Where in the data it is. */
  readonly path: string;
  readonly line: number;
  /** Its lines are lines of the file, from `line` on. */
  readonly literal: boolean;
  /** The file that it is written to, where that is said. */
  readonly file?: string;
  /** Something else in the user-data may change it before systemd reads it. */
  readonly edited?: boolean;
}

export function checkSources(sources: readonly UnitSource[], platform: Platform): readonly Finding[] {
  const own = new Set(sources.filter(({ dropIn }) => dropIn === undefined).map(({ unit }) => unit));
  const changed = [...new Set(sources.map(({ unit }) => unit))].filter((unit) => !own.has(unit) && !own.has(templateOf(unit)));
  return [
    ...sources.flatMap((source) => {
      const problems = checkText(source, platform);
      return problems.length > 0 || source.dropIn !== undefined ? problems : checkLoad(source, sources, platform);
    }),
    ...changed.flatMap((unit) => checkSecondCommand(unit, sources, platform)),
  ];
}

/** Those that change the unit, in the order in which systemd reads them. */
export const dropInsFor = (unit: string, sources: readonly UnitSource[]): readonly UnitSource[] =>
  sources
    .filter((source) => source.dropIn !== undefined && changes(source.unit, unit))
    .toSorted(({ dropIn: a = "" }, { dropIn: b = "" }) => (a < b ? -1 : Number(a > b)));

export const templateOf = (unit: string): string => unit.replace(/@.+\./, "@.");

export const isNetworkFile = (name: string): boolean => /\.(network|netdev|link)$/.test(name);

// --- internal ---

/** systemd.unit(5): drop-ins for a type, a template, and names that begin alike. */
function changes(folder: string, unit: string): boolean {
  const type = unit.slice(unit.lastIndexOf(".") + 1);
  const prefix = folder.endsWith(`-.${type}`) ? folder.slice(0, -type.length - 1) : undefined;
  return folder === unit || folder === type || folder === templateOf(unit) || (prefix !== undefined && unit.startsWith(prefix));
}

/** @param at line within the text */
function said(source: UnitSource, message: string, advice?: string, at?: number): Finding {
  const { literal, line, path } = source;
  const level = source.edited === true ? warning : error;
  return level(line + (literal ? (at ?? 0) : 0), path, message, advice);
}

/** By its file's path, and by the line in it where that is no line of the user-data. */
function called({ unit, file, literal }: UnitSource, at?: number): string {
  if (file === undefined) return unit;
  return literal || at === undefined ? file : `${file}:${at + 1}`;
}

function checkText(source: UnitSource, platform: Platform): readonly Finding[] {
  if (source.text === undefined) return [];
  const unit = parseUnit(source.text, { includes: platform === "coreos" });
  const at = (line: number, message: string, advice?: string): Finding =>
    said(source, `${called(source, line)}: ${message}`, advice, line);
  return [
    ...unit.problems.map(({ line, message }) => at(line, message)),
    ...unit.settings.flatMap((setting) => {
      const problem = setting.section.startsWith("X-") ? undefined : settingProblem(setting, platform);
      return problem === undefined ? [] : [at(setting.line, problem.message, problem.advice)];
    }),
    ...strangeSections(source.unit, unit).map((section) =>
      said(source, `${called(source)}: systemd skips a section [${section}] there`),
    ),
  ];
}

const settingsOf = ({ text = "" }: UnitSource): readonly UnitSetting[] => parseUnit(text).settings;

function checkLoad(source: UnitSource, sources: readonly UnitSource[], platform: Platform): readonly Finding[] {
  const dropIns = dropInsFor(source.unit, sources);
  // an empty file masks the unit; what another file holds (parseUnit) is not known
  const unseen =
    source.text === "" ||
    [source, ...dropIns].some(({ text }) => text === undefined || (platform === "coreos" && /^\.include /m.test(text)));
  if (unseen || isNetworkFile(source.unit)) return [];
  const settings = [source, ...dropIns].flatMap(settingsOf);
  return loadProblems(source.unit, settings, platform).map((problem) => said(source, `${called(source)}: ${problem}`));
}

/** Of a unit that the image has: it has its ExecStart= already, and one more keeps it from being loaded (coreos/bugs#1124). */
function checkSecondCommand(unit: string, sources: readonly UnitSource[], platform: Platform): readonly Finding[] {
  const dropIns = dropInsFor(unit, sources);
  if (!hasOneCommand(unit, platform) || dropIns.some(({ text }) => text === undefined)) return [];
  const added = dropIns.flatMap(settingsOf);
  const oneshot = added.findLast(({ section, key }) => section === "Service" && key === "Type")?.value === "oneshot";
  if (oneshot || commandCount([OWN, ...added.filter(isStart)], "ExecStart") < 2) return [];
  const [source] = dropIns.filter((dropIn) => settingsOf(dropIn).some((setting) => isStart(setting) && setting.value !== ""));
  if (source === undefined) return [];
  const where = source.file === undefined ? "" : `${called(source)}: `;
  const message = `${where}${unit} has an ExecStart= of its own, and is not loaded with two`;
  return [said(source, message, "Write ExecStart= with nothing after it in the line before.")];
}

const isStart = ({ section, key }: UnitSetting): boolean => section === "Service" && key === "ExecStart";

const OWN: UnitSetting = { section: "Service", key: "ExecStart", value: "/usr/bin/it", line: 0 };
