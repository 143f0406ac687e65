/**
 * What the Azure CLI has selected: a subscription, and the cloud that it is in. Read from the CLI's own files, as other tools do. A
 * subscription is never taken into another cloud than its own.
 */
import { join } from "node:path";
import { type SignedIn, oneLine } from "../core/account.ts";
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import { FLAGS, type FlagValues } from "../core/spec/flags.ts";
import { textAt } from "../prepare/kept-file.ts";

export interface Selected {
  readonly subscription: string;
  readonly cloud: Cloud;
  /** What the CLI knows of it. */
  readonly known: KnownSubscription;
}

/** What the CLI knows of a subscription, where it knows it. */
export interface KnownSubscription {
  /** As the CLI writes it. */
  readonly id?: string;
  readonly name?: string;
  /** Who signed in to the CLI for it. */
  readonly signedIn?: SignedIn;
  /** Others that the same sign-in reaches: usable ones of the same cloud and the same tenant. */
  readonly others: readonly Other[];
}

export interface Other {
  readonly id: string;
  readonly name: string;
}

/** For who brings the subscription along and asks another Resource Manager. */
export function knownSubscription(env: Env, { subscription, tenant }: Pick<Given, "subscription" | "tenant">): KnownSubscription {
  const { accounts } = readProfile(env);
  return factsOf(accounts, accountNamed(accounts, subscription), tenant);
}

type Given = Partial<Pick<FlagValues, "subscription" | "cloud" | "armEndpoint" | "tenant">>;
type Cloud = FlagValues["cloud"];
const CLOUDS = (FLAGS.cloud.values ?? []) as readonly Cloud[];
type Env = Readonly<Record<string, string | undefined>>;

/**
 * The subscription and the cloud of a command: what is given beats the CLI's choice. A subscription that is given and known to the
 * CLI brings its cloud along.
 * @throws ClusterError SubscriptionMissing, Usage (exit 2)
 */
export async function selectSubscription(env: Env, given: Given): Promise<Selected> {
  const { accounts, activeCloud, damaged } = readProfile(env);
  if (given.subscription !== undefined) {
    const account = accountNamed(accounts, given.subscription);
    return {
      subscription: given.subscription,
      cloud: given.cloud ?? cloudOf(account?.cloud, given.armEndpoint !== undefined),
      known: factsOf(accounts, account, given.tenant),
    };
  }
  // the CLI keeps one for each of its clouds
  const selected = accounts.filter((one) => one.isDefault);
  const wanted = given.cloud ?? activeCloud;
  const account = selected.find((one) => one.cloud === wanted) ?? selected[0];
  if (account === undefined && damaged !== undefined)
    throw missing(
      `which Azure subscription? The Azure CLI's own ${damaged}`,
      "Move it away and sign in again with `az login`, or give --subscription ID.",
    );
  if (account === undefined) throw missing("which Azure subscription?");
  if (given.cloud !== undefined && account.cloud !== given.cloud)
    throw missing(
      `which subscription of ${given.cloud}? The Azure CLI has selected ${account.shown}, which is in ${account.cloud}`,
      `Give --subscription ID, leave --cloud out, or sign in there: \`az cloud set --name ${given.cloud}\`, \`az login\`.`,
    );
  const why = unusable(account);
  if (why !== undefined)
    throw missing(
      `which Azure subscription? The Azure CLI has selected ${account.shown}, which ${why}`,
      "`az account list --all -o table` lists yours; choose one with `az account set --subscription ID`, or give --subscription ID.",
    );
  return {
    subscription: account.id.toLowerCase(),
    cloud: given.cloud ?? cloudOf(account.cloud, given.armEndpoint !== undefined),
    known: factsOf(accounts, account, given.tenant),
  };
}

// --- internal ---

