/**
 * What coreos-cloudinit does with a cloud-config, as a shell script that the node runs at every boot. The order and the rules
 * are those that were observed on it: files, then units with drop-ins, masks and enables, a daemon-reload, then the commands
 * one after the other; a start that fails is logged and passed over, a unit that is missing ends it. Keys with dashes are ignored;
 * the keys of coreos.etcd2 and coreos.fleet become variables of their units.
 */
import { load } from "js-yaml";

interface CloudConfig {
  readonly coreos?: {
    readonly update?: { readonly reboot_strategy?: string };
    readonly etcd2?: Readonly<Record<string, string>>;
    readonly fleet?: Readonly<Record<string, string>>;
    readonly units?: readonly Unit[];
  };
  readonly write_files?: readonly {
    readonly path: string;
    readonly content: string;
    readonly permissions?: string;
    readonly owner?: string;
  }[];
}

interface Unit {
  readonly name: string;
  readonly content?: string;
  readonly command?: string;
  readonly enable?: boolean;
  readonly mask?: boolean;
  readonly drop_ins?: readonly { readonly name: string; readonly content: string }[];
}

export function applierScript(userData: string): string {
  const { coreos = {}, write_files: files = [] } = load(userData) as CloudConfig;
  const units = [...(coreos.units ?? [])];
  const strategy = coreos.update?.reboot_strategy;
  if (strategy === "off") units.push({ name: "locksmithd.service", mask: true, command: "stop" });
  for (const [unit, prefix, keys] of [
    ["etcd2", "ETCD", coreos.etcd2],
    ["fleet", "FLEET", coreos.fleet],
  ] as const) {
    const lines = Object.entries(keys ?? {}).map(([key, value]) => `Environment="${prefix}_${key.toUpperCase()}=${value}"\n`);
    if (lines.length > 0)
      units.unshift({
        name: `${unit}.service`,
        drop_ins: [{ name: "20-cloudinit.conf", content: `[Service]\n${lines.join("")}` }],
      });
  }
  const folder = "/etc/systemd/system";
  return [
    "#!/bin/bash",
    PLACE,
    ...files.map(({ path, content, permissions = "0644", owner = "root:root" }) => place(path, content, permissions, owner)),
    ...(strategy === undefined ? [] : [place("/etc/coreos/update.conf", `REBOOT_STRATEGY=${strategy}\n`)]),
    ...units.flatMap(({ name, content, drop_ins: dropIns = [], mask, enable }) => [
      ...(content === undefined ? [] : [place(`${folder}/${name}`, content)]),
      ...dropIns.map((dropIn) => place(`${folder}/${name}.d/${dropIn.name}`, dropIn.content)),
      ...(mask === true ? [`systemctl mask ${quoted(name)}`] : []),
      ...(enable === true ? [`systemctl enable ${quoted(name)}`] : []),
    ]),
    "systemctl daemon-reload",
    ...units.flatMap(({ name, command }) => (command === undefined ? [] : [`act ${command} ${quoted(name)}`])),
    "",
  ].join("\n");
}

/** The file has its owner and mode before it has its name. */
const PLACE = `place() {
  mkdir -p "$(dirname "$1")"
  base64 -d >"$1.new" <<<"$4"
  chown "$3" "$1.new"
  chmod "$2" "$1.new"
  mv "$1.new" "$1"
}
act() {
  systemctl "$1" "$2"
  code=$?
  [ $code = 0 ] || echo "$1 $2: failed ($code)"
  [ $code != 5 ] || exit 1
}`;

const place = (path: string, content: string, permissions = "0644", owner = "root:root"): string =>
  ["place", quoted(path), permissions, quoted(owner), Buffer.from(content).toString("base64")].join(" ");

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
