/** How far a node has come, and what the waiting for nodes takes. */
import type { Clock } from "../core/clock.ts";
import type { Emit } from "../engine/event.ts";
import type { Connection } from "./connection.ts";
import type { semaphore } from "./semaphore.ts";
import type { EtcdClientTls, NodeTarget } from "./target.ts";
import type { Trust } from "../core/ssh-options.ts";

export type ReadyLevel = "machines" | "ssh" | "etcd";

/** From worst to best: how far a node came. */
export type NodeState =
  | "failed" // Azure says that the machine could not be made, and it does not answer
  | "stopped" // Azure says that the machine is switched off
  | "unreachable" // its SSH port does not answer
  | "wrong-host-key" // somebody answers who is not the node we made
  | "no-login" // the port answers, but we cannot log in
  | "ssh" // logged in; etcd is not healthy
  | "created" // level "machines": nothing was asked of it
  | "ready";

export interface NodeReadiness {
  readonly index: number;
  readonly name: string;
  readonly state: NodeState;
  /** Why it is not ready: a code of connect or etcdHealth, MachineFailed or MachineStopped. */
  readonly code?: string;
  readonly reason?: string;
  /** What it showed: "ssh-ed25519 AAAA...". */
  readonly hostKey?: string;
  /** Milliseconds from the start of the waiting to the first TCP connection, login and healthy answer. */
  readonly timings: { readonly tcp?: number; readonly ssh?: number; readonly etcd?: number };
  readonly attempts: number;
}

export interface ReadinessOptions {
  readonly level: ReadyLevel;
  /** Milliseconds since 1970, of the clock. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly emit?: Emit;
  /** "strict" by default; "first-use" for clusters that make their own host keys. */
  readonly trust?: Trust;
  readonly etcdTls?: EtcdClientTls;
  /** Absent: there is nothing to ask. Asked at `level` only. */
  readonly firstBoot?: FirstBoot | undefined;
  /** What is known of the machine now. One that failed, is switched off or is cut off from us, and does not answer, is waited for no more. */
  readonly machineState?: (index: number) => "unknown" | "failed" | "stopped" | "cut off";
  /** Called when a node has answered at its port, be it with a refusal. */
  readonly whenReached?: () => void;
  /**
   * For a short look at nodes that are up already: what a node has answered for so many milliseconds is how it is, and silence is waited
   * out. Absent for nodes that are coming, of which every answer may still change.
   */
  readonly believedAfterMs?: number;
  /** Handshakes at once, and connections kept open at once: 50 by default. */
  readonly atOnce?: number;
  /**
   * For how long after the first one a wrong host key is put down to the first boot: sshd answers with a key of its own until
   * cloud-config has put ours in. It is never accepted and nothing is sent. 180,000 by default; 0 for nodes that are up.
   */
  readonly hostKeyGraceMs?: number;
  /**
   * Called on the first connection that is logged in, beside the asking for etcd; and on a later one when it failed. Nobody is ready
   * before it has ended; what it throws is not held against the node.
   */
  readonly whenLoggedIn?: (connection: Connection, target: NodeTarget) => Promise<void>;
  /** Called on the open connection of each node that became ready; what it throws is not held against the node. */
  readonly whenReady?: (connection: Connection, target: NodeTarget) => Promise<void>;
}

/** How a system says how far its first boot is: nobody is ready before it is over. One that failed is told of, and the node is ready. */
export interface FirstBoot {
  readonly command: string;
  readonly busy: RegExp;
  readonly failed: RegExp;
}

/** What the waiting for each node shares. */
export interface SharedWait {
  readonly options: ReadinessOptions;
  /** Aborts at the deadline, or with the caller's signal. */
  readonly signal: AbortSignal;
  readonly started: number;
  readonly handshakes: ReturnType<typeof semaphore>;
  readonly keep: { take(): boolean; give(): void };
}
