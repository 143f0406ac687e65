/** What the Azure CLI keeps in its own folder: the accounts that it knows, and the cloud that it is in. Read only, as other tools do. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type SignedIn, oneLine } from "../../core/account.ts";
import { shellWord } from "../../core/quoting.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { textAt } from "../../prepare/kept-file.ts";
import { homeOf, ownPath } from "../files/own-path.ts";
import type { Surroundings } from "../surroundings.ts";

export type CliPlace = Pick<Surroundings, "cwd" | "env">;

/** A subscription, or a tenant that has none. */
export interface CliAccount {
  readonly id: string;
  readonly name: string;
  readonly user: SignedIn | undefined;
  readonly tenant: string;
  readonly state: string;
  readonly isDefault: boolean;
  readonly cloud: string;
  /** "NAME (ID)" */
  readonly shown: string;
}

export interface CliProfile {
  readonly accounts: readonly CliAccount[];
  /** The cloud that the CLI was told to be in; absent: nobody said. */
  readonly activeCloud?: string;
  /** Why its file says nothing, and what to do about it. */
  readonly unread?: { readonly why: string; readonly advice: string };
}

/** What is not there selects nothing; without a home folder nothing is there. */
export function readProfile(where: CliPlace): CliProfile {
  const { env } = where;
  const [named, home] = [env["AZURE_CONFIG_DIR"], homeOf(env)];
  const folder = named ? ownPath(where, named) : home === undefined ? undefined : join(home, ".azure");
  const config = folder === undefined ? undefined : textAt(join(folder, "config"));
  const said = env["AZURE_CLOUD_NAME"]?.trim() || /^\[cloud\][^[]*?^name\s*=\s*(\S+)/m.exec(config ?? "")?.[1];
  const read = folder === undefined ? { accounts: [] } : accountsAt(folder);
  if (said === undefined) return read;
  // the clouds that somebody registered with the CLI
  const registered = (folder === undefined ? undefined : textAt(join(folder, "clouds.config")))?.matchAll(/^\[(.+)\]/gm) ?? [];
  const others = [...read.accounts.map(({ cloud }) => cloud), ...[...registered].map(([, name = ""]) => name)];
  // from a name that it does not know the CLI itself goes to its default
  return { ...read, activeCloud: cloudNamed(said, others) ?? FLAGS.cloud.default };
}

// --- internal ---

/** As the CLI spells it; undefined for one that is neither of Azure nor of the others. */
function cloudNamed(text: string, others: readonly string[] = []): string | undefined {
  const name = GO_NAMES[text.toLowerCase()] ?? text;
  return [...(FLAGS.cloud.values ?? []), ...others].find((one) => one.toLowerCase() === name.toLowerCase());
}

/** The Go SDK's names, which other tools want in the same variable. */
const GO_NAMES: Readonly<Record<string, string>> = {
  azurepubliccloud: "AzureCloud",
  azureusgovernmentcloud: "AzureUSGovernment",
};

function accountsAt(folder: string): Pick<CliProfile, "accounts" | "unread"> {
  const file = join(folder, "azureProfile.json");
  const away = "Move it away and sign in again with `az login`, or give --subscription ID.";
  const unread = (why: string, advice = away): Pick<CliProfile, "accounts" | "unread"> => ({
    accounts: [],
    unread: { why: `${file} ${why}`, advice },
  });
  let text: string;
  try {
    if (!statSync(file).isFile()) return unread("is no file");
    // the CLI writes a byte order mark
    text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { accounts: [] };
    return code === "EACCES"
      ? unread(
          "is not yours to read: most often `sudo az login` left it",
          `\`sudo chown -R "$(id -un)" ${shellWord(folder)}\`, or give --subscription ID.`,
        )
      : unread(`cannot be read (${code})`);
  }
  if (text === "") return { accounts: [] };
  if (text.includes("\0")) return unread("is UTF-16, and the CLI writes UTF-8");
  const accounts = accountsIn(text);
  return accounts === undefined ? unread("is damaged") : { accounts };
}

/** Undefined for what is no JSON. */
function accountsIn(profile: string): CliAccount[] | undefined {
  try {
    const found = JSON.parse(profile) as { subscriptions?: unknown } | null;
    return Array.isArray(found?.subscriptions) ? found.subscriptions.flatMap(accountOf) : [];
  } catch {
    return undefined;
  }
}

function accountOf(entry: unknown): CliAccount[] {
  if (typeof entry !== "object" || entry === null) return [];
  const found = entry as Readonly<Record<string, unknown>>;
  const word = (key: string): string => (typeof found[key] === "string" ? found[key] : "");
  const [id, name, cloud] = [word("id"), word("name"), word("environmentName") || FLAGS.cloud.default];
  if (id === "") return [];
  return [
    {
      id,
      name,
      user: userOf(found["user"]),
      tenant: word("tenantId"),
      state: word("state"),
      isDefault: found["isDefault"] === true,
      cloud: cloudNamed(cloud) ?? cloud,
      shown: name === "" ? id : `${name} (${id})`,
    },
  ];
}

/** `{ "name": "jane@example.org", "type": "user" }`; of a machine's own identity the name says only that it is one. */
function userOf(user: unknown): SignedIn | undefined {
  if (typeof user !== "object" || user === null) return undefined;
  const { name, type } = user as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name === "") return undefined;
  if (/^(systemAssignedIdentity|userAssignedIdentity)$/i.test(name)) return { kind: "managed identity" };
  return { kind: type === "servicePrincipal" ? "service principal" : "user", name: oneLine(name) };
}
