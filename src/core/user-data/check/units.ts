/**
 * coreos.units: names, contents, drop-ins, and whether what is started or enabled can be there. A unit that cannot be
 * found ends all later commands on the node (exit 1); one that fails does not.
 */
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { whereabouts } from "./shipped.ts";
import { valueAt, type Mapping, type Scalar, type Tree } from "./tree.ts";
import { checkSources, dropInsFor, isNetworkFile, templateOf, type UnitSource } from "./unit-source.ts";
import { canBeEnabled, parseUnit, UNIT_TYPES, wipes } from "./unit-text.ts";
import { checkWrittenNames, isRead, NAMES } from "./written-units.ts";

/** @param files what write_files puts where systemd looks */
export function checkUnits(units: Tree | undefined, files: readonly UnitSource[], options: CheckOptions): readonly Finding[] {
  const maps = units?.kind === "list" ? units.items.map((unit) => (unit.kind === "map" ? unit : undefined)) : [];
  const all = { maps, sources: [...maps.flatMap(sourcesOf), ...files.filter(isRead)] };
  return [
    ...maps.flatMap((unit, index) => (unit === undefined ? [] : checkUnit(unit, index, all, options))),
    ...checkSources(all.sources, options.platform),
    ...checkWrittenNames(files.filter((file) => !isRead(file))),
  ];
}

// --- internal ---

interface All {
  readonly maps: readonly (Mapping | undefined)[];
  readonly sources: readonly UnitSource[];
}

function checkUnit(unit: Mapping, index: number, all: All, options: CheckOptions): readonly Finding[] {
  const path = `coreos.units[${index}]`;
  const earlier = all.maps.slice(0, index).find((other) => other !== undefined && nameOf(other) === nameOf(unit));
  return [
    ...checkName(unit, path),
    ...(earlier === undefined ? [] : [twice(earlier, unit, path)]),
    ...(isTemplate(nameOf(unit)) ? checkTemplate(unit, path, all) : checkPresence(unit, path, all, options)),
    ...checkInstall(unit, path, all),
    ...checkWipes(unit, path),
    ...checkDropIns(unit, path),
  ];
}

/** Its content, and those of its drop-ins. */
function sourcesOf(unit: Mapping | undefined, index: number): readonly UnitSource[] {
  if (unit === undefined) return [];
  const path = `coreos.units[${index}]`;
  const source = (content: Scalar, at: string): UnitSource => ({
    unit: nameOf(unit),
    text: content.text,
    path: `${at}.content`,
    line: content.line,
    literal: content.literal,
  });
  const content = text(unit, "content");
  const dropIns = dropInsOf(unit).flatMap((dropIn, at): readonly UnitSource[] => {
    const added = text(dropIn, "content");
    return added === undefined ? [] : [{ ...source(added, `${path}.drop_ins[${at}]`), dropIn: nameOf(dropIn) }];
  });
  return [...(content === undefined ? [] : [source(content, path)]), ...dropIns];
}

const text = (map: Mapping, key: string): Scalar | undefined => {
  const value = valueAt(map, key);
  return value?.kind === "scalar" && value.text !== "" ? value : undefined;
};

const nameOf = (unit: Mapping): string => text(unit, "name")?.text ?? "";

function checkName(unit: Mapping, path: string): readonly Finding[] {
  const name = text(unit, "name");
  if (name === undefined)
    return [error(unit.line, path, "a unit without a name is skipped", "Give it a name such as example.service.")];
  const type = /^[A-Za-z0-9:_.@\\-]+\.([a-z]+)$/.exec(name.text)?.[1];
  if (type === undefined || !UNIT_TYPES.includes(type)) {
    return [error(name.line, `${path}.name`, `"${name.text}" is no unit name`, NAMES)];
  }
  return [];
}

function twice(first: Mapping, second: Mapping, path: string): Finding {
  const name = nameOf(second);
  const advice = `The first is in line ${first.line}: make one entry of them.`;
  if (text(first, "content") !== undefined && text(second, "content") !== undefined) {
    return error(second.line, path, `${name} has two contents: the second overwrites the first`, advice);
  }
  return warning(second.line, path, `${name} is there twice`, advice);
}

const isTemplate = (name: string): boolean => /@\.[a-z]+$/.test(name);

/** systemd takes a template only with an instance: "Unit name web@.service is missing the instance name". */
function checkTemplate(unit: Mapping, path: string, { sources }: All): readonly Finding[] {
  const command = text(unit, "command");
  const enable = text(unit, "enable");
  const name = nameOf(unit);
  const use = command ?? (enable?.text === "true" ? enable : undefined);
  if (use === undefined) return [];
  const install = textsOf(name, sources).map((one) => (one === undefined ? undefined : parseUnit(one).settings));
  const hasDefault = install.some(
    (settings) => settings?.some(({ section, key }) => section === "Install" && key === "DefaultInstance") !== false,
  );
  if (command === undefined && hasDefault) return [];
  const verb = command === undefined ? "enabled" : `told to ${command.text}`;
  const advice = `Write an entry of its own for an instance, such as ${name.replace("@.", "@1.")}; the template has only its content.`;
  return [
    error(use.line, path, `${name} is a template, and is ${verb} without an instance: all later commands are skipped`, advice),
  ];
}

