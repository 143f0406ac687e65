/** Advice: who may. */
import { EXIT } from "../errors.ts";
import { normalLocation, sameLocation } from "../region.ts";
import { type AdviceContext, type AdviceRow, type AzureFailure, chosenOnce, found, groupScopeIn, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

const FOR_LOCATION = /for location '([^']+)'/i;
const API_VERSION = /API version '([^']+)'/i;
const FOR_TYPE = /for type '([^']+)'/i;

export const accessAdvice: readonly AdviceRow[] = [
  {
    code: "LinkedAuthorizationFailed",
    meaning: (failure) =>
      `You may not ${found(failure, LINKED_ACTION) ?? "use something that this refers to"}${on(found(failure, LINKED_SCOPE))}.`,
    advice: (failure, context) =>
      `Whoever owns it types: \`az role assignment create --assignee ${assignee(failure)} --role "Network Contributor" --scope ${shellWord(found(failure, LINKED_SCOPE) ?? "SCOPE")}\`. Then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ["AuthorizationFailed", "AuthorizationPermissionMismatch", "AuthorizationFailure"],
    meaning: (failure) => `You may not ${refusedTo(failure)}.`,
    advice: (failure, context) =>
      `${isOutside(failure, context) ? "With rights on one resource group only, name it: --resource-group NAME. Else an" : "An"} owner types: \`az role assignment create --assignee ${assignee(failure)} --role Contributor --scope ${shellWord(scopeOf(failure, context))}\`. ` +
      (assignee(failure) === NOBODY ? `${NOBODY} is yours: \`az ad signed-in-user show --query id -o tsv\`. ` : "") +
      `A new role takes some minutes; then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "DenyAssignmentAuthorizationFailed",
    meaning:
      "A deny assignment forbids this (a managed application, a blueprint or a deployment stack makes one): no role helps against it.",
    advice: (_, context) =>
      `Whoever made it excludes you, or takes it away: the portal shows it at the group, under Access control (IAM), Deny assignments. Then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/role-based-access-control/deny-assignments",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "SubscriptionNotRegisteredForFeature",
    meaning: (failure) =>
      `The subscription is not registered for the feature ${found(failure, /feature (Microsoft\.\w+\/\w+)/i) ?? "that this takes"}.`,
    advice: (failure, context) => {
      const [namespace = "NAMESPACE", feature = "FEATURE"] = found(failure, /feature (Microsoft\.\w+\/\w+)/i)?.split("/") ?? [];
      return `\`az feature register --namespace ${namespace} --name ${feature}\`; when \`az feature show --namespace ${namespace} --name ${feature}\` says Registered, \`az provider register --namespace ${namespace} --wait\`; then run \`${rerun(context)}\` again.`;
    },
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/preview-features",
    retry: "no",
  },
  {
    code: ["MissingSubscriptionRegistration", "SubscriptionNotRegistered", "NoRegisteredProviderFound"],
    meaning: (failure) =>
      `The subscription has never used ${found(failure, NAMESPACE) ?? "one of the services that are needed"}; each must be registered once.`,
    advice: (failure, context) =>
      `${(found(failure, NAMESPACE) === undefined
        ? ["Microsoft.Compute", "Microsoft.Network", "Microsoft.Storage"]
        : [found(failure, NAMESPACE)]
      )
        .map((namespace) => `\`az provider register --namespace ${namespace} --wait\``)
        .join(", ")}; then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider",
    retry: "no",
  },
  {
    // it is registered, and knows the type; the whole sentence ends with what it has instead
    code: "NoRegisteredProviderFound",
    text: FOR_LOCATION,
    meaning: (failure) => {
      const [location, version, type] = [FOR_LOCATION, API_VERSION, FOR_TYPE].map((one) => found(failure, one));
      return isElsewhere(failure)
        ? `There are no ${type ?? "resources of this type"} in ${location}.`
        : `This Azure does not know the version ${version ?? "that this tool speaks"} of ${type ?? "what is asked for"}.`;
    },
    advice: (failure, context) => {
      const places = (found(failure, /supported locations are '([^']+)'/i) ?? "")
        .split(/,\s*/)
        .filter((one) => /^[\w ]+$/.test(one));
      if (isElsewhere(failure))
        return `${chosenOnce(context, `Take a location that has them (${places.slice(0, 5).join(", ")})`, `--location ${normalLocation(places[0])}`) ?? `Ask whoever runs this cloud, then run \`${rerun(context)}\` again`}.`;
      return `If the cluster is to be in another cloud, name it: \`${rerun(context, "--cloud CLOUD")}\` (\`az cloud show --query name\` says which one az is signed in to). Else this cloud is older than this tool: ask whoever runs it, or take an older release.`;
    },
    link: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider",
    retry: "no",
  },
  {
    code: ["ReadOnlyDisabledSubscription", "SubscriptionDisabled", "DisabledSubscription", "SubscriptionNotEnabled"],
    meaning: (failure, { subscription }) =>
      `The subscription ${found(failure, /subscription[^']*'([^']+)'/i) ?? subscription ?? "of this sign-in"} is disabled: it can be read, and nothing in it can be made or changed.`,
    advice: (_, context) =>
      `Whoever owns it enables it again in the portal (Subscriptions, Reactivate; an account that has ended its trial or its credit is upgraded first); or \`${rerun(context, "--subscription ID")}\`: \`az account list -o table\` lists yours.`,
    link: "https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-disabled",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ["SubscriptionNotFound", "InvalidSubscription", "InvalidSubscriptionId", "DisallowedOperation"],
    meaning: (failure, { subscription }) =>
      `The subscription ${found(failure, /subscription[^']*'([^']+)'/i) ?? subscription ?? ""} is not there for this sign-in, or is disabled.`.replace(
        "  ",
        " ",
      ),
    advice: (_, context) => `\`az account list -o table\` lists yours; then \`${rerun(context, "--subscription ID")}\`.`,
    retry: "no",
    exit: EXIT.signIn,
  },
];

