import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/sim/fault.ts";
import { FAULT_CODES, parseFault } from "../../src/sim/fault-script.ts";
import { arm, GROUP } from "./arm.ts";
import { base, group, nic, nicId, nsg, nsgId, vm, vmId } from "./shape.ts";

const url = (segment: string): string => `/${segment}/[^/?]+(\\?|$)`;

const SCRIPTS: [text: string, fault: Fault][] = [
  ["loadBalancers:429x3", { match: { method: "PUT", url: url("loadBalancers"), nth: [1, 3] }, effect: { status: 429 } }],
  [
    "balancer:429+5",
    { match: { method: "PUT", url: url("loadBalancers"), nth: 1 }, effect: { status: 429, headers: { "retry-after": "5" } } },
  ],
  ["nic:reset-after@2", { match: { method: "PUT", url: url("networkInterfaces"), nth: 2 }, effect: { reset: "after" } }],
  ["DELETE/network:hang", { match: { method: "DELETE", url: url("virtualNetworks"), nth: 1 }, effect: { hang: "before" } }],
  ["DELETE network:hang", { match: { method: "DELETE", url: url("virtualNetworks"), nth: 1 }, effect: { hang: "before" } }],
  [
    "poll:503x2",
    { match: { method: "GET", url: "/(operations|operationresults|asyncoperations)/", nth: [1, 2] }, effect: { status: 503 } },
  ],
  ["any:500x*%10", { match: { probability: 0.1 }, effect: { status: 500 } }],
  ["set:slow=30", { match: { method: "PUT", url: url("availabilitySets"), nth: 1 }, effect: { delayMs: 30_000 } }],
  ["any:lag=20", { match: { method: "GET" }, effect: { lagMs: 20_000 } }],
  ["nic:lag=20x2", { match: { method: "GET", url: "/networkInterfaces(\\?|$)", nth: [1, 2] }, effect: { lagMs: 20_000 } }],
  ["group:empty", { match: { method: "PUT", url: "/resourcegroups/[^/?]+(\\?|$)", nth: 1 }, effect: { emptyBody: true } }],
  [
    "machine-1:Whatever",
    {
      match: { method: "PUT", url: "/virtualMachines/([^/?]*-)?1(-[a-z]+)*(\\?|$)" },
      effect: { status: 400, code: "Whatever", message: "Whatever, as the script wants it." },
    },
  ],
];

describe("a script in one line:", () => {
  for (const [text, fault] of SCRIPTS) test(text, () => expect(parseFault(text)).toEqual(fault));

  for (const text of ["", "machine-1", "machine-1:", ":429", "machine-1:nonsense", "machine-1:999", "a b:429"]) {
    test(`'${text}' is no fault, and the advice says what is`, () => {
      expect(() => parseFault(text)).toThrow(
        expect.objectContaining({ code: "InvalidFault", advice: expect.stringMatching(/429/) }),
      );
    });
  }

  test("a machine's number is that of the machine: 1 is not 11", () => {
    const pattern = new RegExp(parseFault("machine-1:AllocationFailed").match.url ?? "", "i");
    const at = (name: string): boolean =>
      pattern.test(`${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}?api-version=1`);
    expect(["c-coreos-1", "vm-1", "c-coreos-11", "c-1-coreos-2"].map(at)).toEqual([true, true, false, false]);
  });

  test("every code with a text of its own reaches the client", () => {
    for (const code of FAULT_CODES) {
      const { effect } = parseFault(`machine-0:${code}`);
      expect("failOperation" in effect ? effect.failOperation.code : "code" in effect && effect.code).toBe(code);
    }
  });
});

const put = (effect: Fault["effect"], nth?: number): Fault => ({
  match: { method: "PUT", url: "networkSecurityGroups/nsg", ...(nth === undefined ? {} : { nth }) },
  effect,
});

