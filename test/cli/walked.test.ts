/** Guards and catches that a user meets on a bad day, each walked in both of its ways. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInteractive, sizeTold, withHome } from "../../src/cli/world.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addForeign, byHand, addGroup, deletes, everything } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

async function withCluster(argv: string, options: Parameters<typeof ownAzure>[0] = {}): Promise<TestAzure> {
  const azure = ownAzure(options);
  const { exit, stderr } = await azure.run(argv);
  if (exit !== 0) throw new Error(stderr);
  azure.exchanges.length = 0;
  return azure;
}

const faults = (...scripts: string[]) => ({ faults: scripts.map((script) => parseFault(script)) });

for (const where of ["", " --resource-group shared"])
  test.each([
    ["AuthorizationFailed", 4],
    ["InvalidRequestContent", 1],
  ])(`a destroy whose mark Azure refuses deletes nothing${where}: %s, exit code %i`, async (code, exit) => {
    const azure = ownAzure(faults(`PATCH/any:${code}`));
    if (where !== "") {
      await addGroup(azure, "shared");
      await addForeign(azure, "shared");
    }
    expect((await azure.run(`abc --num-nodes 2 --wait-for machines${where}`)).exit).toBe(0);
    const before = everything(azure);
    const refused = await azure.json<{ error: { code: string } }>(`destroy abc --yes${where}`);
    expect([refused.exit, refused.document.error.code]).toEqual([exit, code]);
    expect(deletes(azure)).toEqual([]);
    expect(everything(azure)).toEqual(before);
  });

test.each(["404", "ResourceGroupBeingDeleted"])(
  "a destroy goes on when what is to be marked is on its way already: %s",
  async (code) => {
    const azure = await withCluster("abc --num-nodes 1 --wait-for machines", faults(`PATCH/any:${code}x*`));
    expect((await azure.run("destroy abc --yes")).exit).toBe(0);
    expect(everything(azure)).toEqual([]);
  },
);

test("known_hosts that cannot be written is said before anything is made", async () => {
  const azure = ownAzure();
  mkdirSync(join(azure.dir, "abc", "known_hosts"), { recursive: true });
  const { exit, document } = await azure.json<{ error: { code: string; message: string } }>(
    "abc --num-nodes 1 --wait-for machines",
  );
  expect([exit, document.error.code]).toEqual([5, "FolderUnsafe"]);
  expect(document.error.message).toContain(join("abc", "known_hosts"));
});

test("a gateway leaves without the private key; a member does not, and says what is missing", async () => {
  const azure = await withCluster("abc --num-nodes 4 --etcd-members 3 --wait-for machines", { rehearsal: false });
  rmSync(join(azure.dir, "ssh-cert.key"));
  const before = everything(azure);
  const member = await azure.json<{ error: { code: string; advice: string } }>("remove abc 1 --yes");
  expect([member.exit, member.document.error.code]).toEqual([5, "PrivateKeyMissing"]);
  expect(member.document.error.advice).toContain("ssh-cert.key");
  expect(everything(azure)).toEqual(before);
  const gateway = await azure.run("remove abc 3 --yes");
  expect(gateway.exit, gateway.stderr).toBe(0);
  expect(everything(azure).some((id) => id.includes("abc-coreos-3"))).toBe(false);
});

test.each([
  ["ECONNREFUSED", "connect ECONNREFUSED 192.0.2.1:443"],
  ["ENOTFOUND", "getaddrinfo ENOTFOUND management.azure.com"],
  ["EAI_AGAIN", "getaddrinfo EAI_AGAIN management.azure.com"],
  ["CERT_HAS_EXPIRED", "certificate has expired"],
])("a network that fails is told in the words of its code and without a stack: %s", async (code, message) => {
  const azure = ownAzure();
  const { exit, document, stderr } = await azure.json<{
    error: { code: string; source: string; message: string; advice?: string };
  }>("list", { azure: () => Promise.reject(Object.assign(new Error(message), { code })) });
  expect([exit, document.error.code, document.error.source]).toEqual([1, code, "azure"]);
  expect(document.error.advice).toMatch(/\w/);
  expect(stderr).not.toMatch(/fault of azure-coreos-cluster|\.ts:\d|\bat \w+ \(/);
});

/** Interrupted `times` when the first delete has been asked for. @returns with what was sent after that */
async function interrupted(azure: TestAzure, argv: string, times: number) {
  let interrupt = (): void => undefined;
  let left = times;
  const after: string[] = [];
  const result = await azure.run(argv, {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      if (left === 0) after.push(`${request.method} ${request.url}`);
      const answer = await azure.simulation.handle(request);
      if (request.method === "DELETE") for (; left > 0; left--) interrupt();
      return answer;
    },
  });
  return { ...result, after };
}

