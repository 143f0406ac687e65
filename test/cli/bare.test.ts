/** A machine that is made where the etcd authority is not: its user-data speaks TLS all the same, and waits for its certificate. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byHand, inGroup } from "./azure-hand.ts";
import { ownAzure } from "./world.ts";

test.each([
  ["a member", 1, "", true],
  ["a gateway", 3, "", false],
  ["a member of a cluster without TLS", 1, "--etcd-plain", false],
])("%s", async (_, index, flags, tls) => {
  const azure = ownAzure();
  expect((await azure.run(`mycluster --num-nodes 4 ${flags}`)).exit).toBe(0);
  const name = `mycluster-coreos-${index}`;
  await byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/virtualMachines", name));
  for (const file of ["etcd-ca.key", "etcd-ca.pem"]) rmSync(join(azure.dir, "mycluster", file), { force: true });
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster");
  expect(exit, stderr).toBe(0);
  const text = Buffer.from(
    azure.puts().get(`virtualMachines/${name}`)?.properties.osProfile.customData ?? "",
    "base64",
  ).toString();
  expect(text).toContain("#cloud-config");
  expect([text.includes("40-tls.conf"), text.includes("path: /etc/etcd/tls/")]).toEqual([tls, false]);
});
