/** What it costs, in whole commands: said before the yes, asked for beside the preflight, missed by nobody when it does not come. */
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { DestroyDocument, PlanDocument, StatusDocument } from "../../src/core/documents.ts";
import { readPrices } from "../../src/azure/prices.ts";
import { priceService } from "../../src/operations/price/service.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { priceList } from "../../src/sim/prices.ts";
import { serve } from "../../src/sim/server.ts";
import { createSimulation } from "../../src/sim/simulation.ts";
import { addGroup, byHand, everything, inGroup } from "./azure-hand.ts";
import { type RunOptions, START, type TestAzure, ownAzure } from "./world.ts";

type Prices = NonNullable<RunOptions["prices"]>;

/** Azure's list, as far as the simulation knows it. */
const list: Prices = (url) => {
  const { origin, searchParams } = new URL(url);
  const { status, body } = priceList(origin, new Map([...searchParams].map(([name, value]) => [name.toLowerCase(), value])));
  return Promise.resolve(new Response(body ?? null, { status }));
};

const writes = ({ exchanges }: TestAzure): string[] =>
  exchanges.filter(({ method }) => method !== "GET" && method !== "POST").map(({ method, url }) => `${method} ${url}`);

test("a plan has the price of each thing, and of all of it", async () => {
  const azure = ownAzure();
  const argv = "plan mycluster --num-nodes 101 --deis --pip --data-disk";
  const { document, stderr } = await azure.json<PlanDocument>(argv);
  expect(document.cost.items.map(({ count, what, meter, unit }) => `${count} ${what}: ${meter}, ${unit}`)).toEqual([
    "103 public addresses: Standard IPv4 Static Public IP, 1 Hour",
    "1 NAT gateway: Standard Gateway, 1 Hour",
    "1 load balancer: Standard Included LB Rules and Outbound Rules, 1 Hour",
    "101 machines Standard_D2s_v5: Standard_D2s_v5, 1 Hour",
    "101 system disks of 30 GiB (Premium_LRS): P4 LRS Disk, 1/Month",
    "101 data disks of 100 GiB (Premium_LRS): P10 LRS Disk, 1/Month",
  ]);
  const perHour = 103 * 0.005 + 0.045 + 0.025 + 101 * (0.096 + (5.28 + 19.71) / 730);
  expect(document.cost).toMatchObject({ currency: "USD", complete: true, source: "rehearsal" });
  expect(document.cost.perHour).toBeCloseTo(perHour, 5);
  expect(document.cost.per30Days).toBeCloseTo(perHour * 720, 2);
  expect(stderr).toContain(
    `Price: ${perHour.toFixed(2)} USD an hour, ${(perHour * 720).toFixed(0)} USD in 30 days (a rehearsal's own prices).`,
  );
});

test("in another currency of the list, whoever gives it; in no other", async () => {
  const azure = ownAzure();
  for (const [argv, env] of [
    ["plan mycluster --currency eur"],
    ["plan mycluster", { AZURE_COREOS_CLUSTER_CURRENCY: "EUR" }],
  ] as const)
    expect((await azure.run(argv, { prices: list, ...(env && { env }) })).stderr).toMatch(
      /Price: 0\.\d+ EUR an hour.*\(list price, without traffic, taxes and discounts\)/,
    );
  const { exit, stderr } = await azure.run("plan mycluster --currency doubloons");
  expect(exit).toBe(2);
  expect(stderr).toContain('"doubloons" is none of USD,');
});

test("the price service is told what is needed, and nothing of who asks", async () => {
  const asked: [string, string[]][] = [];
  const prices: Prices = (url, init) => {
    asked.push([url, Object.keys(init)]);
    return list(url, init);
  };
  const azure = ownAzure();
  expect(
    (await azure.run("plan mycluster --num-nodes 3 --subscription 11111111-2222-3333-4444-555555555555", { prices })).exit,
  ).toBe(0);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[0]).toMatch(/^https:\/\/prices\.azure\.com\/api\/retail\/prices\?/);
  expect(asked[0]?.[0]).not.toMatch(/mycluster|1111|simulat/);
  expect(asked[0]?.[1]).toEqual(["signal"]);
});

const no =
  (error: unknown): Prices =>
  () =>
    Promise.reject(error);
const page =
  (body: string, status = 200): Prices =>
  () =>
    Promise.resolve(new Response(body, { status }));

