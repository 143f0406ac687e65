/**
 * The name of the storage account that the tool makes for an image when no `--blob-container-url` is given. Computed, so that a
 * rerun from anywhere finds the account of the first run. Only the name: the plan makes the account and the container.
 */
import { createHash } from "node:crypto";

/** The container inside that account; the same word as in the article's URL. */
export const IMAGE_CONTAINER = "vhds";

/** The seed of a cluster's account. ARM compares names without regard to case, so the seed does too. */
export const storageAccountSeed = (subscription: string, resourceGroup: string, cluster: string): string =>
  [subscription, resourceGroup, cluster].map((part) => part.toLowerCase()).join("/");

/**
 * A storage account name made from `seed`: "coreos" and 18 letters or digits, 24 in all. Rule: 3 to 24 lower-case letters and
 * digits, unique over all of Azure; 90 bits of SHA-256 make a clash with somebody else's account a matter of intent.
 */
export function storageAccountName(seed: string): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const hash = createHash("sha256").update(seed).digest();
  return `coreos${[...hash.subarray(0, 18)].map((byte) => alphabet[byte & 31]).join("")}`;
}
