/** Who narrows a rule of the cluster's security group, switches it off or takes it away is not overruled by a change that is about something else. */
import { expect, test } from "vitest";
import type { StatusDocument } from "../../src/core/documents.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";
import { byHand, inGroup, denyAll } from "./azure-hand.ts";
import { some } from "../long.ts";
import { START, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
let clock: VirtualClock;

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
type Body = any;

const GROUP = inGroup("abc", "Microsoft.Network/networkSecurityGroups", "abc-nsg");

const rules = async (): Promise<Body[]> => ((await byHand(azure, "GET", GROUP)).body as Body).properties.securityRules;

const rule = async (name: string): Promise<Body> => (await rules()).find((one) => one.name === name)?.properties;

async function made(argv: string): Promise<void> {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  await ok(argv);
}

/** Of somebody of the security team. */
async function change(how: (all: Body[]) => Body[]): Promise<void> {
  const { body } = (await byHand(azure, "GET", GROUP)) as Body;
  body.properties.securityRules = how(body.properties.securityRules);
  expect((await byHand(azure, "PUT", GROUP, body)).status).toBe(200);
  await clock.sleep(60_000);
}

const set =
  (name: string, properties: Body) =>
  (all: Body[]): Body[] =>
    all.map((one) => (one.name === name ? { ...one, properties: { ...one.properties, ...properties } } : one));

async function ok(argv: string): Promise<string> {
  const { exit, stderr } = await azure.run(`${argv} --wait-for machines`);
  expect(exit, stderr).toBe(0);
  return stderr;
}

const DENY = denyAll("theirs", 2000);

/** What was changed, how the cluster was made, of which rule, how; by which flag it is undone, and what a plan says. */
const CHANGED: readonly [string, string, string, (all: Body[]) => Body[], string, string][] = [
  [
    "its source",
    "",
    "allow-ssh",
    set("allow-ssh", { sourceAddressPrefix: "203.0.113.0/24" }),
    "--ssh-from *",
    "source is 203.0.113.0/24, not *",
  ],
  [
    "its source to another",
    "--ssh-from 10.0.0.0/8",
    "allow-ssh",
    set("allow-ssh", { sourceAddressPrefix: "192.0.2.0/24" }),
    "--ssh-from 10.0.0.0/8",
    "source is 192.0.2.0/24, not 10.0.0.0/8",
  ],
  [
    "of a private cluster",
    "--private",
    "allow-ssh",
    set("allow-ssh", { sourceAddressPrefix: "203.0.113.0/24" }),
    "--ssh-from *",
    "source is 203.0.113.0/24, not *",
  ],
  [
    "whom it lets in",
    "--kube-api 10.0.0.0/8",
    "allow-kube-api",
    set("allow-kube-api", { sourceAddressPrefix: "10.1.0.0/16" }),
    "--kube-api 10.0.0.0/8",
    "source is 10.1.0.0/16, not 10.0.0.0/8",
  ],
  ["whether it does", "--http", "allow-web", set("allow-web", { access: "Deny" }), "--http", "access is Deny, not Allow"],
  [
    "where to",
    "--http",
    "allow-web",
    set("allow-web", { destinationAddressPrefix: "10.0.0.4" }),
    "--http",
    "destination is 10.0.0.4, not *",
  ],
  [
    "its place, behind one that denies",
    "",
    "allow-ssh",
    (all) => [...set("allow-ssh", { priority: 3000 })(all), DENY],
    "--ssh-from *",
    "priority is 3000, not 100",
  ],
  ["that it is there", "--http", "allow-https", (all) => all.filter(({ name }) => name !== "allow-https"), "--http", "is gone"],
];

test.each(some(CHANGED, 1, 4, 6, 7))(
  "somebody has changed of a rule %s: it stays so until a flag asks for it",
  async (_, first, name, how, flag, said) => {
    await made(`abc --num-nodes 1 ${first}`);
    const before = await rule(name);
    await change(how);
    const theirs = await rule(name);
    expect(theirs).not.toEqual(before);
    // a change that is about something else
    for (const argv of some(["abc", "abc --tag Owner=me", "abc --tag Owner-"], 1)) {
      expect(await ok(argv)).toContain(
        `rule ${name} of the security group ${said === "is gone" ? said : "stays as somebody changed it"}`,
      );
      expect(await rule(name)).toEqual(theirs);
    }
    // and one of other rules
    await ok(`abc ${name === "allow-ssh" ? "--http" : "--ssh-from 10.0.0.0/8"}`);
    expect(await rule(name)).toEqual(theirs);
    expect((await rules()).map((one) => one.name)).toEqual(
      expect.arrayContaining(name === "allow-ssh" ? ["allow-web"] : ["allow-ssh"]),
    );
    const plan = await azure.run("plan abc");
    expect(plan.stderr).toContain(said);
    expect(plan.stderr).toMatch(new RegExp(`rule ${name} .*${flag.split(" ")[0]}`));
    const status = await azure.run("status abc --no-nodes");
    expect(status.stdout).toContain(`rule ${name}`);
    // asked for, as it was wished all along
    const { stderr } = await azure.run(`plan abc ${flag}`);
    expect(stderr).toMatch(new RegExp(`security group: .*rule ${name}`));
    expect(await ok(`abc ${flag}`)).not.toContain("stays");
    expect(await rule(name)).toMatchObject({ ...before, priority: expect.any(Number) });
    expect(await ok("abc")).toContain("Nothing to do");
  },
);

test("a rule that somebody has opened wider is as it was with the next change, and the plan says so", async () => {
  await made("abc --num-nodes 1 --ssh-from 10.0.0.0/8");
  await change(set("allow-ssh", { sourceAddressPrefix: "*", description: "for a day" }));
  const { stderr } = await azure.run("plan abc --tag Owner=me");
  expect(stderr).toContain("~ rule allow-ssh: source * -> 10.0.0.0/8");
  await ok("abc --tag Owner=me");
  expect(await rule("allow-ssh")).toMatchObject({ sourceAddressPrefix: "10.0.0.0/8", description: "for a day" });
});

test.each([
  ["--ssh-from 10.0.0.0/8", "--ssh-from * --http"],
  ["--http --kube-api 10.0.0.0/8", "--kube-api 10.0.0.0/8,192.0.2.0/24 --ssh-from 10.0.0.0/8"],
])("what a run that broke off was to open, the next one opens: %s, then %s", async (first, then) => {
  await made(`abc --num-nodes 1 --tag Owner=me ${first}`);
  const broken = await azure.run(`abc --wait-for machines ${then}`, {
    azure: (request) =>
      request.method === "PUT" && request.url.includes("/networkSecurityGroups/")
        ? Promise.resolve({
            status: 403,
            headers: {},
            body: JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } }),
          })
        : azure.simulation.handle(request),
  });
  expect(broken.exit).not.toBe(0);
  expect(await ok("abc")).not.toContain("stays");
  const finished = await rules();
  await made(`abc --num-nodes 1 --tag Owner=me ${first}`);
  await ok(`abc ${then}`);
  const shape = (all: Body[]): unknown => all.map(({ name, properties }) => [name, properties]);
  expect(shape(finished)).toEqual(shape(await rules()));
});

