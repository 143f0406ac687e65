/** THE ENDPOINTS TABLE: what the load balancer opens to the world beside SSH, one row an endpoint. */
import type { ClusterSpec } from "../spec/spec.ts";

export interface Endpoint {
  readonly name: string;
  readonly port: number;
  readonly about: string;
  /** An HTTP probe has a path; without one the probe is a TCP connection. */
  readonly probePath?: string;
  /** Azure closes a silent connection after this; 4 is its default, 30 the most that every API version takes. */
  readonly idleMinutes: number;
  readonly when: (spec: Pick<ClusterSpec, "deis" | "nohttps">) => boolean;
}

const ENDPOINTS: readonly Endpoint[] = [
  { name: "web", port: 80, about: "Deis router, HTTP", probePath: "/health-check", idleMinutes: 4, when: (s) => s.deis },
  { name: "https", port: 443, about: "Deis router, HTTPS", idleMinutes: 4, when: (s) => s.deis && !s.nohttps },
  // `git push` to the builder is silent for minutes while an image is built: deis/deis#3630
  { name: "builder", port: 2222, about: "Deis builder, git over SSH", idleMinutes: 20, when: (s) => s.deis },
];

export const ENDPOINT_NAMES: readonly string[] = ENDPOINTS.map(({ name }) => name);

/** The endpoints that a cluster opens, in port order. */
export const endpointsOf = (spec: Pick<ClusterSpec, "deis" | "nohttps">): Endpoint[] => ENDPOINTS.filter((e) => e.when(spec));
