/**
 * Advice: signing in. Such trouble is known by Entra's AADSTS numbers in the text, since the sign-in library's own codes say
 * little. What signed in stands behind the text where it is known (`AADSTS... (AZURE_CLIENT_SECRET)`): whom the environment or a
 * flag signs in is not helped by `az login`.
 */
import { EXIT } from "../errors.ts";
import { shellWord } from "../quoting.ts";
import { type AdviceContext, type AdviceRow, type AzureFailure, found, rerun } from "./row.ts";

/** What we and the sign-in library call a sign-in that failed. */
const SIGN_IN = [
  "SignInFailed",
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
      return `\`${rerun(context, `--tenant ${tenant}`)}\`; whoever has not signed in there yet types \`az login --tenant ${tenant}\` first.`;
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
    text: /AADSTS7000(2[137]|30)\b|client assertion (?:contains an invalid signature|failed)/i,
    meaning: (failure) => `The application does not know the certificate of ${signedInBy(failure) ?? "--azure-cert"}.`,
    advice: (failure) =>
      `Whoever owns the application adds it: \`az ad app credential reset --id ${application(failure)} --cert @${certificate(failure)} --append\` (the certificate only, never the key), or uploads it under App registrations, Certificates & secrets.`,
    link: "https://learn.microsoft.com/entra/identity-platform/certificate-credentials",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS7002(1|1[1-3])\b/,
    meaning: "The application trusts no token like the one in AZURE_FEDERATED_TOKEN_FILE: issuer, subject or audience differ.",
    advice: (failure) =>
      `\`az ad app federated-credential list --id ${application(failure)}\` shows what it trusts; what the token says stands in Azure's words. The two must be equal to the letter.`,
    link: "https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(700016|90002|900023)\b/,
    meaning: "There is no such application in this tenant, or no such tenant: --client-id or --tenant is not right.",
    advice: (_, context) =>
      `\`az ad sp list --display-name NAME --query "[].{client:appId,tenant:appOwnerOrganizationId}" -o table\` shows both; then \`${rerun(context, "--tenant TENANT --client-id CLIENT_ID")}\`.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS7000112\b/,
    meaning: "The application is switched off in this tenant.",
    advice: (failure) => `Who runs the tenant types: \`az ad sp update --id ${application(failure)} --set accountEnabled=true\`.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(7000215|7000222)\b/,
    meaning: "The client secret is wrong or has expired.",
    advice: (failure) =>
      `Whoever owns the application makes a new one: \`az ad app credential reset --id ${application(failure)} --append\`. Set AZURE_CLIENT_SECRET to the \`password\` that it prints, and repeat the command; or sign in with --azure-cert.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: [...SIGN_IN, "*"],
    text: /AADSTS(50076|50079|50158|530032?|53000|50105|65001)\b/,
    meaning: (failure) =>
      signedInBy(failure) === undefined
        ? "The tenant asks for more than this sign-in gave: a second factor, a managed device, or consent."
        : "The tenant does not let this application sign in from here, or not without consent.",
    advice: (failure, { tenant }) =>
      signedInBy(failure) === undefined
        ? `Sign in again: \`az login --tenant ${shellWord(tenant ?? "TENANT")}\`. In automation use a service principal: --azure-cert with --tenant and --client-id.`
        : "Who runs the tenant finds the policy that refused it in the portal: Microsoft Entra ID, Sign-in logs, Service principal sign-ins. Or run the command from where it is allowed.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "SignInFailed",
    text: /Permission denied: '[^']+'/,
    meaning: (failure) =>
      `The Azure CLI may not use its own file ${found(failure, DENIED) ?? "of the sign-in"}: most often \`sudo az login\` left it.`,
    advice: (failure) => `\`sudo chown -R "$(id -un)" ${folderIn(found(failure, DENIED))}\`, then repeat the command.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "SignInFailed",
    text: /\bSubscription '[^']*' not found/i,
    meaning: "The Azure CLI does not find the subscription where it is: most often it is in another cloud.",
    advice:
      "`az cloud list -o table` shows where it is, and `az cloud set --name CLOUD` takes it to the subscription's; or `az login` anew. Then repeat the command.",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "SignInFailed",
    text: /Decryption failed|PersistenceDecryptionError/,
    meaning: "The Azure CLI cannot read what it has kept of its sign-in.",
    advice: (_, { tenant }) => `\`az account clear\`, then \`${azLogin(tenant)}\` and repeat the command.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: SIGN_IN,
    meaning: "There is no valid sign-in to Azure.",
    advice: howToSignIn,
    link: "https://learn.microsoft.com/cli/azure/authenticate-azure-cli",
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: ["Http401", "InvalidAuthenticationToken*", "ExpiredAuthenticationToken", "AuthenticationFailed*", "Unauthorized"],
    meaning: "Azure does not take this sign-in.",
    advice: (_, context) =>
      `Signed in as yourself: \`${azLogin(context.tenant)}\` again. A service principal: check --tenant and --client-id, the clock, and --cloud. Then run \`${rerun(context)}\` again.`,
    retry: "no",
    exit: EXIT.signIn,
  },
  {
    code: "SignInUnavailable",
    meaning: (failure) =>
      `Azure's sign-in service${(found(failure, /^(\S+) answered/) ?? "").replace(/^(?=.)/, " ")} is out of order, or asked too often.`,
    advice: (_, context) => `It passes by itself: run \`${rerun(context)}\` again in some minutes.`,
    link: "https://azure.status.microsoft",
    retry: "transient",
  },
];

// --- internal ---

const DENIED = /Permission denied: '([^']+)'/;

/** The flag or the variable that signs in. */
const signedInBy = (failure: AzureFailure): string | undefined => found(failure, / \((--azure-cert|AZURE_[A-Z_]+)\)$/);

/** The client id that Entra names. */
const application = (failure: AzureFailure): string =>
  found(failure, /(?:app|application|identifier) '([0-9a-f]{8}-[0-9a-f-]{27})'/i) ?? "CLIENT_ID";

/** The file with the certificate alone. */
const certificate = (failure: AzureFailure): string =>
  (signedInBy(failure) ?? "--azure-cert") === "--azure-cert" ? "azure-cert.cer" : "CERTIFICATE.pem";

const folderIn = (file: string | undefined): string =>
  file === undefined ? "~/.azure" : shellWord(file.replace(/\/[^/]*$/, ""));

const azLogin = (tenant: string | undefined): string => `az login${tenant === undefined ? "" : ` --tenant ${shellWord(tenant)}`}`;

function howToSignIn(failure: AzureFailure, { tenant }: AdviceContext): string {
  const by = signedInBy(failure);
  if (by !== undefined) {
    const away = by.startsWith("--") ? `leave ${by}, --tenant and --client-id out` : `\`unset ${by}\`, leave --client-id out`;
    return `Check --tenant, --client-id and ${by}. To sign in as yourself instead: ${away}, and type \`az login\`.`;
  }
  return `Type \`${azLogin(tenant)}\` and repeat the command; or give --azure-cert azure-cert.pem with --tenant and --client-id (\`azure-coreos-cluster generate-mgmt-cert\` makes the certificate), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. To try the tool without an account: --simulate.`;
}