test.each(["gc --yes --json", "destroy abc --yes --json"])("a second Ctrl-C ends it at once: %s", async (argv) => {
  for (const where of ["", " --resource-group shared"]) {
    const azure = ownAzure();
    if (where !== "") {
      await addGroup(azure, "shared");
      await addForeign(azure, "shared");
    }
    expect((await azure.run(`abc --num-nodes 2 --ttl 1s --wait-for machines${where}`)).exit).toBe(0);
    const { exit, stdout, after } = await interrupted(azure, `${argv}${argv.startsWith("gc") ? "" : where}`, 2);
    expect(exit, stdout).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "Interrupted" } });
    expect(after).toEqual([]);
  }
});

test.each([
  [{ isTTY: true }, { isTTY: true }, true],
  [{ isTTY: true }, {}, false],
  [{}, { isTTY: true }, false],
  [{}, {}, false],
  [{ isTTY: false }, { isTTY: true }, false],
])("a question is asked where stdin %j and stderr %j are a terminal: %j", (stdin, stderr, asks) => {
  expect(isInteractive({ stdin, stderr })).toBe(asks);
});

test.each([
  [0, undefined],
  [undefined, undefined],
  [132, 132],
])("a terminal of %j columns has told %j", (columns, told) => {
  expect(sizeTold(columns)).toBe(told);
});

test("the cluster's own group stays when others have something in it, is the cluster's no more, and it is said", async () => {
  const azure = await withCluster("abc --num-nodes 1 --wait-for machines");
  await addForeign(azure, "abc");
  const tagsNow = async (): Promise<object> => (await byHand(azure, "GET", "/resourceGroups/abc")).body["tags"] as object;
  await byHand(azure, "PATCH", "/resourceGroups/abc", { tags: { ...(await tagsNow()), owner: "x" } });
  const { exit, stderr } = await azure.run("destroy abc --yes");
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("The resource group abc stays, for others have resources in it; it no longer belongs to abc.");
  expect(await tagsNow()).toEqual({ owner: "x" });
  expect((await azure.json<unknown[]>("list")).document).toEqual([]);
});

test("a cluster is where it is: another location is a conflict, the same in other words is none", async () => {
  const azure = await withCluster("abc --num-nodes 1 --wait-for machines");
  const moved = await azure.json<{ error: { code: string } }>("abc --location eastus --wait-for machines");
  expect(moved.exit).toBe(7);
  expect((await azure.run("abc --location West-US --wait-for machines")).exit).toBe(0);
});

test("an error is the one document, too, where the environment asks for --json", async () => {
  const { exit, stdout, stderr } = await ownAzure().run("status mycluster", { env: { AZURE_COREOS_CLUSTER_JSON: "true" } });
  expect([exit, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([1, "ClusterNotFound"]);
  expect(stderr).not.toContain("is not there");
});

test("who has no HOME, as a service of systemd's, has the folder that the system knows", () => {
  const nobody = (): string => {
    throw new Error("no entry");
  };
  expect(withHome({ A: "a" }, () => "/home/jane")).toEqual({ A: "a", HOME: "/home/jane" });
  expect(withHome({ HOME: "" }, () => "/home/jane")).toEqual({ HOME: "/home/jane" });
  for (const env of [{ HOME: "/h" }, { USERPROFILE: "C:\\jane" }]) expect(withHome(env, nobody)).toBe(env);
  expect(withHome({}, nobody)).toEqual({});
});
