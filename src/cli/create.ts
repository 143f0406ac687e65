/**
 * create: makes the cluster, or finishes or grows it. It reads like the job: prepare, show, carry out, print.
 */
import { resolve } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { buildSpec } from "../core/spec/spec.ts";
import { abilities } from "../report/paint.ts";
import { planEvents, renderPlan } from "../report/plan.ts";
import { timings } from "../report/timings.ts";
import { carryOut } from "../operations/create/carry-out.ts";
import { finish, stateFilePath } from "./finish.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { awaitMachines, explainRefusal } from "../operations/create/other-run.ts";
import { type Prepared, prepare } from "../operations/create/prepare.ts";
import { refuseUnwritable } from "../operations/replace-file.ts";
import { type Session, openSession } from "./session.ts";

export const create = (invocation: Invocation): Promise<number> => run(invocation, invocation.given.dryRun === true);

export const plan = (invocation: Invocation): Promise<number> => run(invocation, true);

// --- internal ---

async function run(invocation: Invocation, dryRun: boolean): Promise<number> {
  const { given } = invocation;
  // what can be refused without asking anybody is refused before anybody is asked
  buildSpec(nameArgument(invocation), {
    ...(invocation.given.platform === "coreos" && invocation.given.coreosImage === undefined ? { coreosImage: "a:b:c:d" } : {}),
    ...invocation.given,
  });
  const session = await openSession(invocation);
  try {
    if (given.output !== undefined && !dryRun)
      await refuseUnwritable(stateFilePath(invocation.world.cwd, nameArgument(invocation), given.output));
    const prepared = dryRun
      ? await prepare(session, nameArgument(invocation), invocation.given, "imagine")
      : await prepareAll(session, invocation);
    showPlan(session, invocation, prepared, dryRun);
    if (dryRun) return printDryRun(session, invocation, prepared);
    session.report(
      prepared.facts.nodes.length,
      given.timings === undefined
        ? undefined
        : timings(resolve(invocation.world.cwd, given.timings), {
            title: prepared.spec.name,
            dependsOn: () => new Map(prepared.resources.map(({ id, dependsOn }) => [id, dependsOn])),
            ...(session.simulated ? { remark: "A rehearsal: times are simulated." } : {}),
          }),
    );
    for (const event of planEvents(prepared.resources)) session.emit(event);
    const carried = await carryOut(session, prepared);
    return await finish(session, invocation, prepared, carried);
  } finally {
    await session.close();
  }
}

/** Prepares; what another run may be the reason for is looked into before it is called a refusal. */
async function prepareAll(session: Session, invocation: Invocation): Promise<Prepared> {
  const name = nameArgument(invocation);
  const groupName = invocation.given.resourceGroup ?? name;
  try {
    return await prepare(session, nameArgument(invocation), invocation.given, "keep");
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== "EtcdCaMissing") {
      const known = await explainRefusal(session, name, groupName, error);
      if (known !== "again") throw known;
      return prepare(session, nameArgument(invocation), invocation.given, "keep");
    }
    await awaitMachines(session, name, groupName, invocation.given.numNodes);
    return prepare(session, nameArgument(invocation), invocation.given, "bare");
  }
}

function showPlan(
  session: Session,
  { world, given }: Invocation,
  { spec, facts, resources, decisions, notes }: Prepared,
  dryRun: boolean,
): void {
  const ACTION = { create: "create", update: "change", replace: "recreate", wait: "create", unchanged: "unchanged" } as const;
  const newMachines = resources.filter(
    (resource) => resource.kind === "machine" && decisions.get(resource.id) !== "unchanged",
  ).length;
  const text = renderPlan(
    resources.map((resource) => ({
      kind: resource.kind,
      label: resource.label,
      action: ACTION[decisions.get(resource.id) ?? "create"],
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

function printDryRun(session: Session, { world, given }: Invocation, { spec, facts, resources, decisions }: Prepared): number {
  if (given.json === true) {
    const list = resources.map(({ kind, id, label }) => ({ kind, id, label, action: decisions.get(id) }));
    world.stdout.write(
      `${JSON.stringify({ schema: "azure-coreos-cluster/plan/1", name: spec.name, resourceGroup: facts.group, location: facts.location, resources: list }, null, 2)}\n`,
    );
  } else session.say("Nothing was written: this was the plan only.");
  return EXIT.done;
}
