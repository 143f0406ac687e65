/**
 * Units as files, for cloud-init: it knows no `coreos.units`, which all templates have, so each unit and drop-in becomes one of
 * `write_files`, and what is to be enabled and started is the end of `runcmd`, when packages are there: each by itself, for one that is missing takes no other along. Nothing is known here of a
 * platform or of what the units do.
 */
import { isMap, isYamlList, type Config, type Value } from "./cloud-config.ts";

/** The same config without `coreos`. */
export function unitsAsFiles(config: Config): Config {
  const { coreos, ...rest } = config;
  const units = isMap(coreos) && isYamlList(coreos["units"]) ? coreos["units"].filter(isMap) : [];
  if (units.length === 0) return rest;
  const files = units.flatMap((unit) => filesOf(unit));
  const enabled = units.filter((unit) => unit["enable"] === true).map((unit) => ["systemctl", "enable", nameOf(unit)]);
  const commands = [...enabled, ...units.flatMap((unit) => commandOf(unit))];
  return {
    ...rest,
    write_files: [...listOf(rest["write_files"]), ...files],
    runcmd: [...listOf(rest["runcmd"]), ["systemctl", "daemon-reload"], ...commands],
  };
}

// --- internal ---

const FOLDER = "/etc/systemd/system";

const listOf = (value: Value | undefined): readonly Value[] => (isYamlList(value) ? value : []);

const file = (path: string, content: Value | undefined): Config => ({
  path: `${FOLDER}/${path}`,
  permissions: "0644",
  content: content ?? "",
});

function filesOf(unit: Config): Config[] {
  const name = nameOf(unit);
  const own = unit["content"] === undefined ? [] : [file(name, unit["content"])];
  const dropIns = listOf(unit["drop_ins"]).filter(isMap);
  return [...own, ...dropIns.map((dropIn) => file(`${name}.d/${nameOf(dropIn)}`, dropIn["content"]))];
}

const nameOf = (unit: Config): string => textOf(unit["name"]);

const textOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");

/** Nobody waits: what comes after what is systemd's to know, and a first boot that waits for other machines is never over. */
const commandOf = (unit: Config): Value[] =>
  unit["command"] === undefined ? [] : [["systemctl", "--no-block", textOf(unit["command"]), nameOf(unit)]];
