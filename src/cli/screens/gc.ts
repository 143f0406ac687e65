/** gc on a terminal: shows which clusters are over, asks, and tells how each one ended. The work is operations/gc.ts. */
import { defined } from "../../core/defined.ts";
import { accountWords } from "../../core/account.ts";
import type { Documents } from "../../core/documents.ts";
import { advised } from "../../core/advice/advice.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { inItsPlace } from "../../core/own-commands.ts";
import { plural, few } from "../../core/words.ts";
import type { KnownCluster } from "../../operations/cluster/known-clusters.ts";
import { type Swept, expiredClusters, sweep } from "../../operations/gc.ts";
import { listDocument } from "../../operations/list.ts";
import { errorDocument, exitCodeOf, renderError } from "../../report/error.ts";
import { columnsOf } from "../../report/wrap.ts";
import { confirm } from "../confirm.ts";
import { sayKept } from "./destroy.ts";
import { sayHead } from "./head.ts";
import type { Invocation } from "../invocation.ts";
import { renderList } from "./list.ts";
import { type Session, inSession } from "../session.ts";
import { adviceContext } from "../typed-command.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function gcCommand(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  return inSession(invocation, async (session) => {
    const head = sayHead(session);
    const options = inGroup(given);
    const expired = await expiredClusters(session, options);
    await head;
    const account = await session.account();
    const documents = expired.map((one) => listDocument(account, one));
    if (expired.length === 0) session.say("No cluster has passed its time to live.");
    else
      session.say(
        `${expired.length} ${plural("cluster", expired.length)} past ${expired.length === 1 ? "its" : "their"} time to live:\n\n${renderList(documents, session.clock.now(), columnsOf(world.stderr))}`,
      );
    if (given.dryRun === true) {
      session.hand(documents);
      return EXIT.done;
    }
    if (expired.length > 0)
      await confirm(invocation, `Type "yes" to destroy ${named(expired)}, in ${accountWords(account)}:`, "yes");
    const nodes = expired.reduce((sum, cluster) => sum + cluster.nodes, 0);
    session.report(nodes, { doing: "being deleted" });
    const ended = (await sweep(session, expired)).map((one) => told(session, invocation, one));
    session.endReport();
    session.hand(ended.map((one) => one.document));
    return exitOfAll(ended.map((one) => one.exit));
  });
}

// --- internal ---

/** Said in the question itself, for with --quiet nothing stands above it. */
const named = (clusters: readonly KnownCluster[]): string =>
  few(
    clusters.map(({ name }) => name),
    5,
  );

interface Ended {
  readonly exit: ExitCode;
  readonly document: Documents["gc"][number];
}

function told(session: Session, invocation: Invocation, one: Swept): Ended {
  const { name, groupName: resourceGroup } = one.cluster;
  if ("thrown" in one) {
    const context = { ...adviceContext(invocation), name, resourceGroup };
    const error =
      one.thrown instanceof ClusterError ? inItsPlace(advised(one.thrown, context), name, { resourceGroup }) : one.thrown;
    session.say(renderError(withName(name, error), { color: false }));
    return { exit: exitCodeOf(error), document: { name, resourceGroup, error: errorDocument(error) } };
  }
  sayKept(session, one.document.kept);
  if (one.error === undefined) return { exit: EXIT.done, document: one.document };
  session.say(renderError(inItsPlace(one.error, name, { resourceGroup }), { color: false }));
  return { exit: one.error.exit, document: one.document };
}

/** Of several clusters each failure says whose it is. */
function withName(name: string, error: unknown): unknown {
  if (!(error instanceof ClusterError)) return error;
  return new ClusterError(error.code, `${name}: ${error.message}`, {
    source: error.source,
    exit: error.exit,
    ...defined({ advice: error.advice }),
    cause: error,
  });
}

/** Of several: an interrupt, else what they all ended with, else that they ended differently. */
function exitOfAll(codes: readonly ExitCode[]): ExitCode {
  if (codes.includes(EXIT.interrupted)) return EXIT.interrupted;
  const [first = EXIT.done, ...others] = new Set(codes);
  return others.length === 0 ? first : EXIT.partly;
}
