/** What an installation asks of its nodes goes over one connection to each, over a real sshd. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NodeAccess, realAccess } from "../../src/operations/platform/node-access.ts";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import type { Run } from "../../src/operations/run.ts";
import { makeKey, startSshd, type KeyPair, type Sshd } from "../nodes/sshd.ts";
import { nodeTarget } from "../nodes/target.ts";
import { has } from "../programs.ts";

describe.skipIf(!has("sshd") || !has("ssh-keygen"))("a node that is asked several things at once", () => {
  let sshd: Sshd;
  let user: KeyPair;
  let access: NodeAccess;
  beforeAll(async () => {
    user = makeKey();
    sshd = await startSshd({ authorizedKey: user.publicKey });
    const { signal } = new AbortController();
    access = realAccess({ clock, outside: { clock }, tools: { signal } } as unknown as Run, "web");
  });
  afterAll(async () => {
    access.close();
    await sshd.stop();
  });

  const node = () => nodeTarget(sshd.port, { privateKey: user.privateKey, hostKeys: [sshd.hostKeyLine] });
  const from = (): Promise<string> => access.run(node(), "true && echo $SSH_CONNECTION");

  test("is logged in to once", async () => {
    expect(new Set(await Promise.all([from(), from(), from()])).size).toBe(1);
  });

  test("a command that fails takes the connection from nobody", async () => {
    const before = await from();
    const slow = access.run(node(), "true && sleep 0.3 && echo $SSH_CONNECTION");
    await expect(access.run(node(), "false")).rejects.toMatchObject({ code: "NodeCommandFailed" });
    expect([await slow, await from()]).toEqual([before, before]);
  });
});
