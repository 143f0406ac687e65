/** The subscription that the Azure CLI has selected, read from its own profile file as other tools do. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Its id; undefined when the CLI was never used here or nobody is signed in. */
export async function selectedSubscription(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const folder = env["AZURE_CONFIG_DIR"] ?? join(env["HOME"] ?? env["USERPROFILE"] ?? ".", ".azure");
  try {
    // The CLI writes a byte order mark.
    const text = (await readFile(join(folder, "azureProfile.json"), "utf8")).replace(/^\uFEFF/, "");
    const { subscriptions } = JSON.parse(text) as { subscriptions?: { id?: string; isDefault?: boolean }[] };
    return subscriptions?.find((one) => one.isDefault === true)?.id?.toLowerCase();
  } catch {
    return undefined;
  }
}