test("nothing is called open that the security group does not let in", async () => {
  await made("abc --num-nodes 3 --deis");
  await change((all) => set("allow-ssh", { sourceAddressPrefix: "9.9.9.9/32" })(all).filter(({ name }) => name !== "allow-web"));
  const { stdout } = await azure.run("status abc --no-nodes");
  expect(stdout).toContain("open: https 443, builder 2222, SSH from 9.9.9.9/32\nasked for, not open: web 80\n");
  const { document } = await azure.json<StatusDocument>("status abc --no-nodes");
  expect(document).toMatchObject({
    endpoints: [
      { name: "https", port: 443 },
      { name: "builder", port: 2222 },
    ],
    notOpen: [{ name: "web", port: 80 }],
    sshFrom: ["9.9.9.9/32"],
  });
  const told = await ok("abc");
  expect(told).toContain("Asked for, and not open: web 80. `azure-coreos-cluster status abc`");
  expect(told).toContain("Deis: the endpoints 443 and 2222 are open, and nothing");
  expect(told).toContain("abc.westus.cloudapp.azure.com once that is open.");
  // before all of ours
  await change((all) =>
    [
      ...set("allow-ssh", { access: "Deny" })(all),
      { ...denyAll("theirs", 100), properties: { ...denyAll("theirs", 100).properties, sourceAddressPrefix: "Internet" } },
    ].map((one) => (one.name === "allow-ssh" ? { ...one, properties: { ...one.properties, priority: 101 } } : one)),
  );
  expect((await azure.run("status abc --no-nodes")).stdout).toContain(
    "open: nothing\nasked for, not open: web 80, https 443, builder 2222, SSH\n",
  );
  const closed = await ok("abc --deis");
  expect(closed).toContain("Asked for, and not open: web 80, https 443, builder 2222, SSH.");
  expect(closed).toContain("Deis: no endpoint is open.");
});