describe("what a fault does:", () => {
  const ROWS: [what: string, fault: Fault, outcome: unknown, there: boolean][] = [
    ["a reset before: nothing has happened", put({ reset: "before" }), "ECONNRESET", false],
    ["a reset after: it has happened", put({ reset: "after" }), "ECONNRESET", true],
    [
      "a status: nothing has happened",
      put({ status: 503, headers: { "retry-after": "7" } }),
      [503, "ServiceUnavailable", "7"],
      false,
    ],
    [
      "a status after acting: it has happened",
      put({ status: 500, afterActing: true }),
      [500, "InternalServerError", undefined],
      true,
    ],
    ["an empty body: it has happened", put({ emptyBody: true }), [201, undefined, "3"], true],
    ["the second time only", put({ status: 500 }, 2), [201, undefined, "3"], true],
  ];
  for (const [what, fault, outcome, there] of ROWS) {
    test(what, async () => {
      const on = arm({ faults: [fault] });
      await on.make(GROUP, group());
      const given = await on.ask("PUT", nsgId, nsg()).then(
        ({ status, json, headers }) => [status, json?.error?.code, headers["retry-after"]],
        (error: { code?: string }) => error.code,
      );
      expect(given).toEqual(outcome);
      expect((await on.ask("GET", nsgId)).status).toBe(there ? 200 : 404);
    });
  }

  for (const [moment, status] of [
    ["before", 404],
    ["after", 200],
  ] as const) {
    test(`a hang ${moment} the act ends with the caller's signal`, async () => {
      const on = arm({ faults: [put({ hang: moment })] });
      await on.make(GROUP, group());
      const stop = new AbortController();
      const hanging = on.simulation.handle({
        method: "PUT",
        url: `https://management.azure.com${nsgId}?api-version=2026-01-01`,
        headers: { authorization: "x" },
        body: JSON.stringify(nsg()),
        signal: stop.signal,
      });
      void on.clock.sleep(60_000).then(() => stop.abort(new Error("enough")));
      await expect(hanging).rejects.toThrow("enough");
      expect((await on.ask("GET", nsgId)).status).toBe(status);
    });
  }

  test("a failing operation on what is made at once still fails", async () => {
    const on = arm({ faults: [parseFault("nic-0:InternalExecutionError")] });
    await base(on);
    const given = await on.ask("PUT", nicId(0), nic(0));
    expect(given.status).toBe(201);
    expect((await on.ask("GET", given.headers["azure-asyncoperation"] ?? "")).json).toMatchObject({
      status: "Failed",
      error: { code: "InternalExecutionError" },
    });
    expect((await on.ask("GET", nicId(0))).json.properties.provisioningState).toBe("Failed");
  });

  test("a list that is behind leaves out what is younger, and nothing else does", async () => {
    const on = arm({ faults: [parseFault("any:lag=20")] });
    await on.make(GROUP, group());
    const names = async (path: string): Promise<string[]> =>
      (await on.ask("GET", path)).json.value.map((one: { name: string }) => one.name);
    await on.ask("PUT", nsgId, nsg());
    const lists = [nsgId.replace(/\/nsg$/, ""), `${GROUP}/resources`];
    for (const list of lists) expect(await names(list)).toEqual([]);
    expect((await on.ask("GET", nsgId)).status).toBe(200);
    await on.wait(20);
    for (const list of lists) expect(await names(list)).toEqual(["nsg"]);
  });

  test("a machine that failed can be put again", async () => {
    const on = arm({ faults: [parseFault("machine-0:AllocationFailedx1")] });
    await base(on);
    await on.make(nicId(0), nic(0));
    expect((await on.make(vmId(0), vm(0))).json.properties.provisioningState).toBe("Failed");
    expect((await on.make(vmId(0), vm(0))).json.properties.provisioningState).toBe("Succeeded");
  });
});

test.each(["constructor:503", "constructor:lag=3", "constructor-1:503"])(
  "%s is read, though every object has a constructor",
  (text) => {
    expect(parseFault(text)).toBeDefined();
  },
);
