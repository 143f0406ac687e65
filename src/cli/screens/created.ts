/** The last screen of create: what is there, for scripts and for people, what is missing and why, and what to type next. */
import { defined } from "../../core/defined.ts";
import { relative } from "node:path";
import { advised, retryClass } from "../../core/advice/advice.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { canLogIn } from "../../nodes/identity.ts";
import { machinesOf } from "../../operations/cluster/nodes-there.ts";
import { platformIn } from "../../operations/platform/tag.ts";
import { dnsLines, nextSteps, sampleHost } from "../../core/outputs.ts";
import { are, duration, plural, someOf } from "../../core/words.ts";
import { failureContext } from "../../operations/create/failure-context.ts";
import { type Created, endpointsFromOutside } from "../../operations/create/finish.ts";
import { leftOpen } from "../../operations/create/left-open.ts";
import type { Prepared } from "../../operations/create/prepared.ts";
import { quotedBelow, quotesAzure } from "../../report/error.ts";
import { short } from "../../report/short.ts";
import { prose } from "../../report/wrap.ts";
import type { Ci } from "../world.ts";
import { createdOutputs, createdPage } from "../../report/created-page.ts";
import { sameCauses, namesOf } from "../../report/same-cause.ts";
import type { Invocation } from "../invocation.ts";
import { withTypedFlags } from "../next-command.ts";
import type { Session } from "../session.ts";
import { shellWord } from "../../core/quoting.ts";

/** @throws ClusterError when no node came up: what went wrong, how to go on, and how to clean up */
export async function printCreated(session: Session, invocation: Invocation, created: Created): Promise<ExitCode> {
  const { world, given } = invocation;
  const { prepared, document, exit, missing, unknownHostKeys: unknown } = created;
  if (created.failure !== undefined && created.ready === 0) throw withContinuation(session, prepared, created);
  session.hand(document);
  if (given.json !== true) {
    world.stdout.write(world.stdout.isTTY ? sampled(world.cwd, created) : created.sshConfig);
    if (document.nodes.some((node) => node.publicIp !== undefined)) world.stdout.write(`\n${dnsLines(document)}`);
  }
  if (unknown > 0)
    session.say(
      `The host keys of ${unknown} ${plural("node", unknown)} are not known (they made their own): ssh trusts what they show at the first login.`,
    );
  if (exit === EXIT.done) await sayNext(session, world.cwd, prepared, created);
  if (exit !== EXIT.done || missing.length > 0) {
    const text = whatIsMissing(session, prepared, created);
    // who wants no progress still has to know what did not come, and how to go on
    if (given.quiet === true && exit !== EXIT.done) prose(world.stderr, `${withTypedFlags(invocation)(text)}\n`);
    else session.say(text);
  }
  for (const why of created.unwritten) session.sayUnwritten(why);
  if (world.ci !== undefined) await handToCi(session, world.ci, prepared, created);
  return exit;
}

/** What a create that was ended at once throws, without looking at what it has made: it says how to be rid of that. */
export function endedAtOnce(session: Session, prepared: Prepared, error: unknown): unknown {
  if (!(error instanceof ClusterError) || error.code !== "Interrupted") return error;
  const advice = [error.advice ?? "", ...away(session, prepared, prepared.spec.name)].join(" ");
  return new ClusterError(error.code, error.message, { source: error.source, exit: error.exit, advice, cause: error.cause });
}

// --- internal ---

/** Whoever looks has the file; whoever reads the output has all of it. */
function sampled(cwd: string, { document, sshConfig, sshConfigFile }: Created): string {
  const there = document.nodes.filter(({ name }) => sshConfig.includes(`Host ${name}\n`));
  const [first, ...more] = there;
  if (first === undefined || more.length === 0) return sshConfig;
  const file = relative(cwd, sshConfigFile);
  return `# ${there.length} nodes in ${file}: ssh -F ${shellWord(file)} ${first.name}\n${sampleHost(sshConfig, first.name)}`;
}

/** A step that comes later goes on with these; what did not come up is an error beside the step's name. */
async function handToCi(session: Session, ci: Ci, prepared: Prepared, created: Created): Promise<void> {
  const { document, missing, failure, sshConfigFile, privateKeyFile } = created;
  if (missing.length > 0 || created.exit !== EXIT.done) {
    const why = failure instanceof ClusterError ? [advised(failure, failureContext(prepared, document)).message] : [];
    const causes = sameCauses(missing).map(({ names, cause }) => `${namesOf(names)}: ${cause}`);
    const { thing, done } = wordsOf(created.level);
    const all = document.nodes.length;
    const title =
      missing.length === 0
        ? `${document.name} is not as it was asked for`
        : `${someOf(missing.length, all, thing)} of ${document.name} ${are(all)} not ${done}`;
    ci.annotate("error", title, [...causes, ...notChangedIn(created), ...why].join("\n"));
  }
  const outputs = { ...createdOutputs(document), "ssh-config": sshConfigFile, "ssh-key": privateKeyFile ?? "" };
  const ready = document.nodes.length - missing.length;
  await ci
    .hand(outputs, createdPage(document, { ready, waitFor: created.level, rehearsal: session.simulated }))
    .catch((error: unknown) =>
      session.say(`What later steps read could not be written: ${error instanceof Error ? error.message : String(error)}`),
    );
}

