/** create, status and destroy by separate processes: what is saved is everything, running operations and the time too. */
import { mkdir, mkdtemp, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { timeOf } from "../../src/sim/simulation.ts";
import { loadSimulation, saveSimulation } from "../../src/sim/store.ts";
import { arm, type Arm, GROUP } from "./arm.ts";
import { base, nic, nicId, node, vm, vmId } from "./shape.ts";

/** What another process would find: only JSON goes across. */
function another(on: Arm): Arm {
  const state: unknown = JSON.parse(JSON.stringify(on.simulation.save()));
  return arm({ state, clock: createVirtualClock(timeOf(state) ?? 0) });
}

test("a machine that is being made is finished by the next process", async () => {
  const first = arm();
  await base(first);
  await first.make(nicId(0), nic(0));
  const url = (await first.ask("PUT", vmId(0), vm(0))).headers["azure-asyncoperation"] ?? "";
  const second = another(first);
  expect((await second.ask("GET", url)).json.status).toBe("InProgress");
  expect((await second.ask("PUT", vmId(0), vm(0))).json.error.code).toBe("Conflict");
  await second.wait(90);
  expect((await second.ask("GET", vmId(0))).json.properties.provisioningState).toBe("Succeeded");
  const third = another(second);
  expect((await third.ask("DELETE", GROUP)).status).toBe(202);
  const fourth = another(third);
  await fourth.wait(90);
  expect((await fourth.ask("GET", GROUP)).status).toBe(404);
});

test("a clock that starts before the saved time does not make what runs take longer", async () => {
  const first = arm();
  await base(first);
  await first.make(nicId(0), nic(0));
  await first.ask("PUT", vmId(0), vm(0));
  const second = arm({ state: JSON.parse(JSON.stringify(first.simulation.save())), clock: createVirtualClock(0) });
  await second.wait(90);
  expect((await second.ask("GET", vmId(0))).json.properties.provisioningState).toBe("Succeeded");
});

test("the rules still see everything: addresses, custom data, quota", async () => {
  const first = arm();
  await base(first);
  await node(first, 0);
  const second = another(first);
  const stolen = nic(1);
  stolen.properties.ipConfigurations[0].properties.privateIPAddress = "10.0.0.10";
  expect((await second.ask("PUT", nicId(1), stolen)).json.error.code).toBe("PrivateIPAddressIsAllocated");
  const changed = vm(0);
  changed.properties.osProfile.customData = "AAAA";
  expect((await second.ask("PUT", vmId(0), changed)).json.error.code).toBe("PropertyChangeNotAllowed");
});

test("a saved and loaded simulation goes on exactly as if it had not been", async () => {
  const on = arm();
  await base(on);
  const twin = another(on);
  for (const one of [on, twin]) await node(one, 0);
  expect(twin.simulation.save()).toEqual(on.simulation.save());
});

test("custom data is kept as a digest only", async () => {
  const on = arm();
  await base(on);
  await node(on, 0);
  expect(JSON.stringify(on.simulation.save())).not.toContain(vm(0).properties.osProfile.customData);
});

test("the file is its owner's alone, replaced as a whole; none is no error", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "sim-")), "deep", "state.json");
  expect(await loadSimulation(file)).toBeUndefined();
  const on = arm();
  await base(on);
  await saveSimulation(file, on.simulation.save());
  await saveSimulation(file, on.simulation.save());
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await loadSimulation(file)).toEqual(JSON.parse(await readFile(file, "utf8")));
});

test("two that are kept at the same moment do not meet, and one that cannot be leaves nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sim-"));
  const [file, on] = [join(folder, "state.json"), arm()];
  await Promise.all([1, 2, 3].map(() => saveSimulation(file, on.simulation.save())));
  await mkdir(join(folder, "in-its-place"));
  await expect(saveSimulation(join(folder, "in-its-place"), {})).rejects.toMatchObject({ code: "SimulationNotKept" });
  expect((await readdir(folder)).sort()).toEqual(["in-its-place", "state.json"]);
});

for (const [what, text] of [
  ["half a file", '{"schema":1,'],
  ["another program's file", '{"hello":1}'],
  ["a later version", '{"schema":2,"now":1,"entries":[],"operations":[]}'],
] as const) {
  test(`${what} is refused, and it says what to delete`, async () => {
    const file = join(await mkdtemp(join(tmpdir(), "sim-")), "state.json");
    await writeFile(file, text);
    await expect(loadSimulation(file)).rejects.toMatchObject({ code: "SimulationState", advice: expect.stringContaining(file) });
  });
}
