/** What is read through a whole subscription, for sign-ins that may look into one resource group only: many have rights on no more. */
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { place } from "../../core/account.ts";
import type { Run } from "../run.ts";

/** @throws ClusterError exit 4, which says that a group must be named */
export async function everywhere<T>(run: Run, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!isForbidden(error)) throw error;
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
export async function asFarAsAllowed<T>(all: () => Promise<T>, inGroup: () => Promise<T>): Promise<T> {
  try {
    return await all();
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return inGroup();
  }
}

// --- internal ---

const isForbidden = (error: unknown): error is AzureError => error instanceof AzureError && error.status === 403;