test.each<[string, Prices, string]>([
  [
    "has no network",
    no(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })),
    "prices.azure.com cannot be reached (ENOTFOUND)",
  ],
  [
    "has a dead proxy",
    no(Object.assign(new Error("the proxy p:1 (https_proxy) cannot be reached"), { code: "ProxyUnreachable" })),
    "the proxy p:1 (https_proxy) cannot be reached",
  ],
  ["is led elsewhere", no(new Error("the answer is 302, which leads elsewhere")), "the answer is 302, which leads elsewhere"],
  ["is refused", page("{}", 403), "the price service answered 403"],
  ["meets a fault", page("oops", 500), "the price service answered 500"],
  ["gets a page", page("<html>"), "what the price service answered is no list of prices"],
  ["gets an empty list", page('{"Items":[]}'), "the price list has nothing of it"],
  ["hears nothing", () => new Promise(() => undefined), "no answer from the price service within 2 s"],
  [
    "hears the beginning only",
    () => Promise.resolve(new Response(new ReadableStream())),
    "no answer from the price service within 2 s",
  ],
  ["is attacked", no(new Error("\u001B[2J\u0007bad\u202E\nworse")), "bad worse"],
  ["meets no error at all", no(undefined), "undefined"],
])("whoever %s hears that the price is unknown, and why, and goes on", async (_, prices, why) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("plan mycluster", { prices });
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain(`Price unknown: ${why}.`);
});

test("without prices a cluster is made, looked at and destroyed as with them", async () => {
  const azure = ownAzure();
  const prices = page("oops", 500);
  const why = "the price service answered 500";
  const made = await azure.run("mycluster --num-nodes 1 --wait-for machines", { prices });
  expect(made.stderr).toContain(`Price unknown: ${why}.`);
  const status = await azure.json<StatusDocument>("status mycluster", { prices });
  expect(status.document.cost).toMatchObject({ complete: false, unknown: why });
  expect((await azure.run("status mycluster", { prices })).stdout).toContain(`costs: unknown (${why})`);
  const gone = await azure.json<DestroyDocument>("destroy mycluster --yes", { prices });
  expect(gone.stderr).toContain(`What it has cost is unknown: ${why}.`);
  expect([made.exit, status.exit, gone.exit]).toEqual([0, 0, 0]);
});

test("disks and machines of other kinds are asked for at once, too", async () => {
  let asked = 0;
  const prices: Prices = (url, init) => (asked++, list(url, init));
  const argv = "plan mycluster --num-nodes 4 --etcd-members 3 --spot --os-disk-size 64 --data-disk --data-disk-size 2000";
  const { document } = await ownAzure().json<PlanDocument>(argv, { prices });
  expect(document.cost).toMatchObject({ complete: true, assumed: [] });
  expect(document.cost.items.map(({ count, what, unitPrice }) => [count, what, unitPrice])).toEqual([
    [1, "public address", 0.005],
    [1, "load balancer", 0.025],
    [3, "machines Standard_D2s_v5", 0.096],
    [4, "system disks of 64 GiB (Premium_LRS)", 10.21],
    [4, "data disks of 2000 GiB (Premium_LRS)", 259.05],
    [1, "Spot machine Standard_D2s_v5", 0.0192],
  ]);
  expect(asked).toBe(1);
});

test("a size without a price makes the price a least one", async () => {
  const without: Prices = async (url, init) => {
    const text = await (await list(url, init)).text();
    return new Response(text.replaceAll('"Standard_D2s_v5"', '"Standard_Other"'));
  };
  const { exit, stderr } = await ownAzure().run("plan mycluster --num-nodes 2", { prices: without });
  expect(exit).toBe(0);
  expect(stderr).toMatch(/Price: at least 0\.0\d+ USD an hour, .*; no price is known of 2 machines Standard_D2s_v5\./);
});

test("what nobody thought of is asked for once more: a size in small letters, a region of a placement group", async () => {
  const { document } = await ownAzure().json<PlanDocument>("plan mycluster --vm-size standard_d4s_v5 --location westeurope");
  expect(document.cost.complete).toBe(true);
  const azure = ownAzure();
  await addGroup(azure, "other");
  const near = inGroup("other", "Microsoft.Compute/proximityPlacementGroups", "near");
  await byHand(azure, "PUT", near, { location: "westeurope", properties: {} });
  const asked: string[] = [];
  const prices: Prices = (url, init) => {
    asked.push(decodeURIComponent(url));
    return list(url, init);
  };
  const placed = await azure.json<PlanDocument>("plan mycluster --affinity-group near", { prices });
  expect(placed.document).toMatchObject({ location: "westeurope", cost: { complete: true } });
  expect(asked.map((one) => /armRegionName eq '(\w+)'/.exec(one)?.[1])).toEqual(["westus", "westeurope"]);
});

