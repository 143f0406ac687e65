/** create and plan on a terminal: the plan first, then the progress, then what is there. The work is operations/create.ts. */
import { defined } from "../../core/defined.ts";
import { shortPlace } from "../../core/account.ts";
import type { CostDocument } from "../../core/documents.ts";
import { EXIT } from "../../core/errors.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { type Priced, carryOutCreate, planCluster, planPricedCreate } from "../../operations/create.ts";
import { isAtWork } from "../../engine/decide.ts";
import { liveOf } from "../../operations/create/planned.ts";
import type { Prepared } from "../../operations/create/prepared.ts";
import { plannedSizes } from "../../operations/create/sizes.ts";
import { checkWish, takenForNew } from "../../operations/create/wish.ts";
import { refuseOther } from "../../operations/files/given-files.ts";
import { openToWrite } from "../../operations/files/open-pipe.ts";
import { planDocument } from "../../operations/create/result-document.ts";
import { ownPath } from "../../operations/files/own-path.ts";
import { refuseUnwritable } from "../../operations/files/replace-file.ts";
import { renderPrice, renderRate } from "../../report/cost.ts";
import { abilities } from "../../report/paint.ts";
import type { Head } from "../../report/frame-line.ts";
import { type PlanAction, type PlannedResource, planEvents, renderPlan } from "../../report/plan.ts";
import { timings } from "../../report/timings.ts";
import { plural } from "../../core/words.ts";
import { agreeTo, asks } from "../confirm.ts";
import { endedAtOnce, printCreated } from "./created.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { sayHead } from "./head.ts";
import { type Session, openSession } from "../session.ts";

export const createCommand = (invocation: Invocation): Promise<number> => run(invocation, invocation.given.dryRun === true);

export const planCommand = (invocation: Invocation): Promise<number> => run(invocation, true);

// --- internal ---

async function run(invocation: Invocation, dryRun: boolean): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  checkWish(name, given);
  if (given.timings !== undefined && !dryRun) await refuseUnwritable(ownPath(invocation.world, given.timings), "--timings");
  if ((given.numNodes ?? 0) >= MANY_NODES) invocation.world.saveMemory?.("a little");
  const session = await openSession(invocation).catch(takenForNew(name, given));
  try {
    const head = sayHead(session);
    if (dryRun) {
      const plan = await planCluster(session, name, given);
      await head;
      return await printDryRun(session, invocation, plan);
    }
    const prepared = await planned(session, invocation, name, head);
    if (prepared.facts.nodes.length >= VERY_MANY_NODES) invocation.world.saveMemory?.("twice as much");
    session.report(prepared.facts.nodes.length, {
      other: chart(session, invocation, prepared),
      head: await headOf(session, prepared),
    });
    for (const event of planEvents(prepared.resources)) session.emit(event);
    const created = await carryOutCreate(session, prepared, given).catch((error: unknown) => {
      throw endedAtOnce(session, prepared, error);
    });
    session.endReport();
    return await printCreated(session, invocation, created);
  } finally {
    await session.close();
  }
}

/** From here on V8 would take half as much memory again as is in use. */
const MANY_NODES = 200;
/** From here on Azure's limits leave time enough to tidy up; what comes before the first write is waited for. */
const VERY_MANY_NODES = 500;

const headOf = async (session: Session, { spec, facts }: Prepared): Promise<Head> => ({
  title: `${spec.name} in ${facts.location}, ${shortPlace(await session.account())}`,
  usualMs: USUAL_MS,
});

/**
 * Shows the plan. The first create of a name asks whether it is to be, with the price; any other goes on, and the price is said when it
 * comes.
 */
async function planned(session: Session, invocation: Invocation, name: string, head: Promise<void>): Promise<Prepared> {
  const { given } = invocation;
  let asked = false;
  const agree = async (imagined: Priced<CostDocument>): Promise<void> => {
    asked = true;
    await head;
    showPlan(session, invocation, imagined, { price: renderPrice(imagined.cost) });
    const { spec, facts, cost } = imagined;
    const nodes = facts.nodes.length;
    // what is said here is all that is said with --quiet
    const what = `${nodes} ${plural("machine", nodes)} of ${spec.vmSize} in ${facts.location}, ${renderRate(cost)}`;
    await agreeTo(invocation, `Make ${name}${given.quiet === true ? ` (${what})` : ""}? [y/N]`);
  };
  const prepared = await planPricedCreate(session, name, given, asksFirst(session, invocation) ? agree : undefined);
  // nothing was begun: there is nothing to let finish
  session.stop.throwIfAborted();
  if (asked) return prepared;
  await head;
  // what came during the preflight is there within a turn of the event loop
  const cost = await Promise.race([prepared.cost, new Promise<undefined>((turn) => void setImmediate(() => turn(undefined)))]);
  showPlan(session, invocation, prepared, cost === undefined ? {} : { price: renderPrice(cost) });
  if (cost === undefined)
    void prepared.cost.then((late) => session.emit({ kind: "note", id: "price", label: "price", message: renderPrice(late) }));
  return prepared;
}

