/** The simulation's state between commands: one JSON file, readable by its owner only, replaced as a whole or not at all. */
import { defined } from "../core/defined.ts";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { timeOf } from "./simulation.ts";

/** Undefined when there is no such file. @throws ClusterError SimulationState when it cannot be used */
export async function loadSimulation(file: string): Promise<unknown> {
  const broken = (cause?: unknown): ClusterError =>
    new ClusterError("SimulationState", `The state of the simulation in ${file} cannot be read.`, {
      advice: `Delete ${file}; the simulation then starts with an empty subscription.`,
      ...defined({ cause }),
    });
  let text: string;
  try {
    // a pipe that nobody writes to would hold up the process, and nothing could end that
    if (!(await stat(file)).isFile()) throw new Error("it is no file");
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw broken(error);
  }
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (error) {
    throw broken(error);
  }
  if (timeOf(state) === undefined) throw broken();
  return state;
}

/** @throws ClusterError SimulationNotKept when the file cannot be written */
export async function saveSimulation(file: string, state: unknown): Promise<void> {
  // two rehearsals in one folder end at the same moment, each with a whole file of its own
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(fresh, "wx", 0o600);
    try {
      await handle.writeFile(JSON.stringify(state));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw new ClusterError("SimulationNotKept", `the state of the simulation cannot be kept in ${file}`, {
      exit: EXIT.failed,
      advice: "Give --dir a folder that can be written and has room.",
      cause: error,
    });
  }
}