test("a create waits for no price: one that comes late is said when it comes", async () => {
  const made = async (late: boolean) => {
    const clock = createVirtualClock(START);
    const azure = ownAzure({ clock, seed: 5 });
    const written = Promise.withResolvers<void>();
    // real work on files makes virtual time jump to the next that wakes up: here nobody gives up before there was a write
    let limit = late ? 2000 : Number.NaN;
    const sleep: typeof clock.sleep = (ms, signal) => {
      if (ms !== limit) return clock.sleep(ms, signal);
      limit = Number.NaN;
      return new Promise(() => undefined);
    };
    const { stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines", {
      clock: { now: () => clock.now(), sleep },
      azure: (request) => {
        if (request.method === "PUT") written.resolve();
        return azure.simulation.handle(request);
      },
      prices: (url, init) => (late ? written.promise.then(() => list(url, init)) : list(url, init)),
    });
    return { saidFirst: stderr.indexOf("Price: 0.") < stderr.indexOf("asked for"), stderr };
  };
  const [quick, late] = [await made(false), await made(true)];
  expect([quick.saidFirst, late.saidFirst]).toEqual([true, false]);
  expect(late.stderr).toContain("Price: 0.");
});

// --- the question ---

/** An Azure that is not called a rehearsal: there everything is free, and nobody asks. */
const realAzure = (): TestAzure => ownAzure({ rehearsal: false });
const ARGV = "mycluster --num-nodes 1 --wait-for machines";

