/**
 * What the Azure CLI has selected: a subscription, and the cloud that it is in. Read from the CLI's own files, as other tools do. A
 * subscription is never taken into another cloud than its own.
 */
import { defined } from "../../core/defined.ts";
import { type SignedIn, oneLine } from "../../core/account.ts";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { AUTHORITY_HOST, cloudOfAuthority } from "../../core/spec/cloud.ts";
import { shellWord } from "../../core/quoting.ts";
import { FLAGS, type FlagValues } from "../../core/spec/flags.ts";
import { type CliAccount, type CliPlace, readProfile } from "./azure-cli-files.ts";

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
export function knownSubscription(
  where: CliPlace,
  { subscription, tenant }: Pick<Given, "subscription" | "tenant">,
): KnownSubscription {
  const { accounts } = readProfile(where);
  return factsOf(accounts, accountNamed(accounts, subscription), tenant);
}

type Given = Partial<Pick<FlagValues, "subscription" | "cloud" | "armEndpoint" | "tenant">>;
type Cloud = FlagValues["cloud"];
const CLOUDS = (FLAGS.cloud.values ?? []) as readonly Cloud[];

/**
 * The subscription and the cloud of a command: what is given beats the CLI's choice. A subscription that is given and known to the
 * CLI brings its cloud along.
 * @throws ClusterError SubscriptionMissing, Usage (exit 2)
 */
export async function selectSubscription(where: CliPlace, given: Given): Promise<Selected> {
  const { accounts, activeCloud, unread } = readProfile(where);
  if (given.subscription !== undefined) {
    const account = accountNamed(accounts, given.subscription);
    refuseOtherCloud(where, given, account);
    return {
      subscription: given.subscription,
      cloud: given.cloud ?? cloudOf(account?.cloud, given.armEndpoint !== undefined),
      known: factsOf(accounts, account, given.tenant),
    };
  }
  // the CLI keeps one for each of its clouds
  const selected = accounts.filter((one) => one.isDefault);
  const wanted = given.cloud ?? activeCloud;
  const account = selected.find((one) => one.cloud === (wanted ?? FLAGS.cloud.default)) ?? selected[0];
  if (account === undefined && unread !== undefined)
    throw missing(`which Azure subscription? The Azure CLI's own ${unread.why}`, unread.advice);
  if (account === undefined) throw missing("which Azure subscription?");
  if (wanted !== undefined && account.cloud !== wanted)
    throw missing(
      `which subscription of ${wanted}? The Azure CLI has selected ${account.shown}, which is in ${account.cloud}`,
      given.cloud === undefined
        ? `Give --subscription ID, sign in to ${wanted} with \`az login\`, or go to ${account.cloud}: ${goTo(where, account.cloud)}.`
        : `Give --subscription ID, ${without(where)}, or sign in there: ${goTo(where, wanted)}, \`az login\`.`,
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

/** What makes the Azure CLI work in a cloud: its own variable beats what it was told. */
const goTo = ({ env }: CliPlace, cloud: string): string =>
  env["AZURE_CLOUD_NAME"] ? `\`export AZURE_CLOUD_NAME=${shellWord(cloud)}\`` : `\`az cloud set --name ${shellWord(cloud)}\``;

/** How the cloud that was given is taken back, wherever it was given. */
function without({ env }: CliPlace): string {
  const variables = ["AZURE_COREOS_CLUSTER_CLOUD", AUTHORITY_HOST].filter((name) => env[name]);
  return variables.length === 0 ? "leave --cloud out" : `\`unset ${variables.join(" ")}\` (and leave --cloud out)`;
}

/** --cloud beats what the CLI knows; what stands in the environment for every program may be meant for another subscription. */
function refuseOtherCloud({ env }: CliPlace, given: Given, account: CliAccount | undefined): void {
  const authority = env[AUTHORITY_HOST];
  if (account === undefined || !authority || given.cloud === undefined || cloudOfAuthority(authority) !== given.cloud) return;
  if (account.cloud === given.cloud) return;
  throw usageError(
    `${AUTHORITY_HOST} says ${given.cloud}, and the subscription ${account.shown} is in ${account.cloud}, as the Azure CLI knows it`,
    `\`unset ${AUTHORITY_HOST}\`, or give another --subscription.`,
  );
}

const accountNamed = (accounts: readonly CliAccount[], id: string | undefined): CliAccount | undefined =>
  accounts.find((one) => one.id.toLowerCase() === id?.toLowerCase());

/** @param tenant that is signed in to, where it is given */
function factsOf(
  accounts: readonly CliAccount[],
  account: CliAccount | undefined,
  tenant: string | undefined,
): KnownSubscription {
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
    ...defined({ signedIn: account.user }),
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
function unusable({ id, tenant, state }: CliAccount): string | undefined {
  if (id.toLowerCase() === tenant.toLowerCase()) return "is a tenant, and no subscription";
  return /^(disabled|deleted|expired)$/i.test(state) ? `is ${state.toLowerCase()}` : undefined;
}

/** @param elsewhere another Resource Manager is given: the CLI's name of its cloud says nothing here */
function cloudOf(name: string | undefined, elsewhere: boolean): Cloud {
  if (name === undefined) return FLAGS.cloud.default;
  const known = CLOUDS.find((one) => one === name);
  if (known !== undefined || elsewhere) return known ?? FLAGS.cloud.default;
  throw usageError(
    `the Azure CLI's subscription is in the cloud ${name}, which this tool does not know`,
    `Give --arm-endpoint URL of its Resource Manager, or --subscription ID with --cloud ${CLOUDS.join(" or ")}.`,
  );
}
