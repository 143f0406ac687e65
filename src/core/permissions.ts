/** What a sign-in may do, as Azure's role definitions say it: allowed and forbidden actions, with wildcards. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether any of the roles allows an action such as `Microsoft.Compute/virtualMachines/delete`. */
export const allows = (permissions: readonly Permission[], action: string): boolean =>
  permissions.some(
    ({ actions, notActions }) => actions.some((one) => covers(one, action)) && !notActions.some((one) => covers(one, action)),
  );

/**
 * Whether one of the roles lets its holder read whatever may be there. Azure's lists leave out, without a word, what may not be read. A right of which a
 * part is taken away again may be the one that it takes.
 */
export const seesAll = (permissions: readonly Permission[]): boolean =>
  permissions.some(
    ({ actions, notActions }) => actions.some((one) => covers(one, "*/read")) && !notActions.some((one) => coversSomeRead(one)),
  );

// --- internal ---

function coversSomeRead(pattern: string): boolean {
  const end = pattern.slice(pattern.lastIndexOf("*") + 1).toLowerCase();
  return end.endsWith("/read") || (pattern.includes("*") && "/read".endsWith(end));
}

/** A wildcard stands for any text, slashes too, and actions are compared without regard to case. */
function covers(pattern: string, action: string): boolean {
  const source = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "i").test(action);
}
