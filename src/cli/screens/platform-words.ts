/** What install and upgrade of a platform ask and say alike: the admin's password, and which script will be run. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { Script } from "../../operations/platform/installer.ts";
import { fitPassword, passwordIn } from "../../operations/platform/password.ts";
import { asks } from "../confirm.ts";
import type { Invocation } from "../invocation.ts";
import type { Session } from "../session.ts";

/** A rehearsal fetches nothing, and so knows no digest. */
export const sayScript = (session: Session, word: string, { source, sha256 }: Script): void =>
  session.say(`${word}: ${source}${session.simulated ? ", which a rehearsal does not fetch" : `, SHA-256 ${sha256}`}.`);

/** From the file, from the terminal, or nobody's: then it is made. @throws ClusterError Usage */
export async function passwordOf(
  { world, given }: Invocation,
  { known }: { readonly known: boolean },
): Promise<string | undefined> {
  if (given.passwordFile !== undefined) return passwordIn(world, given.passwordFile);
  if (known || !asks({ world, given })) return undefined;
  const typed = await world.askSecretly("Password of the platform's admin (Enter makes one): ");
  if (typed === undefined)
    throw new ClusterError("Interrupted", "interrupted", { exit: EXIT.interrupted, advice: "Nothing was changed." });
  // Enter is an answer, the end of the input is none
  if (typed === null)
    throw new ClusterError("NotConfirmed", "no password was given", { exit: EXIT.failed, advice: "Nothing was changed." });
  return typed === "" ? undefined : fitPassword(typed, "the password");
}
