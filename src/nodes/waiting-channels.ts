/**
 * Channels that a hop is asked for and has not opened yet. A place that is silent keeps a hop waiting for two minutes, and whoever asks
 * is back after seconds: so what is under way is waited for again, and asked anew only now and then. No two askers ever get one.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { abortable } from "../engine/abortable.ts";

export interface WaitingChannels {
  open(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
  close(): void;
}

/** A machine that boots meanwhile is not kept waiting by the kernel's ever longer pauses. */
const AGAIN_MS = 10_000;
/** sshd has a file for each that is under way, and a limit on those. */
const MOST = 200;
/** An open one that nobody took is closed by sshd when nobody logs in. */
const STALE_MS = 60_000;

interface Waiting {
  readonly place: string;
  readonly since: number;
  readonly channel: Promise<Duplex>;
  claimed: boolean;
}

export function waitingChannels(clock: Clock, ask: (host: string, port: number) => Promise<Duplex>): WaitingChannels {
  const all = new Set<Waiting>();

  const begin = (place: string, host: string, port: number): Waiting => {
    const one: Waiting = { place, since: clock.now(), channel: ask(host, port), claimed: true };
    all.add(one);
    one.channel.catch(() => all.delete(one));
    return one;
  };
  const take = (place: string): Waiting | undefined =>
    [...all].find((one) => {
      const age = clock.now() - one.since;
      return one.place === place && !one.claimed && age < STALE_MS && (age < AGAIN_MS || all.size >= MOST);
    });

  return {
    async open(host, port, signal) {
      const place = `${host} ${port}`;
      const one = take(place) ?? begin(place, host, port);
      one.claimed = true;
      try {
        const channel = await abortable(one.channel, signal);
        all.delete(one);
        return channel;
      } catch (error) {
        one.claimed = false;
        throw error;
      }
    },
    close() {
      for (const { channel } of all)
        void channel.then(
          (open) => open.destroy(),
          () => undefined,
        );
      all.clear();
    },
  };
}
