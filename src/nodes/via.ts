/** The way to nodes that cannot be reached straight: a connection to a place is asked for, and comes as a stream. */
import type { Duplex } from "node:stream";

export interface Via {
  /** A TCP connection to host:port, made from the far end. @throws ClusterError Jump*; ForwardFailure; the signal's reason */
  open(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Whether the way itself is there. @throws ClusterError Jump* */
  check(): Promise<void>;
  close(): void;
}
