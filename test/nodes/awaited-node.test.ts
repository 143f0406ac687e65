/** What one waited-for node holds: its connection and its place among those that may stay open are given back once, and news is told once. */
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { FIRST_PAUSE_MS, awaitedNode, drop, keepOpen, noticed, readinessOf } from "../../src/nodes/awaited-node.ts";
import type { Connection } from "../../src/nodes/connection.ts";
import type { SharedWait } from "../../src/nodes/node-state.ts";
import { nodeTarget } from "./target.ts";

function oneOf(room: number) {
  const events: string[] = [];
  const places = { free: room };
  const clock = createVirtualClock(0);
  const shared = {
    options: {
      level: "ssh",
      deadline: 1000,
      clock,
      emit: ({ kind, step, code }) => events.push([kind, step, code].filter(Boolean).join(" ")),
    },
    signal: new AbortController().signal,
    started: 0,
    handshakes: { run: (task) => task() },
    keep: { take: () => places.free > 0 && places.free-- > 0, give: () => void places.free++ },
  } satisfies SharedWait;
  const node = awaitedNode(nodeTarget(22, { hostKeys: [], privateKey: "" }), shared);
  let closed = 0;
  const connect = (): void => void (node.connection = { close: () => void closed++ } as unknown as Connection);
  return { node, events, places, connect, closed: () => closed };
}

test("a connection is kept while there is room, takes one place however often it is kept, and gives it back once", () => {
  const { node, places, connect, closed } = oneOf(2);
  keepOpen(node);
  expect(places.free).toBe(2);
  connect();
  keepOpen(node);
  keepOpen(node);
  expect({ free: places.free, kept: node.kept, closed: closed() }).toEqual({ free: 1, kept: true, closed: 0 });
  drop(node);
  drop(node);
  expect({ free: places.free, kept: node.kept, closed: closed(), connection: node.connection }).toEqual({
    free: 2,
    kept: false,
    closed: 1,
    connection: undefined,
  });
});

test("where there is no room it is closed, and gives back no place that it never had", () => {
  const { node, places, connect, closed } = oneOf(0);
  connect();
  keepOpen(node);
  expect({ free: places.free, kept: node.kept, closed: closed(), connection: node.connection }).toEqual({
    free: 0,
    kept: false,
    closed: 1,
    connection: undefined,
  });
});

test("news is told when the state or its code changes, each time with a short pause, and nothing of ready but the end", () => {
  const { node, events } = oneOf(1);
  const look = (verdict: Parameters<typeof noticed>[1]): number => {
    node.pause = 9000;
    noticed(node, verdict);
    return node.pause;
  };
  expect(look({ state: "unreachable" })).toBe(9000);
  expect(look({ state: "unreachable", code: "ConnectRefused" })).toBe(FIRST_PAUSE_MS);
  expect(look({ state: "unreachable", code: "ConnectRefused" })).toBe(9000);
  expect(look({ state: "ssh", code: "ConnectRefused" })).toBe(FIRST_PAUSE_MS);
  expect(look({ state: "ready" })).toBe(FIRST_PAUSE_MS);
  expect(readinessOf(node).state).toBe("ready");
  expect(events).toEqual(["started", "waiting unreachable ConnectRefused", "waiting ssh ConnectRefused", "done"]);
});
