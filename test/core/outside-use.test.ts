/** Who uses a resource, read out of Azure's own models of it. */
import { expect, test } from "vitest";
import { kindOfId } from "../../src/core/plan/kinds.ts";
import type { DoomedKind } from "../../src/core/plan/bodies.ts";
import { madeFrom, resourcesIn, usesOf } from "../../src/core/outside-use.ts";

const G = "/subscriptions/s/resourceGroups/g/providers/";
const NIC = `${G}Microsoft.Network/networkInterfaces/n`;
const VM = `${G}Microsoft.Compute/virtualMachines/v`;
const GATEWAY = `${G}Microsoft.Network/applicationGateways/g`;
const PROFILE = `${G}Microsoft.Network/networkProfiles/p`;
const LB = `${G}Microsoft.Network/loadBalancers/l`;

test.for([
  [
    "network",
    { subnets: [{ ipConfigurations: [{ id: `${NIC}/ipConfigurations/a` }, { id: `${NIC}/ipConfigurations/b` }] }] },
    NIC,
  ],
  [
    "network",
    { subnets: [{}, { privateEndpoints: [{ id: `${G}Microsoft.Network/privateEndpoints/e` }] }] },
    `${G}Microsoft.Network/privateEndpoints/e`,
  ],
  ["network", { subnets: [{ applicationGatewayIPConfigurations: [{ id: `${GATEWAY}/gatewayIPConfigurations/i` }] }] }, GATEWAY],
  [
    "network",
    { subnets: [{ resourceNavigationLinks: [{ link: `${G}Microsoft.Cache/Redis/r` }] }] },
    `${G}Microsoft.Cache/Redis/r`,
  ],
  [
    "network",
    {
      subnets: [{ ipConfigurationProfiles: [{ id: `${PROFILE}/containerNetworkInterfaceConfigurations/e/ipConfigurations/i` }] }],
    },
    PROFILE,
  ],
  ["publicAddress", { ipConfiguration: { id: `${LB}/frontendIPConfigurations/f` } }, LB],
  ["publicAddress", { natGateway: { id: `${G}Microsoft.Network/natGateways/n` } }, `${G}Microsoft.Network/natGateways/n`],
  ["loadBalancer", { backendAddressPools: [{ backendIPConfigurations: [{ id: `${NIC}/ipConfigurations/a` }] }] }, NIC],
  ["loadBalancer", { inboundNatRules: [{ backendIPConfiguration: { id: `${NIC}/ipConfigurations/a` } }, {}] }, NIC],
  ["securityGroup", { networkInterfaces: [{ id: NIC }] }, NIC],
  [
    "natGateway",
    { subnets: [{ id: `${G}Microsoft.Network/virtualNetworks/w/subnets/x` }] },
    `${G}Microsoft.Network/virtualNetworks/w`,
  ],
  ["availabilitySet", { virtualMachines: [{ id: VM }] }, VM],
  [
    "placementGroup",
    { availabilitySets: [{ id: `${G}Microsoft.Compute/availabilitySets/a` }] },
    `${G}Microsoft.Compute/availabilitySets/a`,
  ],
  ["placementGroup", { virtualMachineScaleSets: [{ id: `${VM}ss` }] }, `${VM}ss`],
  ["disk", { managedBy: VM }, VM],
  ["disk", { managedByExtended: [VM] }, VM],
  ["networkInterface", { virtualMachine: { id: VM } }, VM],
  ["network", { subnets: [{ ipConfigurations: [{ id: "nonsense" }] }] }, undefined],
  ["network", null, undefined],
  ["sshKey", { virtualMachine: { id: VM } }, undefined],
] as const satisfies readonly (readonly [DoomedKind, unknown, string | undefined])[])("%s %j: %s", ([kind, model, by]) => {
  expect(usesOf({ id: "x", kind, model })).toEqual(by === undefined ? [] : [{ id: "x", by }]);
});

test("an image is used by the machines that were made from it, in whatever case Azure writes its id", () => {
  const image = `${G}Microsoft.Compute/images/i`;
  const from = (id: string): unknown => ({ storageProfile: { imageReference: { id } } });
  const machines = [
    { id: VM, model: from(image.toUpperCase()) },
    { id: `${VM}2`, model: from(`${image}2`) },
    { id: `${VM}3`, model: {} },
  ];
  expect(madeFrom(image, machines)).toEqual([{ id: image, by: VM }]);
});

test("every resource that a model refers to is found once, by its parts too", () => {
  const model = { a: [{ id: `${NIC}/ipConfigurations/a` }, { id: NIC.toLowerCase() }], b: { c: { id: LB } }, d: "text" };
  expect(resourcesIn(model).map((id) => id.toLowerCase())).toEqual([NIC, LB].map((id) => id.toLowerCase()));
});

test("the kind of a resource is read from its id", () => {
  expect([NIC, VM.toUpperCase(), `${G}Microsoft.Sql/servers/s`, "x"].map(kindOfId)).toEqual([
    "networkInterface",
    "machine",
    undefined,
    undefined,
  ]);
});
