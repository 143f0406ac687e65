/**
 * Who signs in: a certificate, or whoever Azure's default credential chain finds; and as whom, which only the token tells that was got.
 * The token itself goes to Azure and nowhere else.
 */
import { defined } from "../../core/defined.ts";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Cloud } from "../../azure/clouds.ts";
import { type SignedIn, signedInBy } from "../../core/account.ts";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { abortable } from "../../engine/abortable.ts";
import type { Emit } from "../../engine/event.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import type { KnownSubscription } from "./azure-cli-profile.ts";
import { ownPath } from "../files/own-path.ts";
import type { Surroundings } from "../run.ts";

export interface NamedCredential extends TokenCredential {
  /** Once the first token was got, or was not: whose the last one is; undefined where it does not say. */
  signedIn(): Promise<SignedIn | undefined>;
}

/** @throws ClusterError SignInIncomplete, and what a certificate is refused with */
export async function signIn(
  outside: Surroundings,
  given: Partial<FlagValues>,
  { cloud, known, httpClient, emit }: { cloud: Cloud; known: KnownSubscription; httpClient: HttpClient; emit: Emit },
): Promise<NamedCredential> {
  if (outside.credential !== undefined) return named(outside.credential);
  const { createCredential } = await import("../../azure/credentials.ts");
  let certificate: string | undefined;
  if (given.azureCert !== undefined) {
    if (given.tenant === undefined || given.clientId === undefined) {
      const { refuseIncompleteSignIn } = await import("../../core/spec/spec.ts");
      throw refuseIncompleteSignIn();
    }
    certificate = await checkedCertificate(outside, given.azureCert, emit);
  }
  const byHand = typed(outside, given);
  if (certificate === undefined && (byHand.tenant || byHand.clientId)) {
    const { heldIn, missingBeside } = await import("../../azure/environment-sign-in.ts");
    const held = heldIn(outside.env);
    const missing = held && missingBeside(held, given);
    if (missing !== undefined)
      throw new ClusterError("SignInIncomplete", missing, {
        exit: EXIT.usage,
        advice: `Give what is missing, or unset ${held?.variable} where somebody else is to sign in.`,
      });
  }
  const fromEnvironment = certificate === undefined ? await readHeldFile(outside, given, emit) : undefined;
  const credential = await createCredential({
    cloud,
    httpClient,
    env: outside.env,
    clientIdNamed: byHand.clientId,
    ...defined({
      cliSubscription: known.id,
      tenant: given.tenant,
      clientId: given.clientId,
      certificate,
      environmentCertificate: fromEnvironment,
    }),
  });
  return named(credential);
}

/**
 * The same for the clients of the SDK, ending with the run and not with a request of it: they share the wait for a token, under the
 * signal of whoever asked first, and would give it up for all when he has no more time.
 */
export const untilEnd = (credential: TokenCredential, end: AbortSignal): TokenCredential => ({
  getToken: (scopes, how) => abortable(credential.getToken(scopes, { ...how, abortSignal: end }), end),
});

// --- internal ---

/** What is in the file, once it can sign in. */
async function checkedCertificate(outside: Surroundings, path: string, emit: Emit, named?: string): Promise<string> {
  const { checkManagementCertificate } = await import("../../prepare/management-certificate.ts");
  const { pem, notes } = await checkManagementCertificate(ownPath(outside, path), outside.clock.now(), named);
  for (const message of notes) emit({ kind: "note", id: "azure-cert", label: "certificate", message });
  return pem;
}

/**
 * The file of the environment that signs in, read here as every file that somebody names: the SDK would stand still in a pipe that nobody
 * writes to, and fill the memory from a device. A certificate is judged as that of --azure-cert, but one with a passphrase, which only the
 * SDK opens.
 * @returns the certificate's text; nothing of a token's, which the SDK reads anew whenever it needs one
 * @throws ClusterError Usage, and what a certificate is refused with
 */
async function readHeldFile(
  outside: Surroundings,
  { tenant, clientId }: Partial<FlagValues>,
  emit: Emit,
): Promise<string | undefined> {
  const { CERTIFICATE_PASSWORD, CERTIFICATE_PATH, TOKEN_FILE, heldIn } = await import("../../azure/environment-sign-in.ts");
  const variable = heldIn(outside.env)?.variable;
  if (tenant === undefined || clientId === undefined || (variable !== CERTIFICATE_PATH && variable !== TOKEN_FILE))
    return undefined;
  const path = outside.env[variable] ?? "";
  if (variable === CERTIFICATE_PATH && !outside.env[CERTIFICATE_PASSWORD])
    return checkedCertificate(outside, path, emit, variable);
  try {
    if (variable === CERTIFICATE_PATH) return (await readWhole(ownPath(outside, path))).toString("utf8");
    const file = resolve(outside.cwd, path);
    const there = await stat(file);
    if (!there.isFile() && !there.isDirectory()) throw new Error("it is no regular file, and it is read more than once");
    await readWhole(file);
    return undefined;
  } catch (error) {
    throw usageError(`${variable}: cannot read ${path}`, whyUnread(error));
  }
}

/** What does not stand in the environment for everybody: a flag or a file says it for this command, and it must have its effect. */
function typed({ env }: Surroundings, { tenant, clientId }: Partial<FlagValues>): { tenant: boolean; clientId: boolean } {
  const other = (value: string | undefined, name: string): boolean =>
    value !== undefined && value.toLowerCase() !== env[name]?.trim().toLowerCase();
  return { tenant: other(tenant, "AZURE_TENANT_ID"), clientId: other(clientId, "AZURE_CLIENT_ID") };
}

/** Remembers whose the last token was. One that does so already stays as it is. */
function named(credential: TokenCredential): NamedCredential {
  if ("signedIn" in credential) return credential as NamedCredential;
  let last: SignedIn | undefined;
  const { promise: first, resolve } = Promise.withResolvers<void>();
  return {
    async getToken(scopes, options) {
      try {
        const token = await credential.getToken(scopes, options);
        if (token !== null) last = signedInBy(token.token);
        return token;
      } finally {
        resolve();
      }
    },
    signedIn: () => first.then(() => last),
  };
}