/** Of the unit and its drop-ins, wherever they stand; undefined for one that nobody can look into. */
const textsOf = (unit: string, sources: readonly UnitSource[]): readonly (string | undefined)[] =>
  [...sources.filter((source) => source.dropIn === undefined && source.unit === unit), ...dropInsFor(unit, sources)].map(
    (source) => source.text,
  );

/** `enable: true` of a unit that says nowhere what wants it. */
function checkInstall(unit: Mapping, path: string, { maps, sources }: All): readonly Finding[] {
  const enable = text(unit, "enable");
  const name = nameOf(unit);
  const own = sources.some((source) => source.dropIn === undefined && source.unit === name);
  if (!own || enable?.text !== "true" || isTemplate(name)) return [];
  if (textsOf(name, sources).some((one) => one === undefined || canBeEnabled(parseUnit(one)))) return [];
  const message = `${name} has enable: true and no [Install]: systemd enables nothing`;
  const advice = "Add [Install] with WantedBy=multi-user.target to the content, or leave enable out.";
  const started =
    text(unit, "command") !== undefined ||
    maps.some((other) => other !== undefined && other !== unit && isTrigger(nameOf(other), name)) ||
    sources.some((source) => source.unit !== name && (isTrigger(source.unit, name) || source.text?.includes(name) === true));
  return [
    started
      ? warning(enable.line, path, message, advice)
      : error(enable.line, path, `${message}, and the unit is never started`, advice),
  ];
}

/** A timer, socket or path of its name starts it, and so may a unit that speaks of it. */
function isTrigger(other: string, name: string): boolean {
  const stem = name.slice(0, name.lastIndexOf("."));
  return [`${stem}.timer`, `${stem}.socket`, `${stem}.path`].includes(other);
}

function dropInsOf(unit: Mapping): readonly Mapping[] {
  const dropIns = valueAt(unit, "drop_ins") ?? valueAt(unit, "drop-ins");
  return dropIns?.kind === "list" ? dropIns.items.filter((item): item is Mapping => item.kind === "map") : [];
}

function checkPresence(unit: Mapping, path: string, { sources }: All, { platform }: CheckOptions): readonly Finding[] {
  const command = text(unit, "command");
  const enable = text(unit, "enable");
  const use = command ?? (enable?.text === "true" ? enable : undefined);
  const name = nameOf(unit);
  const isBrought = ({ dropIn, unit: one }: UnitSource): boolean =>
    dropIn === undefined && (one === name || one === templateOf(name));
  if (use === undefined || name === "" || sources.some(isBrought)) return [];
  const where = whereabouts(name, platform);
  if (where === "shipped") return [];
  const verb = command === undefined ? "enabled" : `told to ${command.text}`;
  if (where === "gone") {
    const advice =
      "Flatcar has etcd-member.service for etcd, and nothing for fleet; for an old CoreOS image say --platform coreos.";
    return [error(use.line, path, `${name} is ${verb}, and Flatcar has no such unit: all later commands are skipped`, advice)];
  }
  const advice = "Give it a content, or make sure that the image has it.";
  return [warning(use.line, path, `${name} is ${verb}, and may not exist: all later commands would then be skipped`, advice)];
}

function checkWipes(unit: Mapping, path: string): readonly Finding[] {
  const content = text(unit, "content");
  const name = nameOf(unit);
  if (content === undefined || text(unit, "command") === undefined || isNetworkFile(name) || !wipes(parseUnit(content.text)))
    return [];
  return [
    warning(
      content.line,
      `${path}.content`,
      `${name} formats a disk, and a node applies the file at every boot`,
      "Ask first what is there: ExecCondition=, ConditionPathExists=, or a script that looks with blkid.",
    ),
  ];
}

function checkDropIns(unit: Mapping, path: string): readonly Finding[] {
  const dropIns = valueAt(unit, "drop_ins") ?? valueAt(unit, "drop-ins");
  if (dropIns?.kind !== "list") return [];
  const names = new Set<string>();
  return dropIns.items.flatMap((item, index): readonly Finding[] => {
    if (item.kind !== "map") return [];
    const at = `${path}.drop_ins[${index}]`;
    const name = text(item, "name");
    const content = text(item, "content");
    const findings: Finding[] = [];
    if (name === undefined || content === undefined)
      findings.push(error(item.line, at, "a drop-in without a name or a content is skipped"));
    else if (!/^[^/]+\.conf$/.test(name.text)) {
      findings.push(error(name.line, `${at}.name`, `systemd ignores the drop-in "${name.text}"`, "Its name must end in .conf."));
    }
    if (name !== undefined && names.has(name.text))
      findings.push(error(name.line, `${at}.name`, `drop-in "${name.text}" is there twice`));
    if (name !== undefined) names.add(name.text);
    return findings;
  });
}