async function sayNext(session: Session, cwd: string, prepared: Prepared, created: Created): Promise<void> {
  const { spec, materials } = prepared;
  const { document, privateKeyFile: key } = created;
  session.say(
    `\n${nextSteps(document, {
      // a platform says how it is itself
      deis: spec.deis && platformIn(prepared.found.claim?.tags) === undefined,
      platform: spec.platform,
      etcdTls: materials.tls,
      canLogIn: canLogIn(materials.identity),
      sshKeyFile: key === undefined ? "" : relative(cwd, key),
      sshConfigFile: relative(cwd, created.sshConfigFile),
      next: session.next,
      openings: leftOpen(prepared),
      rehearsal: session.simulated,
    })}`,
  );
  const endpoints = await endpointsFromOutside(session, prepared, document);
  if (endpoints !== undefined) session.say(["", "From outside:", ...endpoints.map(({ text }) => `  ${text}`)].join("\n"));
}

function withContinuation(session: Session, prepared: Prepared, created: Created): unknown {
  const { failure, exit, document } = created;
  if (!(failure instanceof ClusterError) || failure.exit === EXIT.conflict) return failure;
  const known = advised(failure, failureContext(prepared, document));
  return new ClusterError(known.code, known.message, {
    source: known.source,
    exit: known.exit === EXIT.failed && exit !== EXIT.partly ? exit : known.exit,
    advice: [waitedFor(created), known.advice, continuation(session, prepared, created, known)]
      .filter((one) => one !== undefined)
      .join("\n"),
    ...defined({ link: known.link }),
    cause: known.cause,
  });
}

/**
 * How to go on, and how to be rid of it: of the whole, or, where machines stood before this run, of what it has added. What Azure would
 * refuse again is settled first, and under a name that cannot be had nothing goes on. What the advice says already is not said twice.
 */
function continuation(
  session: Session,
  prepared: Prepared,
  { document: { name, resources }, failure, unfinished }: Created,
  known?: ClusterError,
): string {
  const stood = machinesOf(prepared.spec, prepared.ours).length > 0;
  const changed = resources.created + resources.updated;
  const there = changed + (stood ? 0 : resources.unchanged) > 0;
  const unclear = unfinished.flatMap(({ label, unclear: isUnclear }) => (isUnclear ? [label] : []));
  if (!there && !stood && unclear.length === 0) return "Nothing was made.";
  const again = "the same command again.";
  const go =
    known?.exit === EXIT.conflict
      ? []
      : [
          failure instanceof AzureError && refusedAgain(failure)
            ? `Continue, once that is settled: ${again}`
            : `Continue: ${again}`,
        ];
  const said = known?.advice?.includes(`azure-coreos-cluster destroy ${name}`) === true;
  const stays = there
    ? [`What was ${stood && resources.created === 0 ? "changed" : "made"} stays.`]
    : unclear.length === 0
      ? ["Nothing was changed."]
      : [];
  const maybe = unclear.length === 0 ? [] : [`Azure was asked for ${fewOf(unclear)}, and may have made it, or make it still.`];
  return [...stays, ...maybe, ...go, ...(said || (stood && !there) ? [] : away(session, prepared, name))].join(" ");
}

/** A cluster that stands is not destroyed because it could not grow. */
function away(session: Session, { spec, ours, facts, known }: Prepared, name: string): string[] {
  if (machinesOf(spec, ours).length === 0) return [`Remove it: ${session.next(`destroy ${name}`)}`];
  const fresh = facts.nodes.map(({ index }) => index).filter((index) => !known.has(index));
  return fresh.length === 0 ? [] : [`Take the new nodes away: ${session.next(`remove ${name} ${fresh.join(" ")}`)}`];
}

/** What the time was spent on, and what Azure had answered there. */
function waitedFor({ failure, unfinished }: Created): string | undefined {
  if (!(failure instanceof ClusterError) || failure.code !== "Timeout" || unfinished.length === 0) return undefined;
  const all = unfinished.map(({ label, lastRetry }) =>
    lastRetry === undefined ? label : `${label} (${lastRetry.code}: to be asked for again after ${duration(lastRetry.delayMs)})`,
  );
  return `What was waited for: ${fewOf(all)}.`;
}

const fewOf = (all: readonly string[]): string =>
  all.length <= 4 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`;

const refusedAgain = ({ status, code, message, details }: AzureError): boolean =>
  retryClass(status, code, message, details) === "no";

/** Whom nobody has asked is not called ready. */
const wordsOf = (level: Created["level"]): { readonly thing: string; readonly done: string } =>
  level === "machines" ? { thing: "machine", done: "made" } : { thing: "node", done: "ready" };

/** What stands runs on as it was. */
const notChangedIn = ({ notChanged }: Created): string[] =>
  notChanged.length === 0 ? [] : [`Not changed: ${fewOf(notChanged)}.`];

function whatIsMissing(session: Session, prepared: Prepared, created: Created): string {
  const { document, missing, failure, level } = created;
  const { thing, done } = wordsOf(level);
  const all = document.nodes.length;
  const causes = sameCauses(missing);
  const list = causes
    .slice(0, 10)
    .flatMap(({ names, cause, more }) => [`  ${namesOf(names)}: ${cause}`, ...more.map((line) => `    ${line}`)]);
  const more = causes.length > 10 ? [`  and ${causes.slice(10).flatMap(({ names }) => names).length} more`] : [];
  const known = failure instanceof ClusterError ? advised(failure, failureContext(prepared, document)) : undefined;
  const why =
    known === undefined
      ? []
      : [
          `${short(known.message, { own: !quotesAzure(known) })} (${known.code})`,
          ...(known.advice === undefined ? [] : [known.advice]),
          ...quotedBelow(known),
        ];
  return [
    "",
    missing.length === 0
      ? `${all === 1 ? `The ${thing}` : `All ${all} ${plural(thing, all)}`} ${are(all)} ${done}.`
      : `${someOf(all - missing.length, all, thing)} ${are(all)} ${done}. Not ${done}:`,
    ...list,
    ...more,
    ...notChangedIn(created),
    ...why,
    continuation(session, prepared, created, known),
  ].join("\n");
}
