/**
 * Which questions a command goes on without. A read that failed has not said that nothing is there: it is swallowed here alone, for what is
 * named here, and by callers whose answer may stay open. Many sign-ins have rights on one resource group and on no more.
 */
import { AzureError, isMisdirected } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { place } from "../../core/account.ts";
import type { Run } from "../run.ts";

/** Undefined where this sign-in may not ask (403). */
export async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AzureError && error.status === 403) return undefined;
    throw error;
  }
}

/**
 * For checks that a command can do without, as Azure makes them itself: undefined where this one question is not allowed or not answered, in
 * whatever way. A refused sign-in (401) or a wrong place ends the run: no other question will fare better.
 * @param told why not
 */
export async function unlessUnanswered<T>(
  read: () => Promise<T>,
  told: (error: AzureError) => void = () => undefined,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AzureError) || error.status === 401 || isMisdirected(error)) throw error;
    told(error);
    return undefined;
  }
}

/** What is read through a whole subscription. @throws ClusterError exit 4, which says that a group must be named */
export async function everywhere<T>(run: Run, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof AzureError) || error.status !== 403) throw error;
    throw new ClusterError(error.code, `this sign-in may not look through the ${place(await run.account())}`, {
      source: "azure",
      exit: EXIT.signIn,
      advice:
        "Only a group that is named can be looked at: give --resource-group NAME. To see all, ask an owner for the role Reader.",
      cause: error,
    });
  }
}

/** All, or where that is forbidden what is in the group. */
export const asFarAsAllowed = async <T extends object>(all: () => Promise<T>, inGroup: () => Promise<T>): Promise<T> =>
  (await unlessForbidden(all)) ?? inGroup();
