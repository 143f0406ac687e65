/**
 * The nodes of a platform as its steps meet them: real ones over SSH, or, in a rehearsal, some that are whatever they should be and take their
 * time. A connection that breaks is made again: what runs on a node goes on meanwhile.
 */
import { defined } from "../../core/defined.ts";
import type { Clock } from "../../core/clock.ts";
import { ClusterError } from "../../core/errors.ts";
import { type Connection, connect } from "../../nodes/connection.ts";
import { fetchFile } from "../../nodes/fetch-file.ts";
import { JOBS, type Job, type JobLook, type JobStart, lookAtJob, startJob } from "../../nodes/job.ts";
import { putFile } from "../../nodes/put-file.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { type ClockMeasure, measureClock } from "../../nodes/time.ts";
import type { Run } from "../run.ts";
import type { PlatformChoices } from "./choices.ts";
import { type NodeLook, lookAtNode } from "./node-look.ts";
import { STEPS } from "./steps.ts";
import { sudo } from "../../nodes/as-root.ts";

export interface NodeAccess {
  look(node: NodeTarget, host: string | undefined): Promise<NodeLook>;
  clockOf(node: NodeTarget): Promise<ClockMeasure | undefined>;
  start(node: NodeTarget, job: Job): Promise<JobStart>;
  follow(node: NodeTarget, offset: number): Promise<JobLook>;
  /** Of root's files in the folder of jobs: what is there stays, with `keep`. Gives what is there then. */
  put(node: NodeTarget, file: string, content: string, how: { readonly mode: string; readonly keep?: boolean }): Promise<void>;
  /** undefined where it is not there. */
  read(node: NodeTarget, path: string): Promise<string | undefined>;
  /** A command as root; its output. @throws ClusterError NodeCommandFailed */
  run(node: NodeTarget, command: string, timeoutMs?: number): Promise<string>;
  close(): void;
}

export const realAccess = (run: Run, cluster: string): NodeAccess => {
  /** One to each node, for all that is asked of it side by side. */
  const open = new Map<number, Promise<Connection>>();
  const clock = run.outside.clock;
  const { signal } = run.tools;
  async function reach(node: NodeTarget): Promise<Connection> {
    const known = open.get(node.index);
    const alive = await known?.then(
      (connection) => connection.alive(),
      () => false,
    );
    if (known !== undefined && alive === true) return known;
    // somebody beside has opened another one meanwhile
    if (open.get(node.index) !== known) return reach(node);
    const fresh = connect(node, { clock, signal, trust: "strict" });
    open.set(node.index, fresh);
    return fresh;
  }
  /** Again where the connection broke, as when the node reboots. Whatever is asked for may be asked for twice. */
  async function on<T>(node: NodeTarget, work: (connection: Connection) => Promise<T>): Promise<T> {
    const until = run.clock.now() + PATIENCE_MS;
    for (;;) {
      const connection = reach(node);
      try {
        return await work(await connection);
      } catch (error) {
        signal.throwIfAborted();
        // what only failed leaves the connection to those who use it beside
        if (!(error instanceof ClusterError) || !BROKEN.has(error.code)) throw error;
        (await connection.catch(() => undefined))?.close();
        if (run.clock.now() >= until) throw error;
        await run.clock.sleep(AGAIN_MS, signal);
      }
    }
  }
  return {
    look: (node, host) => on(node, (connection) => lookAtNode(connection, host, signal)),
    clockOf: (node) => on(node, (connection) => measureClock(connection, { clock, signal, rounds: 3 })),
    start: (node, job) => on(node, (connection) => startJob(connection, job)),
    follow: (node, offset) => on(node, (connection) => lookAtJob(connection, offset)),
    put: (node, file, content, { mode, keep = false }) =>
      on(node, (connection) => putFile(connection, `${JOBS}/${file}`, content, { mode, unlessThere: keep })),
    read: (node, path) =>
      on(node, (connection) =>
        fetchFile(connection, path, { signal }).then(
          (bytes) => bytes.toString("utf8"),
          (error: unknown) => {
            if (error instanceof ClusterError && error.code === "NodeFileMissing") return undefined;
            throw error;
          },
        ),
      ),
    run: (node, command, timeoutMs) =>
      on(node, async (connection) => {
        const { code, stdout, stderr } = await connection.exec(`${sudo(node)}${command}`, {
          signal,
          ...defined({ timeoutMs }),
        });
        if (code === 0) return stdout;
        throw new ClusterError("NodeCommandFailed", `${node.name}: ${stderr.trim().split("\n").at(-1) || `ended with ${code}`}`, {
          source: "node",
          advice: `The same command goes on. By hand: \`azure-coreos-cluster ssh ${cluster} ${node.index}\` leads there.`,
        });
      }),
    close: () => open.forEach((opened) => void opened.then((connection) => connection.close()).catch(() => undefined)),
  };
};

/** @param choices of a platform that is there already */
export const rehearsedAccess = (clock: Clock, signal: AbortSignal, choices: PlatformChoices | undefined): NodeAccess => {
  const jobs = new Map<number, string>();
  return {
    look: (node) =>
      Promise.resolve({
        system: "ubuntu 24.04",
        cpus: 4,
        memory: 16 << 10,
        available: 15 << 10,
        hugepages: 0,
        ranges: [`${node.privateAddress}/20`],
        wayOut: true,
        uninstalled: false,
        done: new Set(choices === undefined ? [] : STEPS.map(({ name }) => name)),
        otherEtcd: false,
        choices,
      }),
    clockOf: () => Promise.resolve(undefined),
    start: (node, job) => {
      jobs.set(node.index, job.name);
      return Promise.resolve({ state: "started" });
    },
    async follow(node) {
      const name = jobs.get(node.index) ?? "";
      const minutes = STEPS.find((step) => step.name === name)?.minutes ?? 1;
      await clock.sleep(minutes * 60_000, signal);
      return { state: "ended", name, code: 0, output: Buffer.alloc(0) };
    },
    put: () => Promise.resolve(),
    read: () => Promise.resolve("rehearsal"),
    run: () => Promise.resolve(""),
    close: () => undefined,
  };
};

// --- internal ---

/** As long as a node needs to reboot. */
const PATIENCE_MS = 5 * 60_000;
const AGAIN_MS = 2000;
const BROKEN = new Set(["ConnectionLost", "SshRefused", "SshTimeout", "SshUnreachable", "SshReset", "SshHandshakeTimeout"]);
