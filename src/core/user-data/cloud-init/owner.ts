/**
 * Whose the files of write_files are. cloud-init asks for the name while it writes, before it makes users and before packages bring theirs:
 * one that is not there ends the module, and no file after it is written. A number is a name to it, and never there. bootcmd comes before.
 */
import { error, warning, type Finding } from "../check/finding.ts";
import { type Mapping, type Scalar, type Tree, valueAt } from "../check/tree.ts";
import { USER } from "../../plan/resources/machine.ts";
import { namesIn } from "./access.ts";
import { isTrue } from "./taken.ts";

export function checkOwners(root: Mapping): readonly Finding[] {
  const files = valueAt(root, "write_files");
  if (files?.kind !== "list") return [];
  const before = new Set(namesIn(valueAt(root, "bootcmd") ?? NONE));
  const made = new Set([USER, ...["users", "user", "groups"].flatMap((key) => namesIn(valueAt(root, key) ?? NONE))]);
  return files.items.flatMap((file, index): readonly Finding[] => {
    const owner = file.kind === "map" ? valueAt(file, "owner") : undefined;
    const defer = file.kind === "map" ? valueAt(file, "defer") : undefined;
    if (owner?.kind !== "scalar") return [];
    const waits = defer?.kind === "scalar" && isTrue(defer);
    return checkOwner(owner, `write_files[${index}].owner`, made, waits || before);
  });
}

// --- internal ---

const NONE: Tree = { kind: "list", items: [], line: 0 };

/** Users and groups that every image has (base-passwd, systemd, OpenSSH); images have more. */
const SYSTEM = new Set(
  (
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody nogroup adm tty disk kmem dialout fax voice " +
    "cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users input kvm render sshd messagebus _apt " +
    "systemd-journal systemd-network systemd-resolve systemd-timesync"
  ).split(" "),
);

/** @param made what cloud-init makes after it has written files that do not wait @param before true for those, else what bootcmd makes */
function checkOwner(
  owner: Scalar,
  path: string,
  made: ReadonlySet<string>,
  before: ReadonlySet<string> | true,
): readonly Finding[] {
  const [user = "", group = ""] = owner.text.split(/:(.*)/s, 2).map((name) => name.trim());
  const names = [user, group].filter((name) => !/^(-1|none|)$/i.test(name) && !SYSTEM.has(name));
  const nobody = names.find((name) => !/^[a-z_][\w.-]*\$?$/i.test(name) || SYSTEM.has(name.split(".", 1)[0] ?? ""));
  if (nobody !== undefined)
    return [error(owner.line, path, `${path}: "${nobody}" is no name of a user or group: ${LOST}`, "Write USER:GROUP, by name.")];
  const [absent] = before === true ? [] : names.filter((name) => !before.has(name));
  if (absent === undefined) return [];
  return made.has(absent)
    ? [error(owner.line, path, `${path}: ${absent} is made after this file is written: ${LOST}`, "Write defer: true beside it.")]
    : [
        warning(
          owner.line,
          path,
          `${path}: ${absent} may not be there when this file is written: ${UNLESS}`,
          "Write defer: true beside it, or make it in bootcmd.",
        ),
      ];
}

const LOST = "cloud-init stops at this file, and writes none after it";
const UNLESS = "cloud-init would then stop at this file, and write none after it";
