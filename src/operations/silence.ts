/** An Azure that has stopped answering: whoever interrupted a run does not wait for all the times that it would be asked again. */
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { Clock } from "../core/clock.ts";

/** What is told then. */
export const SILENCE = {
  kind: "note",
  id: "azure/silence",
  label: "Azure",
  message: "Azure answers no more: it is not waited for.",
} as const;

/** Requests of a run so far. */
export interface Traffic {
  asked: number;
  answered: number;
  /** The proxy that they go through, for people. */
  through?: string | undefined;
}

export const counted = (client: HttpClient, traffic: Traffic): HttpClient => ({
  async sendRequest(request) {
    traffic.asked += 1;
    const answer = await client.sendRequest(request);
    traffic.answered += 1;
    return answer;
  },
});

/** Longer than any request is waited for, and the pause before the next. */
const SILENCE_MS = 60_000;

/** Ends when Azure was asked for a minute and has answered nothing. What runs on nodes meanwhile asks nothing. @throws once `over` */
export async function untilSilent(traffic: Traffic, clock: Clock, over: AbortSignal): Promise<void> {
  for (;;) {
    const before = { ...traffic };
    await clock.sleep(SILENCE_MS, over);
    if (traffic.asked > before.asked && traffic.answered === before.answered) return;
  }
}
