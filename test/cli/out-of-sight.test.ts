/** Operations whose own address is gone, or not the caller's to read: what became of what they do the resources show. */
import { expect, test } from "vitest";
import { parseFault, parseScript } from "../../src/sim/fault-script.ts";
import { ownAzure } from "./world.ts";

test.each(["poll:404x*", "poll:410x*", "poll:AuthorizationFailed"])(
  "a cluster's whole life under %s: each is asked for once",
  async (fault) => {
    const azure = ownAzure({ faults: [parseFault(fault)] });
    const well = async (argv: string): Promise<string[]> => {
      azure.exchanges.length = 0;
      const { exit, stderr } = await azure.run(argv);
      expect(exit, stderr).toBe(0);
      return azure.exchanges
        .filter(
          ({ method, url }) =>
            /POST|DELETE|PUT/.test(method) && /\/(virtualMachines|resourceGroups)\/[^/?]+(\/\w+)?\?/i.test(url),
        )
        .map(({ method, url }) => `${method} ${new URL(url).pathname}`)
        .filter((one) => !/permissions|register/.test(one));
    };
    const made = await well("mycluster --num-nodes 3 --wait-for machines");
    expect(made.filter((one) => one.includes("virtualMachines"))).toHaveLength(3);
    expect(await well("stop mycluster --yes")).toHaveLength(3);
    expect(await well("start mycluster")).toHaveLength(3);
    expect(await well("remove mycluster 2 --yes")).toHaveLength(1);
    expect(await well("destroy mycluster --yes")).toHaveLength(1);
  },
);

test("a start that fails where nobody sees it has an end, which says so, and is not sent again", async () => {
  const azure = ownAzure();
  await azure.run("mycluster --num-nodes 1 --wait-for machines");
  await azure.run("stop mycluster --yes");
  const blind = ownAzure({ state: azure.simulation.save(), ...parseScript("poll:404x*,start-0:AllocationFailed") });
  const { exit, stderr } = await blind.run("start mycluster --resource-group mycluster");
  expect({ exit, starts: blind.exchanges.filter(({ url }) => url.includes("/start?")).length }).toEqual({ exit: 1, starts: 1 });
  expect(stderr).toContain("no longer says how it ended");
});

test("a machine that fails again and again, and nobody sees its operation, is not made for ever", async () => {
  const azure = ownAzure(parseScript("poll:404x*,machine-0:AllocationFailed"));
  const { exit, stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines --timeout 1h");
  expect({ exit, stderr }).toMatchObject({ exit: 1, stderr: expect.stringContaining("does not show why") });
  expect(azure.exchanges.filter(({ method, url }) => method === "PUT" && url.includes("virtualMachines/")).length).toBeLessThan(
    4,
  );
});
