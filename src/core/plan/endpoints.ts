/**
 * THE ENDPOINTS TABLE: what the load balancer opens to the world beside SSH, one row an endpoint. A row is all: rule, probe and
 * security rule are made of it, SSH ports keep clear of it, status names it, and a create that is done looks at it from outside.
 */
import type { FlagKey, FlagValues } from "../spec/flags.ts";
import { PLATFORMS } from "./platforms.ts";

export interface Endpoint {
  /** Of the rule and its probe; rows of one name are never open together. */
  readonly name: string;
  readonly port: number;
  /** An HTTP probe has a path; without one the probe is a TCP connection. */
  readonly probePath?: string;
  /** Azure closes a silent connection after this; 4 is its default, 30 the most that every API version takes. */
  readonly idleMinutes: number;
  /** The flags that open and close it. */
  readonly flags: readonly FlagKey[];
  readonly when: (flags: FlagValues) => boolean;
  /** Who may come; absent: everybody. */
  readonly from?: (flags: FlagValues) => readonly string[];
}

/** The Deis router answers its health check whatever its applications do; of another server no path is known, and its heir answers 404. */
const HEALTH = "/health-check";
const answersHealth = ({ deis, platform }: FlagValues): boolean => deis && PLATFORMS[platform].deis.healthPath === HEALTH;

export const ENDPOINTS: readonly Endpoint[] = [
  { name: "web", port: 80, probePath: HEALTH, idleMinutes: 4, flags: ["deis", "http"], when: answersHealth },
  {
    name: "web",
    port: 80,
    idleMinutes: 4,
    flags: ["deis", "http"],
    when: (flags) => (flags.deis || flags.http) && !answersHealth(flags),
  },
  {
    name: "https",
    port: 443,
    idleMinutes: 4,
    flags: ["deis", "http", "nohttps"],
    when: ({ deis, http, nohttps }) => (deis || http) && !nohttps,
  },
  // `git push` to the builder is silent for minutes while an image is built: deis/deis#3630
  { name: "builder", port: 2222, idleMinutes: 20, flags: ["deis"], when: ({ deis }) => deis },
  // of k3s; `kubectl logs --follow` is silent for as long as it likes
  {
    name: "kube-api",
    port: 6443,
    idleMinutes: 30,
    flags: ["kubeApi"],
    when: ({ kubeApi }) => kubeApi.length > 0,
    from: ({ kubeApi }) => kubeApi,
  },
];

/** The endpoints that a cluster opens, in port order. */
export const endpointsOf = (flags: FlagValues): Endpoint[] => ENDPOINTS.filter(({ when }) => when(flags));
