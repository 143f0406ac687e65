/**
 * Rendered user-data as coreos-cloudinit would leave it on a node: files, units with their drop-ins. Follows its rules: dashed
 * keys are ignored, drop-ins go to NAME.d, permissions are octal text.
 */
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";

interface Unit {
  readonly name: string;
  readonly content?: string;
  readonly command?: string;
  readonly enable?: boolean;
  readonly drop_ins?: readonly { readonly name: string; readonly content: string }[];
}

interface WrittenFile {
  readonly path: string;
  readonly content: string;
  readonly permissions?: string;
}

export interface Applied {
  readonly units: readonly Unit[];
  readonly files: readonly WrittenFile[];
  /** cloud-init's ssh_keys. */
  readonly hostKey?: string;
}

export function parseUserData(text: string): Applied {
  const data = load(text) as {
    coreos?: { units?: Unit[] };
    write_files?: WrittenFile[];
    ssh_keys?: { ed25519_private?: string };
  };
  const files = data.write_files ?? [];
  const hostKey = data.ssh_keys?.ed25519_private;
  return { units: data.coreos?.units ?? unitsIn(files), files, ...(hostKey === undefined ? {} : { hostKey }) };
}

/** For cloud-init units are files like any other. */
function unitsIn(files: readonly WrittenFile[]): Unit[] {
  const found = new Map<string, { name: string; content?: string; drop_ins: { name: string; content: string }[] }>();
  for (const { path, content } of files) {
    const [, name, dropIn] = /^\/etc\/systemd\/system\/([^/]+?)(?:\.d\/([^/]+))?$/.exec(path) ?? [];
    if (name === undefined) continue;
    const unit = found.get(name) ?? { name, drop_ins: [] };
    if (dropIn === undefined) unit.content = content;
    else unit.drop_ins.push({ name: dropIn, content });
    found.set(name, unit);
  }
  return [...found.values()];
}

/** Writes it below `root` instead of `/`. */
export function applyUserData(text: string, root: string): Applied {
  const applied = parseUserData(text);
  for (const { path, content, permissions } of applied.files) write(join(root, path), content, permissions);
  if (applied.hostKey !== undefined) write(join(root, "etc/ssh/ssh_host_ed25519_key"), applied.hostKey, "0600");
  for (const { name, content, drop_ins } of applied.units) {
    const folder = join(root, "etc/systemd/system");
    if (content !== undefined) write(join(folder, name), content);
    for (const dropIn of drop_ins ?? []) write(join(folder, `${name}.d`, dropIn.name), dropIn.content);
  }
  return applied;
}

function write(path: string, content: string, permissions = "0644"): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, Number.parseInt(permissions, 8));
}

/** Values of Environment= lines of a unit's drop-ins, in the order of their names, as systemd reads them: the last one counts. */
function environmentOf(applied: Applied, unit: string): Readonly<Record<string, string>> {
  const dropIns = applied.units.filter(({ name }) => name === unit).flatMap(({ drop_ins }) => drop_ins ?? []);
  const texts = dropIns.toSorted((a, b) => a.name.localeCompare(b.name)).map(({ content }) => content);
  const lines = texts.flatMap((text) => [...text.matchAll(/^Environment=([A-Z_]+)=(\S*)$/gm)]);
  return Object.fromEntries(lines.map((line) => [line[1] ?? "", line[2] ?? ""]));
}

/** The same of the drop-ins that a node has on its disk, whoever wrote them. */
export function environmentOn(root: string, unit: string): Readonly<Record<string, string>> {
  const folder = join(root, "etc/systemd/system", `${unit}.d`);
  const dropIns = readdirSync(folder).map((name) => ({ name, content: readFileSync(join(folder, name), "utf8") }));
  return environmentOf({ units: [{ name: unit, drop_ins: dropIns }], files: [] }, unit);
}

/** The arguments of a unit's ExecStart=; ours hold no quotes. */
export function execStartOf(applied: Applied, unit: string): readonly string[] {
  const content = applied.units.find(({ name }) => name === unit)?.content ?? "";
  return /^ExecStart=(.*)$/m.exec(content)?.[1]?.split(" ") ?? [];
}
