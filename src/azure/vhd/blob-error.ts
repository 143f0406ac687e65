/**
 * Errors of the blob service in the words of the tool: one table from storage's error code to what to do. The SDK's error is
 * not kept as a cause, since it carries the request, and with it a SAS or a token; its code, status and message are.
 */
import { adviceFor } from "../../core/advice/advice.ts";
import { rankOf } from "../../core/advice/table.ts";
import { wayAdvice } from "../../core/advice/way.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";

const ROLE =
  'Give yourself the role: az role assignment create --role "Storage Blob Data Contributor" --assignee YOU --scope ID_OF_THE_STORAGE_ACCOUNT; ' +
  "it takes some minutes to work.";

const ADVICE: Readonly<Record<string, { advice: string; exit?: ExitCode }>> = {
  AuthorizationPermissionMismatch: { advice: ROLE, exit: EXIT.signIn },
  KeyBasedAuthenticationNotPermitted: { advice: `The account takes no account keys. ${ROLE}`, exit: EXIT.signIn },
  AuthorizationFailure: {
    advice:
      "The account's firewall does not let this machine in, or the SAS or key lacks a permission: look at the account's Networking page.",
    exit: EXIT.signIn,
  },
  AuthenticationFailed: {
    advice: "Has the SAS expired, is the account's key right, and does this machine's clock agree with the world's?",
    exit: EXIT.signIn,
  },
  NoAuthenticationInformation: { advice: "Sign in, or give a SAS with the URL.", exit: EXIT.signIn },
  ContainerNotFound: { advice: "Make the container, or give a credential that may; a SAS of a container may not." },
  ContainerBeingDeleted: { advice: "Wait half a minute and run the same command again.", exit: EXIT.conflict },
  BlobNotFound: { advice: "Check the name: blob names are case-sensitive." },
  BlobImmutableDueToPolicy: { advice: "The container has an immutability policy: give another container." },
  InvalidHeaderValue: { advice: "If this is Azurite, start it with --skipApiVersionCheck, or take a newer one." },
  ENOTFOUND: { advice: "Is the account's name right, and is there a network?" },
  ECONNREFUSED: { advice: "Nothing listens there: is the emulator running, and on this port?" },
};

const AGAIN: { advice: string; exit?: ExitCode } = {
  advice: "Run the same command again: what is uploaded is not uploaded twice.",
};

/** A proxy, a certificate: the same as for any other server. */
const ofTheWay = (code: string, { message }: Error) =>
  wayAdvice.some((row) => rankOf(row, code) > 0) ? adviceFor({ code, message }) : undefined;

/** Storage's error code of anything thrown by the SDK (`BlobNotFound`), or the network's (`ENOTFOUND`), or the HTTP status. */
export function blobErrorCode(error: unknown): string {
  const { code, statusCode, details } = (error ?? {}) as {
    code?: unknown;
    statusCode?: unknown;
    details?: { errorCode?: unknown };
  };
  const found = [details?.errorCode, code].find((word) => typeof word === "string" && word !== "");
  return typeof found === "string" ? found : typeof statusCode === "number" ? String(statusCode) : "Unknown";
}

/** HTTP status of the answer, if there was one. */
export const blobErrorStatus = (error: unknown): number | undefined => (error as { statusCode?: number } | undefined)?.statusCode;

/**
 * What to throw for `error`, met while doing `what` ("writing pages of http://..."): a ClusterError with code, advice and exit
 * code; an aborted `signal`'s own reason; errors that are not storage's (sign-in, ours) as they are.
 */
export function blobError(error: unknown, what: string, signal?: AbortSignal): Error {
  if (signal?.aborted === true) return signal.reason as Error;
  if (error instanceof ClusterError || (error as Error | undefined)?.name !== "RestError") return error as Error;
  const code = blobErrorCode(error);
  const known = ADVICE[code] ?? ofTheWay(code, error as Error) ?? AGAIN;
  const status = blobErrorStatus(error);
  // The first line says it; the others are a request id and a time. A signature has no business there, but costs nothing to mask.
  const said = ((error as Error).message.split("\n")[0] ?? "").replace(/\bsig=[^&\s"]+/gi, "sig=REDACTED");
  return new ClusterError(code, `${what} failed${status === undefined ? "" : ` (${status})`}: ${said || code}`, {
    source: "azure",
    advice: known.advice,
    exit: known.exit ?? EXIT.failed,
  });
}