/** Azure names the locations that there are, and this is none of them. */
function isElsewhere(failure: AzureFailure): boolean {
  const places = found(failure, /supported locations are '([^']+)'/i)?.split(",");
  return places !== undefined && !places.some((one) => sameLocation(one, found(failure, FOR_LOCATION)));
}

const SCOPE = /(?:over|on) scope '([^']+)'/i;
const LINKED_ACTION = /not have permission to perform action(?:\(s\))? '([^']+)'/i;
const LINKED_SCOPE = /linked scope(?:\(s\))? '([^']+)'/i;
const NAMESPACE = /(?:namespace|provider|registered for)\b[^.]*?\b(Microsoft\.\w+)/i;

const on = (scope: string | undefined): string => (scope === undefined ? "" : ` on ${scope}`);

/** By Azure's own words, or by the request where they do not say it. */
function refusedTo(failure: AzureFailure): string {
  const action = found(failure, /perform action '([^']+)'/i);
  const scope = found(failure, SCOPE);
  if (action !== undefined) return `${action}${on(scope)}`;
  const [method = "", path] = (failure.request ?? "").split(" ");
  const verb = { GET: "read", HEAD: "read", PUT: "make or change", PATCH: "change", DELETE: "delete", POST: "use" }[method];
  return verb === undefined ? `do this${on(scope)}` : `${verb} ${path ?? scope ?? "this"}`;
}

/**
 * Nobody named a group, and in the one that is called like the cluster something may not be read, or it may not be made: many have
 * rights on a group of another name.
 */
const isOutside = (failure: AzureFailure, context: AdviceContext): boolean =>
  (context.resourceGroup === undefined || context.resourceGroup.toLowerCase() === context.name) &&
  (makesGroup(failure, context) || /^GET \S*$/i.test(failure.request ?? ""));

/** The group itself is refused, and is not there yet: only a create makes one. */
const makesGroup = (failure: AzureFailure, { groupThere = false, command }: AdviceContext): boolean =>
  !groupThere &&
  command === undefined &&
  (/^Microsoft\.Resources\/subscriptions\/resourcegroups\/write$/i.test(found(failure, /perform action '([^']+)'/i) ?? "") ||
    /^PUT \/subscriptions\/[^/]+\/resourcegroups\/[^/]+$/i.test(failure.request ?? ""));

/**
 * Where a role makes up for it: in the group, since whoever may not do the one thing may not do the next; in the subscription, where the
 * group is yet to be made. Azure takes no assignment for what is not there.
 */
function scopeOf(failure: AzureFailure, context: AdviceContext): string {
  const scope = groupScopeIn(found(failure, SCOPE)) ?? groupScopeIn(failure.request);
  const subscription =
    scope?.split("/").slice(0, 3).join("/") ?? (context.subscription && `/subscriptions/${context.subscription}`);
  return (makesGroup(failure, context) ? subscription : (scope ?? subscription)) ?? "SCOPE";
}

const NOBODY = "OBJECT_ID";

/** The object id of whoever was refused, as Azure names it. */
const assignee = (failure: AzureFailure): string =>
  found(failure, /object id '([^']+)'/i) ?? found(failure, /The client '([^']+)'/i) ?? NOBODY;
