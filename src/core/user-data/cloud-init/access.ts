/**
 * Who may log in, as cloud-init has it (ug_util.py): the cluster's key goes to the default user, whom Azure calls core, and `users` stands in
 * the place of the image's own list, in which that user is. Without it the cluster is made, and nobody of ours ever gets in; nor without
 * the modules that make users and write keys.
 */
import { USER } from "../../plan/resources/machine.ts";
import { checkKeys } from "../check/access.ts";
import { error, warning, type Finding } from "../check/finding.ts";
import { type Mapping, type Tree, valueAt } from "../check/tree.ts";
import { isTrue } from "./taken.ts";
import { yamlTypeOf } from "./yaml-type.ts";

export const checkUsers = (root: Mapping): readonly Finding[] => [
  ...checkDefaultUser(root),
  ...checkUserList(root),
  ...checkKeyImport(root),
  ...checkModules(root),
  ...checkAuthorizedKeys(root),
];

// --- internal ---

/** `user` goes before what the image says of its default user, and user-data before Azure, which says core. */
function checkDefaultUser(root: Mapping): readonly Finding[] {
  const user = valueAt(root, "user");
  const info = valueAt(root, "system_info");
  const [tree, key] =
    user === undefined
      ? [info?.kind === "map" ? valueAt(info, "default_user") : info, "system_info.default_user"]
      : [user, "user"];
  if (tree === undefined) return [];
  const name = tree.kind === "map" ? valueAt(tree, "name") : tree;
  if (key !== "user" && name?.kind === "scalar" && yamlTypeOf(name) === "null")
    return [error(tree.line, key, `${key} is empty: ${NOBODY}`, "Leave it out.")];
  if (name?.kind !== "scalar" || name.text === "" || name.text === USER || (key !== "user" && tree.kind !== "map")) return [];
  return [
    error(
      tree.line,
      key,
      `${key} puts ${name.text} in the place of ${USER}: ${NOBODY}`,
      `Write in its place users: [default, {name: ${name.text}, ...}].`,
    ),
  ];
}

function checkUserList(root: Mapping): readonly Finding[] {
  const users = valueAt(root, "users");
  // the default user is added to them by `user`
  if (users === undefined || valueAt(root, "user") !== undefined || namesIn(users).includes("default")) return [];
  const own = users.kind === "list" ? users.items.find((item) => item.kind === "map" && namesIn(item).includes(USER)) : undefined;
  return own?.kind === "map" && KEYS.some((key) => valueAt(own, key) !== undefined)
    ? [warning(own.line, "users", ONLY_THESE, ADVICE)]
    : [error(users.line, "users", `users has no default: ${NOBODY}`, ADVICE)];
}

/** cc_ssh.py: without it Azure's keys are left out, which are the cluster's. */
function checkKeyImport(root: Mapping): readonly Finding[] {
  const key = "allow_public_ssh_keys";
  const allowed = valueAt(root, key);
  if (allowed?.kind !== "scalar" || isTrue(allowed)) return [];
  return KEYS.some((own) => valueAt(root, own) !== undefined)
    ? [warning(allowed.line, key, ONLY_THESE, "Leave it out.")]
    : [error(allowed.line, key, `${key} is false: ${NOBODY}`, "Leave it out.")];
}

/** A list of modules stands in the place of the image's own. */
function checkModules(root: Mapping): readonly Finding[] {
  const modules = valueAt(root, "cloud_init_modules");
  if (modules?.kind !== "list") return [];
  const names = new Set(
    modules.items
      .map((item) => (item.kind === "list" ? item.items[0] : item))
      .map((item) => (item?.kind === "scalar" ? item.text.replaceAll("-", "_") : "")),
  );
  const missing = ["users_groups", "ssh"].filter((name) => !names.has(name));
  if (missing.length === 0) return [];
  const key = "cloud_init_modules";
  return [
    error(
      modules.line,
      key,
      `${key} leaves out ${missing.join(" and ")}: ${NOBODY}`,
      "Add what is missing, or leave the list out.",
    ),
  ];
}

/** Written as they are to authorized_keys, where sshd passes over what is no key. ug_util.py takes dashes in a user's keys. */
function checkAuthorizedKeys(root: Mapping): readonly Finding[] {
  const users = valueAt(root, "users");
  const listed = users?.kind === "list" ? users.items : [];
  return [
    ...checkKeys(valueAt(root, OWN_KEYS[0]), OWN_KEYS[0]),
    ...listed.flatMap((user, index) =>
      user.kind === "map" ? OWN_KEYS.flatMap((key) => checkKeys(valueAt(user, key), `users[${index}].${key}`)) : [],
    ),
  ];
}

const NOBODY = `no machine has ${USER} with the cluster's key, and nothing logs in there`;
const ONLY_THESE = `${USER} has the keys that are given here, and not the cluster's own`;
const ADVICE = 'Put "- default" before the others.';
const OWN_KEYS = ["ssh_authorized_keys", "ssh-authorized-keys"] as const;
const KEYS = [...OWN_KEYS, "ssh_import_id", "ssh-import-id"];

/** Of a user, or of all of them: a text with commas, a list, or a map; the words of commands. @param depth lists in lists; an alias may be its own */
export function namesIn(tree: Tree, depth = 2): readonly string[] {
  if (tree.kind === "scalar") return tree.text.split(/[,;\s]+/);
  if (tree.kind === "list") return depth === 0 ? [] : tree.items.flatMap((item) => namesIn(item, depth - 1));
  const name = valueAt(tree, "name");
  return name?.kind === "scalar" ? [name.text] : tree.entries.map(({ key }) => key);
}