test("the first create shows plan and price, and asks; a yes makes the cluster", async () => {
  const azure = realAzure();
  const { exit, stderr } = await azure.run(ARGV, { answers: ["y"], prices: list });
  expect(exit, stderr).toBe(0);
  expect(stderr).toMatch(
    /1 machine of Standard_D2s_v5 in westus.*\n[^]*to make; about[^]*\nPrice: 0\.133 USD an hour, 95\.93 USD in 30 days \(list price[^]*\nMake mycluster\? \[y\/N\] /,
  );
  expect(stderr.match(/Price: /g)).toHaveLength(1);
  expect(stderr.match(/to make; about/g)).toHaveLength(1);
});

test("a group that somebody made while the question was open is not written over", async () => {
  const azure = realAzure();
  const { exit, stderr } = await azure.run(ARGV, {
    answers: ["y"],
    prices: async (url, init) => {
      await azure.pass(5000);
      await addGroup(azure, "mycluster", { owner: "somebody" });
      return list(url, init);
    },
  });
  expect([exit, stderr]).toEqual([7, expect.stringContaining("exists already and was not made by this tool")]);
  expect(everything(azure)).toEqual(["/resourceGroups/mycluster"]);
  expect((await byHand(azure, "GET", "/resourceGroups/mycluster")).body["tags"]).toEqual({ owner: "somebody" });
});

test.each<[string, string | undefined | null, number, string]>([
  ["no", "n", 1, "NotConfirmed"],
  ["Enter", "", 1, "NotConfirmed"],
  ["something else", "mycluster", 1, "NotConfirmed"],
  ["the end of the input", null, 1, "NotConfirmed"],
  ["Ctrl-C", undefined, 130, "Interrupted"],
])("%s at the question: nothing is made, in Azure or in the folder", async (_, answer, code, error) => {
  const azure = realAzure();
  const before = readdirSync(azure.dir);
  const { exit, stderr } = await azure.run(ARGV, { answers: [answer], prices: list });
  expect(exit).toBe(code);
  expect(stderr).toContain("Nothing was made.");
  expect(stderr).not.toMatch(/fault of azure-coreos-cluster|\.ts:\d/);
  const asJson = await azure.run(`${ARGV} --json`, { answers: [answer], prices: list });
  expect(JSON.parse(asJson.stdout)).toMatchObject({ error: { code: error } });
  expect(asJson.exit).toBe(code);
  expect(writes(azure)).toEqual([]);
  expect(readdirSync(azure.dir)).toEqual(before);
  expect(existsSync(`${azure.dir}/mycluster`)).toBe(false);
});

test.each<[string, string, RunOptions]>([
  ["--yes", "--yes", { answers: [] }],
  ["--no-input", "--no-input", { answers: [] }],
  ["CI", "", { answers: [], env: { CI: "true" } }],
  ["no terminal", "", {}],
])("%s: nobody is asked", async (_, flags, options) => {
  const { exit, stderr } = await realAzure().run(`${ARGV} ${flags}`, { ...options, prices: list });
  expect(exit, stderr).toBe(0);
  expect(stderr).not.toContain("[y/N]");
  expect(stderr).toContain("Price: ");
});

test("CI=false is no CI", async () => {
  expect((await realAzure().run(ARGV, { answers: ["no"], env: { CI: "false" } })).stderr).toContain("[y/N]");
});

test("a rehearsal asks nobody", async () => {
  expect((await ownAzure().run(ARGV, { answers: [] })).exit).toBe(0);
});

test("a cluster that is there, whole or half made, is finished and grown without a question", async () => {
  const azure = realAzure();
  const failed = await azure.run(`${ARGV} --yes`, {
    azure: (request) =>
      request.method === "PUT" && request.url.includes("/virtualMachines/")
        ? Promise.resolve({ status: 400, headers: {}, body: '{"error":{"code":"InvalidParameter","message":"no"}}' })
        : azure.simulation.handle(request),
  });
  expect(failed.exit).toBe(1);
  for (const argv of [ARGV, ARGV, ARGV.replace("3", "4")]) {
    const { exit, stderr } = await azure.run(argv, { answers: [] });
    expect(exit, stderr).toBe(0);
    expect(stderr).not.toContain("[y/N]");
  }
});

test("what the preflight refuses is refused without a question", async () => {
  const azure = realAzure();
  const { exit, stderr } = await azure.run("mycluster --vm-size Standard_Nothing", { answers: ["y"] });
  expect(exit).toBe(5);
  expect(stderr).not.toContain("[y/N]");
});

test("with --quiet the question says all that there is to know; a price that does not come is waited for two seconds", async () => {
  const asked = await realAzure().run(`${ARGV} --quiet`, { answers: ["n"], prices: list });
  expect(asked.stderr).toContain("Make mycluster (1 machine of Standard_D2s_v5 in westus, 0.133 USD an hour)? [y/N]");
  const unknown = await realAzure().run(`${ARGV} --quiet`, { answers: ["n"], prices: () => new Promise(() => undefined) });
  expect(unknown.stderr).toContain("in westus, price unknown)? [y/N]");
});

// --- what is there ---

test("status says what it costs and has cost; stopped machines cost nothing, and their disks do", async () => {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock });
  expect((await azure.run("mycluster --num-nodes 2 --wait-for machines")).exit).toBe(0);
  await clock.sleep(10 * 3_600_000);
  const running = await azure.json<StatusDocument>("status mycluster");
  const perHour = 0.005 + 0.025 + 2 * (0.096 + 5.28 / 730);
  expect(running.document.cost.perHour).toBeCloseTo(perHour, 5);
  expect(running.document.cost.soFar).toBeCloseTo(10 * perHour, 1);
  const { document } = await azure.json<StatusDocument>("status mycluster");
  for (const { name } of document.nodes)
    await byHand(azure, "POST", `${inGroup("mycluster", "Microsoft.Compute/virtualMachines", name)}/deallocate`);
  await clock.sleep(600_000);
  const stopped = (await azure.json<StatusDocument>("status mycluster")).document;
  expect(stopped.cost.perHour).toBeCloseTo(perHour - 2 * 0.096, 5);
  expect(stopped.cost.soFar).toBeCloseTo((10 + 1 / 6) * perHour, 1);
  expect(stopped.cost.assumed).toContainEqual(expect.stringContaining("deallocated"));
  const { stdout } = await azure.run("status mycluster");
  expect(stdout).toMatch(
    /costs: 0\.044 USD an hour, 32\.02 USD in 30 days; so far about 2\.\d\d USD \(a rehearsal's own prices\)/,
  );
  const gone = await azure.json<DestroyDocument>("destroy mycluster --yes");
  expect(gone.document.cost?.soFar).toBeCloseTo((10 + 1 / 6) * perHour, 1);
  expect((await azure.json<DestroyDocument>("destroy mycluster --yes")).document.cost).toBeUndefined();
});

test("what is watched asks for prices once", async () => {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock });
  await azure.run("mycluster --num-nodes 1 --wait-for machines");
  let asked = 0;
  const prices: Prices = (url, init) => (asked++, list(url, init));
  const { stdout } = await azure.run("status mycluster --watch --timeout 20s --json", { prices });
  expect(stdout.trim().split("\n").length).toBeGreaterThan(2);
  expect(asked).toBe(1);
});

