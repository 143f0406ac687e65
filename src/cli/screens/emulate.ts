/**
 * emulate: the simulated Azure Resource Manager on a loopback port, in real time, for programs that are not this one. Its state is
 * that of `--simulate` in the same folder, written when it ends. It boots no machine and must never be reachable from outside.
 */
import { defined } from "../../core/defined.ts";
import { type WriteStream, createWriteStream } from "node:fs";
import { join, relative } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { PRICES_URL } from "../../core/price/variable.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { notWritten, whyUnwritten } from "../../core/unwritten.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import { SIMULATION_FILE } from "../../prepare/folder-files.ts";
import { prose } from "../../report/wrap.ts";
import type { Exchange } from "../../sim/message.ts";
import { parseProfile } from "../../sim/profile.ts";
import { serve } from "../../sim/server.ts";
import { createSimulation, timeOf } from "../../sim/simulation.ts";
import { loadSimulation, saveSimulation } from "../../sim/store.ts";
import { refuseFilesInTheWay } from "../../operations/files/given-files.ts";
import { openFolder } from "../../operations/files/folder.ts";
import { openToWrite } from "../../operations/files/open-pipe.ts";
import { ownPath } from "../../operations/files/own-path.ts";
import type { Invocation } from "../invocation.ts";
import { lockRehearsal } from "../../operations/rehearsal/rehearsal-lock.ts";

/** Runs until Ctrl-C. The URL alone on stdout. */
export async function emulate({ world, given }: Invocation): Promise<number> {
  const dir = await openFolder(world, given.dir, { write: true });
  refuseFilesInTheWay(world, given, { dir, name: "" });
  const file = join(dir, SIMULATION_FILE);
  const leave = await lockRehearsal(file, {
    clock: world.clock,
    what: "emulate",
    say: (text) => prose(world.stderr, `${text}\n`),
  });
  try {
    return await served({ world, given }, file);
  } finally {
    leave();
  }
}

// --- internal ---

async function served({ world, given }: Pick<Invocation, "world" | "given">, file: string): Promise<number> {
  const state = await loadSimulation(file);
  const profile = given.profile === undefined ? {} : await profileIn(ownPath(world, given.profile));
  const log =
    given.requests === undefined ? undefined : logIn(ownPath(world, given.requests), (text) => prose(world.stderr, text));
  const simulation = createSimulation({
    clock: notBefore(world.clock, timeOf(state) ?? 0),
    seed: new DataView(world.random(4).buffer.slice(0)).getUint32(0),
    ...defined({ state }),
    ...profile,
    ...(log === undefined ? {} : { onExchange: (one) => log(`${JSON.stringify(line(one))}\n`) }),
  });
  const stopped = Promise.withResolvers<void>();
  const stopListening = world.onInterrupt(() => stopped.resolve());
  try {
    const server = await serve(simulation, { port: given.port ?? FLAGS.port.default });
    world.stdout.write(`${server.url}\n`);
    if (given.quiet !== true) prose(world.stderr, help(server.url, relative(world.cwd, file)));
    await stopped.promise;
    await server.close();
    await saveSimulation(file, simulation.save());
    return EXIT.done;
  } finally {
    stopListening();
  }
}

async function profileIn(file: string): Promise<ReturnType<typeof parseProfile>> {
  const text = await readWhole(file).catch((cause: unknown) => {
    throw new ClusterError("EmulateProfile", `--profile: cannot read ${file}`, {
      advice: `${whyUnread(cause)} A file of JSON is wanted.`,
    });
  });
  return parseProfile(text.toString("utf8"), file);
}

/** Open before anything is served, and written to as long as the process lives: what was on its way at the end is answered a moment later. */
function logIn(file: string, say: (text: string) => void): (text: string) => void {
  const log = openLog(file);
  log.on("error", (error) => say(`${file} is not written any more: ${whyUnwritten(error)}\n`));
  return (text) => void (log.writable && log.write(text));
}

function openLog(file: string): WriteStream {
  try {
    return createWriteStream(file, { fd: openToWrite(file) });
  } catch (cause) {
    throw notWritten(file, cause, { flag: "--requests" });
  }
}

/** Neither headers nor bodies: they may hold what nobody should read. */
const line = ({ at, ms, method, url, answer }: Exchange): object => ({
  at: new Date(at).toISOString(),
  ms,
  method,
  path: new URL(url).pathname,
  ...(answer === undefined ? {} : { status: answer.status }),
});

const help = (
  url: string,
  file: string,
): string => `Simulated Azure Resource Manager at ${url}, until Ctrl-C (its state is then kept in ${file}).
No machine is booted, and nobody signs in. For example, in another terminal:
  azure-coreos-cluster mycluster --arm-endpoint ${url} --wait-for machines
  ${PRICES_URL}=${url}/api/retail/prices azure-coreos-cluster plan mycluster --arm-endpoint ${url}
  curl -H 'Authorization: Bearer loopback' '${url}/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups?api-version=2025-04-01'
`;

/** Real time, but not before the time that a rehearsal in virtual time had come to. */
function notBefore(clock: Clock, time: number): Clock {
  const ahead = Math.max(0, time - clock.now());
  return { now: () => clock.now() + ahead, sleep: (ms, signal) => clock.sleep(ms, signal) };
}
