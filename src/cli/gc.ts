/** gc: destroys the clusters of which the time to live is over, and nothing else. */
import { type AdviceContext, advised } from "../core/advice/advice.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { errorDocument, exitCodeOf, renderError } from "../report/error.ts";
import { duration, plural } from "../core/words.ts";
import { columnsOf } from "../report/wrap.ts";
import { confirm } from "./confirm.ts";
import { type Destroyed } from "../operations/destroy/destroy-cluster.ts";
import { type DestroyDocument, carryOutDestroy, documentOf, leftover } from "./destroy.ts";
import { type Doom, intentOf, surveyDoom } from "../operations/destroy/doom-survey.ts";
import { refuseForbidden } from "../operations/destroy/forbidden.ts";
import type { Invocation } from "./invocation.ts";
import { type KnownCluster, knownClusters } from "../operations/cluster/known-clusters.ts";
import { listDocument, renderList } from "./list.ts";
import { expiryOf, lookIn } from "../operations/cluster/locate.ts";
import { type Session, openSession } from "./session.ts";
import { adviceContext } from "./typed-command.ts";
import { USED, refuseUsed } from "../operations/destroy/used-by-others.ts";

/** How one cluster ended: as destroy would print it, or what stood in the way. */
type Swept = {
  readonly exit: ExitCode;
  readonly document: DestroyDocument | { readonly name: string; readonly resourceGroup: string; readonly error: unknown };
};

export async function gc(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  const session = await openSession(invocation);
  try {
    const now = session.clock.now();
    const expired = (await knownClusters(session, given.resourceGroup)).filter((cluster) => isOver(cluster, now));
    if (expired.length === 0) session.say("No cluster has passed its time to live.");
    else
      session.say(
        `${expired.length} ${plural("cluster", expired.length)} past ${expired.length === 1 ? "its" : "their"} time to live:\n\n${renderList(expired, now, columnsOf(world.stderr))}`,
      );
    if (given.dryRun === true) {
      if (given.json === true) world.stdout.write(`${JSON.stringify(expired.map(listDocument))}\n`);
      return EXIT.done;
    }
    if (expired.length > 0) await confirm(invocation, `Type "yes" to destroy ${named(expired)}:`, "yes");
    session.report(
      expired.reduce((sum, cluster) => sum + cluster.nodes, 0),
      undefined,
      "being deleted",
    );
    const swept = await sweepAll(session, expired, adviceContext(invocation));
    session.endReport();
    if (given.json === true) world.stdout.write(`${JSON.stringify(swept.map((one) => one.document))}\n`);
    return worst(swept.map((one) => one.exit));
  } finally {
    await session.close();
  }
}

// --- internal ---

const isOver = ({ expires }: Pick<KnownCluster, "expires">, now: number): boolean => expires !== undefined && expires <= now;

/** Said in the question itself, for with --quiet nothing stands above it. */
function named(clusters: readonly KnownCluster[]): string {
  const names = clusters.slice(0, 5).map(({ name }) => name);
  return clusters.length > 5 ? `${names.join(", ")} and ${clusters.length - 5} more` : names.join(", ");
}

/**
 * Each is worked on by itself: one that fails stops no other. One that another one uses (its network) is tried again when
 * that has gone, and only then is it a failure.
 */
async function sweepAll(session: Session, clusters: readonly KnownCluster[], context: AdviceContext): Promise<Swept[]> {
  const swept = await Promise.all(clusters.map((cluster) => sweep(session, cluster).catch((error: unknown) => ({ error }))));
  session.tools.signal.throwIfAborted();
  const used = clusters.filter((_, index) => isUsed(swept[index]));
  const again = used.length > 0 && used.length < clusters.length ? await sweepAll(session, used, context) : undefined;
  return clusters.map((cluster, index): Swept => {
    const one = swept[index];
    if (again !== undefined && isUsed(one)) return again[used.indexOf(cluster)] as Swept;
    if (one === undefined || "error" in one) return failed(session, cluster, one?.error, context);
    return one;
  });
}

const isUsed = (one: Swept | { readonly error: unknown } | undefined): boolean =>
  one !== undefined && "error" in one && one.error instanceof ClusterError && one.error.code === USED;

/** @throws what stood in the way */
async function sweep(session: Session, { name, groupName }: KnownCluster): Promise<Swept> {
  if (session.stop.aborted) throw session.stop.reason;
  const located = await lookIn(session, name, groupName);
  const expires = expiryOf(located);
  // somebody may have given it more time since the list was read
  if (expires === undefined || expires > session.clock.now()) {
    session.emit({
      kind: "note",
      id: `gc/${groupName}/${name}`,
      label: name,
      message:
        expires === undefined
          ? `${name} is gone, or has no time to live any more.`
          : `${name} was given more time: it expires in ${duration(expires - session.clock.now())}.`,
    });
    return { exit: EXIT.done, document: documentOf(session, { located }, { deleted: [], left: [] }) };
  }
  const doom = await surveyDoom(session, located);
  await refuseForbidden(session, intentOf(doom));
  await refuseUsed(session, doom);
  return ended(session, doom, await carryOutDestroy(session, doom));
}

function ended(session: Session, doom: Doom, destroyed: Destroyed): Swept {
  const document = documentOf(session, doom, destroyed);
  if (destroyed.left.length === 0) return { exit: EXIT.done, document };
  const error = leftover(doom, destroyed, session.stop.aborted);
  session.say(renderError(error, { color: false }));
  return { exit: error.exit, document };
}

function failed(session: Session, { name, groupName }: KnownCluster, thrown: unknown, context: AdviceContext): Swept {
  const error = thrown instanceof ClusterError ? advised(thrown, { ...context, name, resourceGroup: groupName }) : thrown;
  const known =
    error instanceof ClusterError
      ? new ClusterError(error.code, `${name}: ${error.message}`, {
          source: error.source,
          exit: error.exit,
          ...(error.advice === undefined ? {} : { advice: error.advice }),
          cause: error,
        })
      : error;
  session.say(renderError(known, { color: false }));
  return { exit: exitCodeOf(error), document: { name, resourceGroup: groupName, error: errorDocument(error) } };
}

/** The worst of several exit codes: an interrupt before a failure, a failure before what is only partly done. */
function worst(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce((a, b) => (b > a ? b : a), EXIT.done as ExitCode);
}
