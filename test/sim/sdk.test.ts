import { expect, test } from "vitest";
import { arm, clients, GROUP, START } from "./arm.ts";
import { base, lbId, nicId, node, pipId, vmId } from "./shape.ts";

test("a cluster of three comes into being and goes away", async () => {
  const on = arm();
  await base(on);
  for (const index of [0, 1, 2]) await node(on, index);
  const vm = (await on.ask("GET", vmId(1))).json;
  expect(vm.properties.provisioningState).toBe("Succeeded");
  expect((await on.ask("GET", pipId)).json.properties.ipAddress).toMatch(/^203\.0\.113\./);
  const lb = (await on.ask("GET", lbId)).json;
  expect(lb.properties.inboundNatRules[1].properties.backendIPConfiguration.id).toBe(`${nicId(1)}/ipConfigurations/primary`);
  const { value } = (await on.ask("GET", `${GROUP}/resources`)).json;
  expect(value).toHaveLength(5 + 3 * 4);
  expect((await on.ask("DELETE", GROUP)).status).toBe(202);
  await on.wait(60);
  expect((await on.ask("GET", GROUP)).status).toBe(404);
  expect(on.clock.now()).toBeGreaterThan(START);
});

test("the SDK's clients drive the same", async () => {
  const on = arm();
  await base(on);
  const { compute, network, resources } = clients(on.simulation);
  const vms = [];
  for await (const vm of compute.virtualMachines.list("g")) vms.push(vm);
  expect(vms).toEqual([]);
  const lb = await network.loadBalancers.get("g", "lb");
  expect(lb.inboundNatRules?.map((rule) => rule.frontendPort)).toEqual([22001, 22002, 22003]);
  const skus = [];
  for await (const sku of compute.resourceSkus.list({ filter: "location eq 'westus'" })) skus.push(sku);
  expect(skus.length).toBeGreaterThan(20);
  const groups = [];
  for await (const one of resources.resourceGroups.list({ filter: "tagName eq 'cluster' and tagValue eq 'c'" })) groups.push(one);
  expect(groups).toHaveLength(1);
});
