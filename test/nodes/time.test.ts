import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import { connect } from "../../src/nodes/connection.ts";
import { bestOffset, judgeClocks, measureClock, synchronisedBy, type ClockMeasure } from "../../src/nodes/time.ts";
import { has } from "../programs.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "./sshd.ts";
import { nodeTarget } from "./target.ts";

const measure = (index: number, offsetMs: number, more: Partial<ClockMeasure> = {}): ClockMeasure => ({
  index,
  name: `n${index}`,
  offsetMs,
  uncertaintyMs: 5,
  synchronised: true,
  ...more,
});

describe("clocks that agree or not", () => {
  test.each([
    ["all alike", [0, 1, 2], []],
    ["our own clock wrong by an hour", [3_600_000, 3_600_010, 3_600_004], []],
    ["one ahead", [0, 3, 120], [2]],
    ["one behind", [-6000, 0, 10], [0]],
    ["within the limit and its uncertainty", [0, 0, 54], []],
    ["just over it", [0, 0, 56], [2]],
    ["two nodes: both are named, for nobody knows which is right", [0, 200], [0, 1]],
    ["one node alone", [900], []],
    ["none", [], []],
  ])("%s", (_, offsets, off) => {
    const verdicts = judgeClocks(offsets.map((offset, index) => measure(index, offset)));
    expect(verdicts.filter(({ ok }) => !ok).map(({ index }) => index)).toEqual(off);
  });

  test("what is not synchronised is named, what is not known is not held against it", () => {
    const [no, unknown] = judgeClocks([measure(0, 0, { synchronised: false }), measure(1, 0, { synchronised: undefined })]);
    expect(no).toMatchObject({ ok: false, reason: "n0: its clock is not synchronised" });
    expect(unknown).toMatchObject({ ok: true });
    expect(judgeClocks([measure(0, 0), measure(1, 0), measure(2, -4000)])[2]?.reason).toBe(
      "n2: its clock is 4000 ms behind the others",
    );
  });

  test("the sample with the shortest way counts", () => {
    const samples = [
      { sent: 1000, node: 1400, received: 1100 },
      { sent: 2000, node: 2255, received: 2010 },
      { sent: 3000, node: 3300, received: 3050 },
    ];
    expect(bestOffset(samples)).toEqual({ offsetMs: 250, uncertaintyMs: 6 });
  });

  test.each([
    ["Reference ID    : 50484330 (PHC0)\nStratum         : 1\nLeap status     : Normal\n", true],
    ["Reference ID    : 00000000 ()\nLeap status     : Not synchronised\n", false],
    ["NTPSynchronized=yes\n", true],
    ["NTPSynchronized=no\n", false],
    ["", undefined],
  ])("%j means %s", (text, synchronised) => {
    expect(synchronisedBy(text)).toBe(synchronised);
  });
});

describe.skipIf(!(has("sshd") && has("ssh-keygen")))("a clock measured over SSH", () => {
  let user: KeyPair;
  let sshd: Sshd;
  beforeAll(async () => {
    user = makeKey();
    sshd = await startSshd({ authorizedKey: user.publicKey });
  });
  afterAll(() => sshd.stop());

  test("is ours, for it is this machine's; one that we shift is found shifted", async () => {
    const target = nodeTarget(sshd.port, { privateKey: user.privateKey, hostKeys: [sshd.hostKeyLine] });
    const connection = await connect(target, { clock: realClock, trust: "strict" });
    const shifted: Clock = { now: () => realClock.now() - 60_000, sleep: (ms, signal) => realClock.sleep(ms, signal) };
    const own = await measureClock(connection, { clock: realClock });
    const other = await measureClock(connection, { clock: shifted });
    connection.close();
    expect(Math.abs(own.offsetMs)).toBeLessThanOrEqual(own.uncertaintyMs);
    expect(Math.abs(other.offsetMs - 60_000)).toBeLessThanOrEqual(other.uncertaintyMs);
    await expect(measureClock(connection, { clock: realClock })).rejects.toMatchObject({ code: "ConnectionLost" });
  });
});
