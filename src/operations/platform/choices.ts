/**
 * What a platform was asked to be: kept on each of its nodes, where root alone reads it, so that whoever goes on, from whatever machine,
 * goes on with the same. It holds no secret. What comes back from a node is input, and checked.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { ADMIN, DOMAIN, RANGE, SHA256 } from "../../core/spec/platform.ts";

export interface PlatformChoices {
  readonly version: 1;
  /** Its wildcard record leads to the cluster: applications are at APP.DOMAIN. */
  readonly domain: string;
  readonly adminUsername: string;
  readonly channel: "stable" | "testing";
  /** Whether certificates are asked for at Let's Encrypt. */
  readonly certManager: boolean;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** Where the installer came from: a URL or a path. */
  readonly installer: string;
  /** Of the installer that all nodes run. */
  readonly sha256: string;
  /** Indexes of the nodes that are k3s servers; the first one runs what is run once, and answers for the gateway. */
  readonly servers: readonly number[];
}

/** What the first of the platform's steps wrote; undefined where nothing of it is there. @throws ClusterError PlatformDamaged (exit 7) */
export function readChoices(text: string | undefined): PlatformChoices | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    const found = JSON.parse(text) as Partial<Record<keyof PlatformChoices, unknown>>;
    const whole =
      found.version === 1 &&
      Object.entries(TEXTS).every(([key, pattern]) => {
        const value = found[key as keyof PlatformChoices];
        return typeof value === "string" && pattern.test(value);
      }) &&
      typeof found.certManager === "boolean" &&
      Array.isArray(found.servers) &&
      found.servers.length > 0 &&
      found.servers.every((one) => Number.isInteger(one) && one >= 0 && one < 1000);
    if (whole) return found as PlatformChoices;
  } catch {
    // falls through
  }
  throw new ClusterError("PlatformDamaged", "what the nodes keep of the platform cannot be read", {
    source: "node",
    exit: EXIT.conflict,
    advice:
      "Somebody else has written to /var/lib/azure-coreos-cluster/platform/choices.json on the first node: mend or delete it.",
  });
}

// --- internal ---

const TEXTS = {
  domain: DOMAIN,
  adminUsername: ADMIN,
  channel: /^(stable|testing)$/,
  clusterCidr: RANGE,
  serviceCidr: RANGE,
  installer: /^.{1,1000}$/,
  sha256: SHA256,
} as const satisfies Partial<Record<keyof PlatformChoices, RegExp>>;
