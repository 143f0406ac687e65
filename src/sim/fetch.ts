/** The simulation as a `fetch`, for code that reads a URL by itself, such as a serial log. */
import type { Simulation } from "./simulation.ts";

export type SimFetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

export const toFetch =
  (simulation: Simulation): SimFetch =>
  async (input, init = {}) => {
    const given = await simulation.handle({
      method: init.method ?? "GET",
      url: String(input),
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === "string" ? { body: init.body } : {}),
      ...(init.signal ? { signal: init.signal } : {}),
    });
    // 204 and 304 may have no body, not even an empty one.
    return new Response(given.body === undefined || given.status === 204 ? null : given.body, {
      status: given.status,
      headers: given.headers,
    });
  };
