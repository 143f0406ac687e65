/** One attempt at a TCP connection, with what went wrong as a code. */
import { connect, type Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { abortable } from "../engine/abortable.ts";
import { type SocketCode, socketCode } from "./connect-error.ts";
import { limit } from "./deadline.ts";

export interface TcpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The error to throw. */
  readonly failed: (code: SocketCode, cause?: unknown) => Error;
}

/** @throws what `failed` returns; the signal's reason */
export async function openTcp({ host, port }: { host: string; port: number }, options: TcpOptions): Promise<Socket> {
  const within = limit(options.clock, options.timeoutMs, options.signal);
  const socket = connect({ host, port, noDelay: true });
  const opened = new Promise<Socket>((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    // Stays attached: an error after an abort must not become an uncaught one.
    socket.on("error", (error) => reject(options.failed(socketCode(error), error)));
  });
  try {
    return await abortable(opened, within.signal);
  } catch (error) {
    socket.destroy();
    throw within.expired() ? options.failed("SshTimeout") : error;
  } finally {
    within.done();
  }
}
