/** The head of a screen: which subscription, and who signed in. Who is in the wrong one sees it before anything is made or deleted. */
import { accountLine } from "../../core/account.ts";
import type { Session } from "../session.ts";

/** Begun before the work, so that nobody waits for it; to be awaited before anything else is shown. */
export async function sayHead(session: Session): Promise<void> {
  await session.head(async () => {
    const line = accountLine(await session.account());
    return `${line.slice(0, 1).toUpperCase()}${line.slice(1)}`;
  });
  // with a thousand nodes the plan takes seconds more
  session.world.waiting?.();
}
