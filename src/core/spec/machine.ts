/** What may be asked of machines beside their size: zones, the most that a spot machine may cost, and who they are to Azure. */
import { usageError } from "../errors.ts";
import { type Parse, accepting } from "./parse.ts";

/** Zones as Azure numbers them in each subscription, several with commas between them; in the order in which nodes get them. */
export const zones: Parse<readonly string[]> = accepting(
  { type: ["integer", "string"], minimum: 1, maximum: 3, pattern: "^\\s*[1-3]\\s*(,\\s*[1-3]\\s*)*$" },
  (value) => {
    const given = value.split(",").map((one) => one.trim());
    const wrong = given.find((one) => !/^[1-3]$/.test(one));
    if (wrong !== undefined)
      throw usageError(`"${wrong}" is no availability zone`, "Azure's zones are 1, 2 and 3: --zones 1,2,3.");
    return [...new Set(given)];
  },
);

/** Azure's rule: -1, or more than nothing with five decimals at most, in USD an hour. */
export const spotPrice: Parse<number> = accepting(
  { type: ["number", "string"], minimum: -1, pattern: "^\\s*(-1|(?=[\\d.]*[1-9])\\d{1,6}(\\.\\d{1,5})?)\\s*$" },
  (value) => {
    const text = value.trim();
    if (text === "-1") return -1;
    if (!/^\d{1,6}(?:\.\d{1,5})?$/.test(text) || Number(text) <= 0)
      throw usageError(
        `"${value}" is no price of an hour in USD`,
        "Write it as 0.05, with five decimals at most; -1 is up to the normal price.",
      );
    return Number(text);
  },
);

/** Whether any machine may be a spot machine. */
export const isSpotAsked = ({ spot }: { readonly spot: string | undefined }): boolean => spot !== undefined && spot !== "none";

/** An id of eight parts, or a name; what is wrong within an id the parser says. */
const IDENTITY = "\\s*(/[^,/]+(/[^,/]+){7}|[A-Za-z0-9][A-Za-z0-9_-]{2,127})/?\\s*";

/** Ids or names, several with commas between them (as they are kept). */
export const identities: Parse<readonly string[]> = accepting(
  { type: "string", pattern: `^${IDENTITY}(,${IDENTITY})*$` },
  (value) => {
    const given = value.split(",").map((one) => one.trim().replace(/\/$/, ""));
    const wrong = given.find((one) => !(one.includes("/") ? IDENTITY_ID : IDENTITY_NAME).test(one));
    if (wrong !== undefined)
      throw usageError(
        `"${wrong}" is no user-assigned managed identity`,
        "Give its id (`az identity list --query '[].id' --output tsv` lists them), or its name in the cluster's resource group.",
      );
    return [...new Set(given)];
  },
);

/** Names become ids in the cluster's own group, so that what is kept means the same from everywhere. */
export function namedIdentities<T extends { readonly identity?: readonly string[] }>(
  given: T,
  home: { readonly subscription: string; readonly group: string },
): T {
  if (given.identity === undefined) return given;
  const base = `/subscriptions/${home.subscription}/resourceGroups/${home.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;
  const ids = given.identity.map((one) => (one.includes("/") ? one : `${base}/${one}`));
  const once = new Map(ids.map((id) => [id.toLowerCase(), id]));
  return { ...given, identity: [...once.values()] };
}

// --- internal ---

const IDENTITY_ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\p{L}\p{N}_().-]{1,90}\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[a-z0-9][a-z0-9_-]{2,127}$/iu;
const IDENTITY_NAME = /^[a-z0-9][a-z0-9_-]{2,127}$/i;
