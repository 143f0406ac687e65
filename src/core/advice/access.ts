/**
 * THE ADVICE TABLE, between the other two: who may (permission, sign-in) and whether anything gets through (network, proxy,
 * certificates). Same columns as machine.ts. Sign-in problems are known by Entra's AADSTS numbers in the text,
 * since the sign-in library's own codes say little.
 */
import type { AdviceRow, Failure } from "./row.ts";
import { found, groupScopeIn, rerun } from "./row.ts";
import { EXIT } from "../errors.ts";

const ANY = /^/;

export const accessAdvice: readonly AdviceRow[] = [
  // ---- Permission -------------------------------------------------------------------------------------------------
  {
    code: "LinkedAuthorizationFailed",
    meaning: (failure) =>
      `You may not ${found(failure, LINKED_ACTION) ?? "use something that this refers to"}${on(found(failure, LINKED_SCOPE))}.`,
    advice: (failure, context) =>
      `Whoever owns it types: \`az role assignment create --assignee ${assignee(failure)} --role "Network Contributor" --scope ${found(failure, LINKED_SCOPE) ?? "SCOPE"}\`. Then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: /^(AuthorizationFailed|AuthorizationPermissionMismatch|AuthorizationFailure)$/,
    meaning: (failure) => `You may not ${refusedTo(failure)}.`,
    advice: (failure, context) =>
      `An owner types: \`az role assignment create --assignee ${assignee(failure)} --role Contributor --scope ${found(failure, SCOPE) ?? groupScopeIn(failure.request) ?? (context.subscription === undefined ? "SCOPE" : `/subscriptions/${context.subscription}`)}\`. ` +
      (assignee(failure) === NOBODY ? `${NOBODY} is yours: \`az ad signed-in-user show --query id -o tsv\`. ` : "") +
      `A new role takes some minutes; then run \`${rerun(context)}\` again.`,
    link: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: /^(MissingSubscriptionRegistration|SubscriptionNotRegistered|NoRegisteredProviderFound)$/,
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
    code: /^(SubscriptionNotFound|InvalidSubscription(Id)?|SubscriptionDisabled|DisabledSubscription|ReadOnlyDisabledSubscription|DisallowedOperation)$/,
    meaning: (failure, { subscription }) =>
      `The subscription ${found(failure, /subscription[^']*'([^']+)'/i) ?? subscription ?? ""} is not there for this sign-in, or is disabled.`.replace(
        "  ",
        " ",
      ),
    advice: (_, context) => `\`az account list -o table\` lists yours; then \`${rerun(context, "--subscription ID")}\`.`,
    retry: "no",
    exit: EXIT.signIn,
  },

  // ---- Sign-in ----------------------------------------------------------------------------------------------------
  {
    code: "InvalidAuthenticationTokenTenant",
    meaning: "The sign-in belongs to another tenant than the subscription.",
    advice: (failure, context) => {
      const tenant =
        found(failure, /must match (?:one of )?the tenants?\s*'?[^'\s]*?([0-9a-f]{8}-[0-9a-f-]{27})/i) ??
        found(failure, /use the authority[^']*'[^']*\/([0-9a-f-]{36})/i) ??
        "TENANT";
      return `\`${rerun(context, `--tenant ${tenant}`)}\`, or \`az login --tenant ${tenant}\` first.`;
    },
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ANY,
    text: /AADSTS700024|not (?:yet )?within its valid time range|token is not yet valid|clock skew/i,
    meaning: "The clock of this machine is wrong: Entra refuses what was signed in the future or the past.",
    advice: "Set the clock (`timedatectl status` shows it, `sudo timedatectl set-ntp true` keeps it), then repeat the command.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ANY,
    text: /AADSTS70002[37]|AADSTS700021|client assertion (?:contains an invalid signature|failed)/i,
    meaning: "The application does not know the certificate given with --azure-cert.",
    advice:
      "Add it: `az ad app credential reset --id CLIENT_ID --cert @azure-cert.cer --append` (the certificate only, never the key), or upload azure-cert.cer under App registrations, Certificates & secrets.",
    link: "https://learn.microsoft.com/entra/identity-platform/certificate-credentials",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ANY,
    text: /AADSTS(700016|90002|900023|700030)/,
    meaning: "There is no such application in this tenant, or no such tenant: --client-id or --tenant is not right.",
    advice:
      '`az ad sp list --display-name NAME --query "[].{client:appId,tenant:appOwnerOrganizationId}" -o table` shows both; then repeat the command with --tenant and --client-id.',
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ANY,
    text: /AADSTS(7000215|7000222)/,
    meaning: "The client secret is wrong or has expired.",
    advice:
      "Make a new one (`az ad app credential reset --id CLIENT_ID`) and set AZURE_CLIENT_SECRET, or sign in with --azure-cert.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ANY,
    text: /AADSTS(50076|50079|50158|53003|53000|50105|65001)/,
    meaning: "The tenant asks for more than this sign-in gave: a second factor, a managed device, or consent.",
    advice: (_, { tenant }) =>
      `Sign in again: \`az login --tenant ${tenant ?? "TENANT"}\`. In automation use a service principal: --azure-cert with --tenant and --client-id.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: /^(InvalidAuthenticationToken\w*|ExpiredAuthenticationToken|AuthenticationFailed|Unauthorized|AuthenticationError|AuthenticationRequiredError|AggregateAuthenticationError|CredentialUnavailableError|invalid_client|invalid_grant)$/,
    meaning: "There is no valid sign-in to Azure.",
    advice: (_, { tenant }) =>
      `Type \`az login${tenant === undefined ? "" : ` --tenant ${tenant}`}\` and repeat the command; or give --azure-cert azure-cert.pem with --tenant and --client-id (\`azure-coreos-cluster generate-mgmt-cert\` makes the certificate).`,
    link: "https://learn.microsoft.com/cli/azure/authenticate-azure-cli",
    retry: "no",
    exit: EXIT.signIn,
  },

  // ---- The way to Azure -------------------------------------------------------------------------------------------
  {
    code: /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|EAI_NODATA)$/,
    meaning: (failure) =>
      `The name ${found(failure, /(?:ENOTFOUND|EAI_AGAIN)\s+([\w.-]+)/) ?? "of the server"} was not found: no network, or a DNS fault.`,
    advice: "Check the network and the proxy (HTTPS_PROXY, NO_PROXY), then repeat the command: it goes on where it stopped.",
    retry: "transient",
  },
  {
    code: /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/,
    meaning: (failure) =>
      `Nothing answers at ${found(failure, /(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\s+([\w.:[\]-]+)/) ?? "the address"}.`,
    advice:
      "Check the network, the proxy (HTTPS_PROXY, NO_PROXY) and --arm-endpoint, then repeat the command: it goes on where it stopped.",
    retry: "transient",
  },
  {
    code: /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w+|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP2_\w+|REQUEST_SEND_ERROR|PARSE_ERROR)$/,
    meaning: "The connection broke, or no answer came in time.",
    advice:
      "Repeat the command: it goes on where it stopped. If it stays so, check the network and the proxy (HTTPS_PROXY, NO_PROXY).",
    retry: "transient",
  },
  {
    code: /^(UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/,
    meaning: "The server's certificate is not trusted: often a proxy that looks into the traffic, or a wrong clock.",
    advice: "Set NODE_EXTRA_CA_CERTS to the CA file of your network, check the clock, and repeat the command.",
    retry: "no",
  },
];

const SCOPE = /(?:over|on) scope '([^']+)'/i;
const LINKED_ACTION = /not have permission to perform action(?:\(s\))? '([^']+)'/i;
const LINKED_SCOPE = /linked scope(?:\(s\))? '([^']+)'/i;
const NAMESPACE = /(?:namespace|provider)[^']*'(Microsoft\.\w+)'/i;

const on = (scope: string | undefined): string => (scope === undefined ? "" : ` on ${scope}`);

/** By Azure's own words, or by the request where they do not say it. */
function refusedTo(failure: Failure): string {
  const action = found(failure, /perform action '([^']+)'/i);
  const scope = found(failure, SCOPE);
  if (action !== undefined) return `${action}${on(scope)}`;
  const [method = "", path] = (failure.request ?? "").split(" ");
  const verb = { GET: "read", HEAD: "read", PUT: "make or change", PATCH: "change", DELETE: "delete", POST: "use" }[method];
  return verb === undefined ? `do this${on(scope)}` : `${verb} ${path ?? scope ?? "this"}`;
}

const NOBODY = "OBJECT_ID";

/** The object id of whoever was refused, as Azure names it. */
const assignee = (failure: Failure): string =>
  found(failure, /object id '([^']+)'/i) ?? found(failure, /The client '([^']+)'/i) ?? NOBODY;
