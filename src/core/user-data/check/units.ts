/**
 * coreos.units: names, contents, drop-ins, and whether what is started or enabled can be there. A unit that cannot be
 * found ends all later commands on the node (exit 1); one that fails does not.
 */
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { hasOneCommand, whereabouts } from "./shipped.ts";
import { valueAt, type Mapping, type Scalar, type Tree } from "./tree.ts";
import { loadProblems } from "./unit-load.ts";
import { commandCount, settingProblem } from "./unit-settings.ts";
import { canBeEnabled, parseUnit, strangeSections, UNIT_TYPES, wipes, type UnitSetting } from "./unit-text.ts";

/** @param files paths that write_files makes: a unit may come from there */
export function checkUnits(units: Tree | undefined, files: readonly string[], options: CheckOptions): readonly Finding[] {
  if (units?.kind !== "list") return [];
  const maps = units.items.map((unit) => (unit.kind === "map" ? unit : undefined));
  const written = new Set(
    maps.flatMap((unit) => (unit !== undefined && text(unit, "content") !== undefined ? [nameOf(unit)] : [])),
  );
  for (const file of files)
    if (/^\/(etc|run)\/systemd\/(system|network)\/[^/]+$/.test(file)) written.add(file.slice(file.lastIndexOf("/") + 1));
  return maps.flatMap((unit, index): readonly Finding[] => {
    if (unit === undefined) return [];
    const path = `coreos.units[${index}]`;
    const earlier = maps.slice(0, index).find((other) => other !== undefined && nameOf(other) === nameOf(unit));
    return [
      ...checkName(unit, path),
      ...(earlier === undefined ? [] : [twice(earlier, unit, path)]),
      ...(isTemplate(nameOf(unit)) ? checkTemplate(unit, path) : checkPresence(unit, path, written, options)),
      ...checkInstall(unit, path, maps),
      ...checkContent(unit, path, maps, options),
      ...checkDropIns(unit, path, options),
      ...checkCommands(unit, path, options),
    ];
  });
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
    return [
      error(name.line, `${path}.name`, `"${name.text}" is no unit name`, `It must end in one of .${UNIT_TYPES.join(" .")}.`),
    ];
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
function checkTemplate(unit: Mapping, path: string): readonly Finding[] {
  const command = text(unit, "command");
  const enable = text(unit, "enable");
  const name = nameOf(unit);
  const use = command ?? (enable?.text === "true" ? enable : undefined);
  const install = parseUnit(text(unit, "content")?.text ?? "").settings;
  if (use === undefined) return [];
  if (command === undefined && install.some(({ section, key }) => section === "Install" && key === "DefaultInstance")) return [];
  const verb = command === undefined ? "enabled" : `told to ${command.text}`;
  const advice = `Write an entry of its own for an instance, such as ${name.replace("@.", "@1.")}; the template has only its content.`;
  return [
    error(use.line, path, `${name} is a template, and is ${verb} without an instance: all later commands are skipped`, advice),
  ];
}

/** `enable: true` of a unit that says nowhere what wants it. */
function checkInstall(unit: Mapping, path: string, all: readonly (Mapping | undefined)[]): readonly Finding[] {
  const content = text(unit, "content");
  const enable = text(unit, "enable");
  const name = nameOf(unit);
  if (content === undefined || enable?.text !== "true" || isTemplate(name)) return [];
  const texts = [content, ...dropInsOf(unit).flatMap((dropIn) => text(dropIn, "content") ?? [])];
  if (texts.some((one) => canBeEnabled(parseUnit(one.text)))) return [];
  const message = `${name} has enable: true and no [Install]: systemd enables nothing`;
  const advice = "Add [Install] with WantedBy=multi-user.target to the content, or leave enable out.";
  const started =
    text(unit, "command") !== undefined || all.some((other) => other !== undefined && other !== unit && speaksOf(other, name));
  return [
    started
      ? warning(enable.line, path, message, advice)
      : error(enable.line, path, `${message}, and the unit is never started`, advice),
  ];
}

/** Another unit may start it: one that names it, or a timer, socket or path of its name. */
function speaksOf(other: Mapping, name: string): boolean {
  const stem = name.slice(0, name.lastIndexOf("."));
  if (new Set([`${stem}.timer`, `${stem}.socket`, `${stem}.path`]).has(nameOf(other))) return true;
  return [other, ...dropInsOf(other)].some((map) => text(map, "content")?.text.includes(name) === true);
}

function dropInsOf(unit: Mapping): readonly Mapping[] {
  const dropIns = valueAt(unit, "drop_ins") ?? valueAt(unit, "drop-ins");
  return dropIns?.kind === "list" ? dropIns.items.filter((item): item is Mapping => item.kind === "map") : [];
}

function checkPresence(
  unit: Mapping,
  path: string,
  written: ReadonlySet<string>,
  { platform }: CheckOptions,
): readonly Finding[] {
  const command = text(unit, "command");
  const enable = text(unit, "enable");
  const use = command ?? (enable?.text === "true" ? enable : undefined);
  const name = nameOf(unit);
  const template = name.replace(/@.+\./, "@.");
  if (use === undefined || name === "" || written.has(name) || written.has(template)) return [];
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

function checkContent(
  unit: Mapping,
  path: string,
  all: readonly (Mapping | undefined)[],
  options: CheckOptions,
): readonly Finding[] {
  const content = text(unit, "content");
  if (content === undefined) return [];
  const parsed = parseUnit(content.text);
  const problems = checkUnitText(content, `${path}.content`, nameOf(unit), options);
  if (problems.length > 0 || /\.(network|netdev|link)$/.test(nameOf(unit))) return problems;
  const again =
    text(unit, "command") !== undefined && wipes(parsed)
      ? [
          warning(
            content.line,
            `${path}.content`,
            `${nameOf(unit)} formats a disk, and a node applies the file at every boot`,
            "Ask first what is there: ExecCondition=, ConditionPathExists=, or a script that looks with blkid.",
          ),
        ]
      : [];
  return [
    ...loadProblems(nameOf(unit), [...parsed.settings, ...addedTo(nameOf(unit), all)]).map((problem) =>
      error(content.line, `${path}.content`, `${nameOf(unit)}: ${problem}`),
    ),
    ...again,
  ];
}

/** Settings of drop-ins, in the order in which systemd reads them. */
const addedTo = (name: string, all: readonly (Mapping | undefined)[]): readonly UnitSetting[] =>
  all
    .flatMap((unit) => (unit !== undefined && nameOf(unit) === name ? dropInsOf(unit) : []))
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .flatMap((dropIn) => parseUnit(text(dropIn, "content")?.text ?? "").settings);

/** Of a unit that the image has: it has its ExecStart= already, and one more keeps it from being loaded (coreos/bugs#1124). */
function checkCommands(unit: Mapping, path: string, { platform }: CheckOptions): readonly Finding[] {
  const name = nameOf(unit);
  const added = addedTo(name, [unit]);
  const isStart = ({ section, key }: UnitSetting): boolean => section === "Service" && key === "ExecStart";
  const oneshot = added.findLast(({ section, key }) => section === "Service" && key === "Type")?.value === "oneshot";
  if (text(unit, "content") !== undefined || oneshot || !hasOneCommand(name, platform)) return [];
  if (commandCount([OWN, ...added.filter(isStart)], "ExecStart") < 2) return [];
  const [content] = dropInsOf(unit)
    .flatMap((dropIn) => text(dropIn, "content") ?? [])
    .filter((one) => parseUnit(one.text).settings.some(isStart));
  const message = `${name} has an ExecStart= of its own, and is not loaded with two`;
  return [
    error(content?.line ?? unit.line, `${path}.drop_ins`, message, "Write ExecStart= with nothing after it in the line before."),
  ];
}

const OWN: UnitSetting = { section: "Service", key: "ExecStart", value: "/usr/bin/it", line: 0 };

function checkUnitText(content: Scalar, path: string, name: string, { platform }: CheckOptions): readonly Finding[] {
  const unit = parseUnit(content.text);
  const at = (line: number): number => content.line + (content.literal ? line : 0);
  const settings = unit.settings.flatMap((setting) => {
    const problem = setting.section.startsWith("X-") ? undefined : settingProblem(setting, platform);
    return problem === undefined ? [] : [error(at(setting.line), path, `${name}: ${problem.message}`, problem.advice)];
  });
  const lines = [...unit.problems.map(({ line, message }) => error(at(line), path, `${name}: ${message}`)), ...settings];
  const sections = strangeSections(name, unit).map((section) =>
    error(content.line, path, `${name}: systemd skips a section [${section}] there`),
  );
  return [...lines, ...sections];
}

function checkDropIns(unit: Mapping, path: string, options: CheckOptions): readonly Finding[] {
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
    return content === undefined ? findings : [...findings, ...checkUnitText(content, `${at}.content`, nameOf(unit), options)];
  });
}
