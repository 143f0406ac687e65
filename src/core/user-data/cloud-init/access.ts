/**
 * Who may log in, as cloud-init has it (ug_util.py): the cluster's key goes to the default user, whom Azure calls core, and `users` stands in
 * the place of the image's own list, in which that user is. Without it the cluster is made, and nobody of ours ever gets in.
 */
import { USER } from "../../plan/resources/machine.ts";
import { error, warning, type Finding } from "../check/finding.ts";
import { type Mapping, type Tree, valueAt } from "../check/tree.ts";

export function checkUsers(root: Mapping): readonly Finding[] {
  const user = valueAt(root, "user");
  const name = user?.kind === "map" ? valueAt(user, "name") : user;
  if (user !== undefined && name?.kind === "scalar" && name.text !== "" && name.text !== USER)
    return [
      error(
        user.line,
        "user",
        `user puts ${name.text} in the place of ${USER}: ${NOBODY}`,
        `Write users: [default, {name: ${name.text}, ...}].`,
      ),
    ];
  const users = valueAt(root, "users");
  // the default user is added to them by `user`
  if (users === undefined || user !== undefined || namesOf(users).includes("default")) return [];
  const own = users.kind === "list" ? users.items.find((item) => item.kind === "map" && namesOf(item).includes(USER)) : undefined;
  if (own?.kind === "map" && KEYS.some((key) => valueAt(own, key) !== undefined))
    return [warning(own.line, "users", `${USER} has the keys that are given here, and not the cluster's own`, ADVICE)];
  return [error(users.line, "users", `users has no default: ${NOBODY}`, ADVICE)];
}

// --- internal ---

const NOBODY = `no machine has ${USER} with the cluster's key, and nothing logs in there`;
const ADVICE = 'Put "- default" before the others.';
const KEYS = ["ssh_authorized_keys", "ssh-authorized-keys", "ssh_import_id", "ssh-import-id"];

/** Of a user, or of all of them: a text with commas, a list, or a map. @param depth lists in lists; an alias may be its own */
function namesOf(tree: Tree, depth = 2): readonly string[] {
  if (tree.kind === "scalar") return tree.text.split(/[,\s]+/);
  if (tree.kind === "list") return depth === 0 ? [] : tree.items.flatMap((item) => namesOf(item, depth - 1));
  const name = valueAt(tree, "name");
  return name?.kind === "scalar" ? [name.text] : tree.entries.map(({ key }) => key);
}
