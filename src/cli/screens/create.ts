/** create and plan on a terminal: the plan first, then the progress, then what is there. The work is operations/create.ts. */
import { resolve } from "node:path";
import { EXIT } from "../../core/errors.ts";
import { carryOutCreate, checkWish, planCluster, planCreate } from "../../operations/create.ts";
import type { Prepared } from "../../operations/create/prepare.ts";
import { planDocument } from "../../operations/create/result-document.ts";
import { abilities } from "../../report/paint.ts";
import { planEvents, renderPlan } from "../../report/plan.ts";
import { timings } from "../../report/timings.ts";
import { printCreated } from "./created.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { type Session, openSession } from "../session.ts";

export const createCommand = (invocation: Invocation): Promise<number> => run(invocation, invocation.given.dryRun === true);

export const planCommand = (invocation: Invocation): Promise<number> => run(invocation, true);

// --- internal ---

async function run(invocation: Invocation, dryRun: boolean): Promise<number> {
  const { given } = invocation;
  const name = nameArgument(invocation);
  checkWish(name, given);
  const session = await openSession(invocation);
  try {
    const prepared = await (dryRun ? planCluster : planCreate)(session, name, given);
    showPlan(session, invocation, prepared, dryRun);
    if (dryRun) return printDryRun(session, invocation, prepared);
    session.report(prepared.facts.nodes.length, chart(session, invocation, prepared));
    for (const event of planEvents(prepared.resources)) session.emit(event);
    const created = await carryOutCreate(session, prepared, given);
    session.endReport();
    return printCreated(session, invocation, prepared, created);
  } finally {
    await session.close();
  }
}

/** The report of `--timings`. */
function chart(session: Session, { world, given }: Invocation, { spec, resources }: Prepared) {
  if (given.timings === undefined) return undefined;
  return timings(resolve(world.cwd, given.timings), {
    title: spec.name,
    dependsOn: () => new Map(resources.map(({ id, dependsOn }) => [id, dependsOn])),
    ...(session.simulated ? { remark: "A rehearsal: times are simulated." } : {}),
  });
}

const ACTION = { create: "create", update: "change", replace: "recreate", wait: "create", unchanged: "unchanged" } as const;

function showPlan(
  session: Session,
  { world, given }: Invocation,
  { spec, facts, resources, decisions, changes, notes }: Prepared,
  dryRun: boolean,
): void {
  const newMachines = resources.filter(
    ({ kind, id }) => kind === "machine" && !["unchanged", "update"].includes(decisions.get(id) ?? "create"),
  ).length;
  const text = renderPlan(
    resources.map(({ id, kind, label }) => ({
      kind,
      label,
      action: ACTION[decisions.get(id) ?? "create"],
      changes: changes.get(id) ?? [],
    })),
    {
      name: spec.name,
      resourceGroup: facts.group,
      location: facts.location,
      nodes: facts.nodes.length,
      vmSize: spec.vmSize,
      image: "own" in facts.image ? `image ${spec.coreosImage}` : (spec.coreosImage ?? "Flatcar"),
      // group, network and load balancer, interfaces, then a machine's own time: from recordings of Azure
      ...(newMachines > 0 ? { seconds: 100 + Math.max(0, newMachines - 100) / 5 } : {}),
      tags: spec.tag,
      notes: [
        ...(session.simulated ? ["Rehearsal: Azure is simulated, no machine is booted, nothing costs anything."] : []),
        ...notes,
        // a run that goes on says them on its screen
        ...(dryRun ? session.events.flatMap((event) => (event.kind === "note" ? (event.message ?? []) : [])) : []),
      ],
      color: abilities(world.env, world.stderr).color,
      columns: world.stderr.isTTY ? world.stderr.columns : 160,
    },
  );
  if (given.quiet !== true) session.say(text);
}

function printDryRun(session: Session, { world, given }: Invocation, prepared: Prepared): number {
  if (given.json === true) world.stdout.write(`${JSON.stringify(planDocument(prepared), null, 2)}\n`);
  else session.say("Nothing was written: this was the plan only.");
  return EXIT.done;
}
