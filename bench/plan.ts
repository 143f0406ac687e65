/** The plan of a cluster of some nodes, with materials as long as real ones; a simulation takes its bodies. */
import { generateKeyPairSync } from "node:crypto";
import { planOf } from "../src/core/plan/plan.ts";
import type { AnyResource } from "../src/core/plan/resource.ts";
import { buildSpec } from "../src/core/spec/spec.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";
export const NAME = "mycluster";

const key = publicKey();

export function resourcesOf(numNodes: number): readonly AnyResource[] {
  const { spec } = buildSpec(NAME, { numNodes });
  const nodes = Array.from({ length: numNodes }, (_, index) => ({
    index,
    name: `${NAME}-coreos-${index}`,
    address: `10.0.${(index + 4) >> 8}.${(index + 4) & 255}`,
    userData: "#cloud-config\n".padEnd(4400, "# as long as a member's\n"),
    hostKey: key,
  }));
  return planOf(spec, {
    subscription: SUBSCRIPTION,
    group: NAME,
    foreignGroup: false,
    location: "westus",
    choices: {
      id: "00000000",
      sshPublicKey: key,
      members: new Map(nodes.slice(0, 3).map(({ index, address }) => [index, address])),
    },
    nodes,
    image: {
      reference: { publisher: "kinvolk", offer: "flatcar-container-linux-corevm-amd64", sku: "stable-gen2", version: "4459.2.1" },
    },
    acceleratedNetworking: true,
    premiumDisks: true,
    faultDomains: 3,
  });
}

// --- internal ---

function publicKey(): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const parts = [Buffer.from("ssh-ed25519"), Buffer.from(x, "base64url")];
  return `ssh-ed25519 ${Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), part])).toString("base64")}`;
}