test("an export knows no price, and asks for none", async () => {
  let asked = 0;
  const azure = ownAzure();
  const { exit, stdout } = await azure.run("export mycluster", { prices: (url, init) => (asked++, list(url, init)) });
  expect([exit, asked]).toEqual([0, 0]);
  expect(stdout).not.toContain("USD");
});

// --- who is asked ---

const AZURE = "https://prices.azure.com/api/retail/prices";

test.each<[string, Parameters<typeof priceService>[1], Record<string, string>, string]>([
  ["Azure", {}, {}, AZURE],
  ["Azure at its own address", { armEndpoint: "https://management.azure.com" }, {}, AZURE],
  ["another ARM", { armEndpoint: "http://127.0.0.1:8080" }, {}, "Azure's prices are not those of another Resource Manager"],
  [
    "another ARM with a list",
    { armEndpoint: "http://127.0.0.1:8080" },
    { AZURE_COREOS_CLUSTER_PRICES_URL: "http://127.0.0.1:8080/p" },
    "http://127.0.0.1:8080/p",
  ],
  ["a mirror", {}, { AZURE_COREOS_CLUSTER_PRICES_URL: "https://prices.example/list" }, "https://prices.example/list"],
  [
    "a mirror over http",
    {},
    { AZURE_COREOS_CLUSTER_PRICES_URL: "http://prices.example/list" },
    "AZURE_COREOS_CLUSTER_PRICES_URL is no https URL",
  ],
  [
    "a mirror with a password",
    {},
    { AZURE_COREOS_CLUSTER_PRICES_URL: "https://a:b@prices.example/" },
    "AZURE_COREOS_CLUSTER_PRICES_URL is no https URL",
  ],
  ["nobody", {}, { AZURE_COREOS_CLUSTER_PRICES_URL: "none" }, "nobody is asked"],
  ["nonsense", {}, { AZURE_COREOS_CLUSTER_PRICES_URL: "prices" }, "AZURE_COREOS_CLUSTER_PRICES_URL is no https URL"],
  ["China", { cloud: "AzureChinaCloud" }, {}, "AzureChinaCloud has no price list"],
  ["China by its address", { armEndpoint: "https://management.chinacloudapi.cn" }, {}, "this cloud has no price list"],
])("prices of %s", (_, given, env, expected) => {
  const { list: asked } = priceService({ env }, given, { rehearsed: false, fetch: list });
  expect("base" in asked ? asked.base : asked.unknown).toMatch(new RegExp(`^${expected.replaceAll(/[.]/g, "\\.")}`));
});

test("the variable that names a list is no misspelt flag, and no rehearsal asks it", async () => {
  const env = { AZURE_COREOS_CLUSTER_PRICES_URL: "http://127.0.0.1:9/" };
  const { stderr } = await ownAzure().run("plan mycluster", { env });
  expect(stderr).not.toContain("without effect");
  expect(stderr).toContain("(a rehearsal's own prices)");
});

test("emulate serves a price list beside Resource Manager, without a sign-in", async () => {
  const served = await serve(createSimulation({ clock: createVirtualClock(START) }), { port: 0 });
  try {
    const query = {
      currency: "CHF",
      location: "norwayeast",
      filters: ["armSkuName eq 'Standard_E4s_v5'", "meterName eq 'E10 LRS Disk'"],
    };
    const rows = await readPrices(fetch, `${served.url}/api/retail/prices`, query, new AbortController().signal);
    expect(rows.map(({ meter, product, region }) => `${region} ${product} ${meter}`).sort()).toMatchInlineSnapshot(`
      [
        "norwayeast E4s v5 Series Cloud Services E4s v5",
        "norwayeast Standard SSD Managed Disks E10 LRS Disk",
        "norwayeast Virtual Machines Es v5 Series E4s v5",
        "norwayeast Virtual Machines Es v5 Series E4s v5 Low Priority",
        "norwayeast Virtual Machines Es v5 Series E4s v5 Spot",
        "norwayeast Virtual Machines Es v5 Series Windows E4s v5",
      ]
    `);
    for (const filter of ["meterName", "(meterName eq 'a'", "meterName eq 'a' or", "a eq 'b')"])
      expect((await fetch(`${served.url}/api/retail/prices?$filter=${encodeURIComponent(filter)}`)).status, filter).toBe(400);
    expect((await fetch(`${served.url}/api/retail/prices?currencyCode='XXX'`)).status).toBe(400);
  } finally {
    await served.close();
  }
});
