/** What Azure tells of a machine that it calls failed: whether it has worked. */
import { expect, test } from "vitest";
import { type MachineView, type Past, pastOf } from "../../src/core/failed-machine.ts";

const MAC = "00-0D-3A-00-00-01";
const running = (failure?: string, agentReady = false): MachineView => ({
  power: "running",
  agentReady,
  ...(failure === undefined ? {} : { failure }),
});
const without = (power?: string): MachineView => ({ agentReady: false, failure: "AllocationFailed", ...(power && { power }) });

type Row = readonly [what: string, view: MachineView, disk: boolean, mac: string | undefined, Past];
const ROWS: readonly Row[] = [
  ["no room for it: nothing of it is there", without(), false, undefined, "never started"],
  ["no room for it, and its disk is made", without(), true, undefined, "never started"],
  ["no room for it, and Azure calls it deallocated", without("deallocated"), true, "", "never started"],
  ["no room to start it again", without("deallocated"), true, MAC, "worked"],
  [
    "stopped, as the credit is used up",
    { power: "stopped", failure: "VMStoppedToWarnSubscription", agentReady: false },
    true,
    MAC,
    "worked",
  ],
  ["no power is told, and its disk and interface are there", without(), true, MAC, "silent"],
  ["it is about to start", without("starting"), false, undefined, "silent"],
  [
    "an extension failed, and Azure does not say whether it runs",
    { failure: "VMExtensionProvisioningError", agentReady: false },
    true,
    MAC,
    "worked",
  ],
  ["an extension failed", running("VMExtensionProvisioningError"), true, MAC, "worked"],
  ["it has power, and no more is known", running(), false, undefined, "silent"],
  ["no room to resize it, and its agent is there", running("AllocationFailed", true), true, MAC, "worked"],
  ["its system was not heard of in time", running("OSProvisioningTimedOut"), true, MAC, "silent"],
  ["and was heard of later", running("OSProvisioningTimedOut", true), true, MAC, "worked"],
  ["its system said that it failed", running("OSProvisioningClientError"), true, MAC, "silent"],
];
test.each(ROWS)("%s", (_, view, disk, macAddress, past) => {
  const storageProfile = { osDisk: { createOption: "FromImage", ...(disk ? { managedDisk: { id: "/disks/d" } } : {}) } };
  const nic = macAddress === undefined ? undefined : { macAddress };
  expect(pastOf({ location: "westus", storageProfile }, nic, view)).toBe(past);
});
