/** Whether a node waits for its certificate is asked of the node itself, and one that boots is waited for. */
import { expect, onTestFinished, test } from "vitest";
import { lacksCertificate } from "../../src/operations/etcd/certify.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Run } from "../../src/operations/run.ts";
import type { Clock } from "../../src/core/clock.ts";
import { makeKey, startSshd } from "../nodes/sshd.ts";
import { nodeTarget } from "../nodes/target.ts";
import { freePorts } from "../ports.ts";
import { has } from "../programs.ts";

/** Time that passes when somebody waits; what comes of a wait happens first. */
function runWith(onSleep: () => Promise<void>): { run: Run; said: string[] } {
  const said: string[] = [];
  let ahead = 0;
  const clock: Clock = {
    now: () => realClock.now() + ahead,
    async sleep(ms, signal) {
      // a connection's own limit is real time
      if (ms !== 2000) return realClock.sleep(ms, signal);
      ahead += ms;
      await onSleep();
    },
  };
  const tools = { signal: new AbortController().signal };
  const run = { clock, tools, deadline: clock.now() + 600_000, emit: ({ message = "" }) => said.push(message) };
  return { run: run as unknown as Run, said };
}

test.skipIf(!has("sshd") || !has("ssh-keygen"))("a node that answers only later is asked again, and said", async () => {
  const [port = 0] = await freePorts(1);
  const user = makeKey();
  const host = makeKey();
  const target = nodeTarget(port, { index: 0, privateKey: user.privateKey, hostKeys: [host.publicKey] });
  let waits = 0;
  const { run, said } = runWith(async () => {
    if (++waits !== 2) return;
    const sshd = await startSshd({ port, authorizedKey: user.publicKey, hostKey: host.privateKey });
    onTestFinished(() => sshd.stop());
  });
  expect(await lacksCertificate(run, target)).toBe(true);
  expect([waits, said.length]).toEqual([2, 1]);
});

test.skipIf(!has("ssh-keygen"))("one that never answers is given up after a minute", async () => {
  const [port = 0] = await freePorts(1);
  let waits = 0;
  const { run } = runWith(() => Promise.resolve(void waits++));
  expect(await lacksCertificate(run, nodeTarget(port, { index: 0, privateKey: makeKey().privateKey, hostKeys: [] }))).toBe(false);
  expect(waits).toBe(29);
});