interface Account {
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

const accountNamed = (accounts: readonly Account[], id: string | undefined): Account | undefined =>
  accounts.find((one) => one.id.toLowerCase() === id?.toLowerCase());

/** @param tenant that is signed in to, where it is given */
function factsOf(accounts: readonly Account[], account: Account | undefined, tenant: string | undefined): KnownSubscription {
  if (account === undefined) return { others: [] };
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const others = accounts.filter(
    (one) =>
      !same(one.id, account.id) &&
      one.cloud === account.cloud &&
      same(one.tenant, tenant ?? account.tenant) &&
      isGuid(one.id) &&
      unusable(one) === undefined,
  );
  return {
    id: account.id,
    ...(account.name === "" ? {} : { name: oneLine(account.name) }),
    ...(account.user === undefined ? {} : { signedIn: account.user }),
    others: others.map(({ id, name }) => ({ id: id.toLowerCase(), name: oneLine(name) })),
  };
}

const isGuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const missing = (message: string, advice?: string): ClusterError =>
  new ClusterError("SubscriptionMissing", message, {
    exit: EXIT.usage,
    advice:
      advice ??
      "Give --subscription ID, set AZURE_SUBSCRIPTION_ID, or sign in with `az login` and choose one with `az account set`. " +
        "To try the tool without an account, add --simulate.",
  });

/** A tenant without a subscription is listed like one. In the other states that Azure knows (Warned, PastDue) it can be used. */
function unusable({ id, tenant, state }: Account): string | undefined {
  if (id.toLowerCase() === tenant.toLowerCase()) return "is a tenant, and no subscription";
  return /^(disabled|deleted|expired)$/i.test(state) ? `is ${state.toLowerCase()}` : undefined;
}

/** @param elsewhere another Resource Manager is given: the CLI's name of its cloud says nothing here */
function cloudOf(name: string | undefined, elsewhere: boolean): Cloud {
  if (name === undefined) return FLAGS.cloud.default;
  const known = CLOUDS.find((one) => one.toLowerCase() === name.toLowerCase());
  if (known !== undefined || elsewhere) return known ?? FLAGS.cloud.default;
  throw usageError(
    `the Azure CLI's subscription is in the cloud ${name}, which this tool does not know`,
    `Give --arm-endpoint URL of its Resource Manager, or --subscription ID with --cloud ${CLOUDS.join(" or ")}.`,
  );
}

/** What is not there or cannot be read selects nothing. */
function readProfile(env: Env): { accounts: Account[]; activeCloud: string; damaged?: string } {
  const folder = env["AZURE_CONFIG_DIR"] || join(env["HOME"] ?? env["USERPROFILE"] ?? ".", ".azure");
  // the CLI writes a byte order mark
  const text = (file: string): string => (textAt(join(folder, file)) ?? "").replace(/^\uFEFF/, "");
  const file = "azureProfile.json";
  const [profile, config] = [text(file), text("config")];
  const activeCloud = /^\[cloud\][^[]*?^name\s*=\s*(\S+)/m.exec(config)?.[1] ?? FLAGS.cloud.default;
  const accounts = accountsIn(profile);
  const why = profile.includes("\0") ? "is UTF-16, and the CLI writes UTF-8" : "is damaged";
  return {
    accounts: accounts ?? [],
    activeCloud: env["AZURE_CLOUD_NAME"] || activeCloud,
    ...(accounts === undefined && profile !== "" ? { damaged: `${join(folder, file)} ${why}` } : {}),
  };
}

/** Undefined for what is no JSON. */
function accountsIn(profile: string): Account[] | undefined {
  try {
    const found = JSON.parse(profile) as { subscriptions?: unknown } | null;
    return Array.isArray(found?.subscriptions) ? found.subscriptions.flatMap(accountOf) : [];
  } catch {
    return undefined;
  }
}

function accountOf(entry: unknown): Account[] {
  if (typeof entry !== "object" || entry === null) return [];
  const found = entry as Readonly<Record<string, unknown>>;
  const word = (key: string): string => (typeof found[key] === "string" ? found[key] : "");
  const [id, name] = [word("id"), word("name")];
  if (id === "") return [];
  return [
    {
      id,
      name,
      user: userOf(found["user"]),
      tenant: word("tenantId"),
      state: word("state"),
      isDefault: found["isDefault"] === true,
      cloud: word("environmentName") || FLAGS.cloud.default,
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
