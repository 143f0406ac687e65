/**
 * Advice: signing in. Such trouble is known by Entra's AADSTS numbers in the text, since the sign-in library's own codes say
 * little.
 */
import { EXIT } from "../errors.ts";
import { type AdviceRow, found, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

/** What the sign-in library and ARM call a sign-in that failed. */
const SIGN_IN = [
  "ExpiredAuthenticationToken",
  "AuthenticationFailed",
  "Unauthorized",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "AggregateAuthenticationError",
  "CredentialUnavailableError",
  "invalid_client",
  "invalid_grant",
];

export const signInAdvice: readonly AdviceRow[] = [
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
    code: [...SIGN_IN, "*"],
    text: /AADSTS700024\b|not (?:yet )?within its valid time range|token is not yet valid|clock skew/i,
    // the token of a pipeline: github.com/Azure/azure-cli/issues/28708
    meaning:
      "What this sign-in was made with is past its time: in CI a token that lasts only minutes, elsewhere the clock of this machine is wrong.",
    advice:
      "In CI sign in again right before this step (`azure/login`; a new `AzureCLI@2` task). Elsewhere set the clock (`timedatectl status` shows it, `sudo timedatectl set-ntp true` keeps it). Then repeat the command.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS70002[137]\b|client assertion (?:contains an invalid signature|failed)/i,
    meaning: "The application does not know the certificate given with --azure-cert.",
    advice:
      "Add it: `az ad app credential reset --id CLIENT_ID --cert @azure-cert.cer --append` (the certificate only, never the key), or upload azure-cert.cer under App registrations, Certificates & secrets.",
    link: "https://learn.microsoft.com/entra/identity-platform/certificate-credentials",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(700016|90002|900023|700030)\b/,
    meaning: "There is no such application in this tenant, or no such tenant: --client-id or --tenant is not right.",
    advice:
      '`az ad sp list --display-name NAME --query "[].{client:appId,tenant:appOwnerOrganizationId}" -o table` shows both; then repeat the command with --tenant and --client-id.',
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(7000215|7000222)\b/,
    meaning: "The client secret is wrong or has expired.",
    advice:
      "Make a new one (`az ad app credential reset --id CLIENT_ID`) and set AZURE_CLIENT_SECRET, or sign in with --azure-cert.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(50076|50079|50158|530032?|53000|50105|65001)\b/,
    meaning: "The tenant asks for more than this sign-in gave: a second factor, a managed device, or consent.",
    advice: (_, { tenant }) =>
      `Sign in again: \`az login --tenant ${shellWord(tenant ?? "TENANT")}\`. In automation use a service principal: --azure-cert with --tenant and --client-id.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ["InvalidAuthenticationToken*", ...SIGN_IN],
    meaning: "There is no valid sign-in to Azure.",
    advice: (_, { tenant }) =>
      `Type \`az login${tenant === undefined ? "" : ` --tenant ${shellWord(tenant)}`}\` and repeat the command; or give --azure-cert azure-cert.pem with --tenant and --client-id (\`azure-coreos-cluster generate-mgmt-cert\` makes the certificate).`,
    link: "https://learn.microsoft.com/cli/azure/authenticate-azure-cli",
    retry: "no",
    exit: EXIT.signIn,
  },
];