/** Where somebody can answer, and it costs something. */
const asksFirst = ({ simulated }: Session, invocation: Invocation): boolean =>
  asks(invocation) && !simulated && /^(|0|false)$/i.test(invocation.world.env["CI"] ?? "");

/** The report of `--timings`. */
function chart(session: Session, { world, given }: Invocation, { spec, resources }: Prepared) {
  if (given.timings === undefined) return undefined;
  const file = ownPath(world, given.timings);
  refuseOther("timings", file);
  return timings(file, openToWrite, {
    title: spec.name,
    dependsOn: () => new Map(resources.map(({ id, dependsOn }) => [id, dependsOn])),
    ...(session.simulated ? { remark: "A rehearsal: times are simulated." } : {}),
  });
}

/** Group, network and load balancer, an interface, a machine and its boot: from recordings of Azure. */
const USUAL_MS = 100_000;

const ACTION = { create: "create", update: "change", replace: "recreate", unchanged: "unchanged" } as const;

/** As a person reads a decision: what Azure is deleting is made when that is done, and what it else works on is there. */
function actionOf({ decisions, found, snapshot }: Prepared, resource: Prepared["resources"][number]): PlanAction {
  const decision = decisions.get(resource.id) ?? "create";
  if (decision !== "wait") return ACTION[decision];
  return isAtWork(decision, liveOf(resource, found, snapshot)) ? "wait" : "create";
}

function showPlan(
  session: Session,
  { world, given }: Invocation,
  prepared: Prepared,
  { dryRun = false, price }: { readonly dryRun?: boolean; readonly price?: string },
): void {
  const { spec, facts, changes, notes } = prepared;
  const resources = prepared.resources.map((resource): PlannedResource => {
    const { id, kind, label } = resource;
    return { kind, label, action: actionOf(prepared, resource), changes: changes.get(id) ?? [] };
  });
  const newMachines = resources.filter(
    ({ kind, action }) => kind === "machine" && (action === "create" || action === "recreate"),
  ).length;
  const text = renderPlan(resources, {
    name: spec.name,
    resourceGroup: facts.group,
    location: facts.location,
    nodes: facts.nodes.length,
    vmSize: plannedSizes(prepared).join(" and "),
    zones: [...new Set(facts.nodes.flatMap(({ zone }) => zone ?? []))].sort(),
    spot: facts.nodes.filter(({ spot }) => spot === true).length,
    image: "own" in facts.image ? `image ${spec.coreosImage}` : (spec.coreosImage ?? PLATFORMS[spec.platform].title),
    ...(newMachines > 0 ? { seconds: USUAL_MS / 1000 + Math.max(0, newMachines - 100) / 5 } : {}),
    tags: spec.tag,
    notes: [
      ...(session.simulated ? ["Rehearsal: Azure is simulated, no machine is booted, nothing costs anything."] : []),
      ...notes,
      // a run that goes on says them on its screen
      ...(dryRun ? session.events.flatMap((event) => (event.kind === "note" ? (event.message ?? []) : [])) : []),
    ],
    ...defined({ price }),
    color: abilities(world.env, world.stderr).color,
    columns: world.stderr.isTTY ? world.stderr.columns : 160,
  });
  if (given.quiet !== true) session.say(text);
}

async function printDryRun(session: Session, invocation: Invocation, prepared: Priced<CostDocument>): Promise<number> {
  const { given } = invocation;
  showPlan(session, invocation, prepared, { dryRun: true, price: renderPrice(prepared.cost) });
  const document = planDocument(prepared, prepared.cost, await session.account());
  session.hand(document, { indented: true });
  if (given.json !== true) session.say("Nothing was written: this was the plan only.");
  return EXIT.done;
}
