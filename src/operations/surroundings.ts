/** The process around a run, as a value: types only, so that whatever a run is made of may name it. */
import type { TokenCredential } from "@azure/identity";
import type { PlainRequest, PlainResponse } from "../azure/pipeline.ts";
import type { PriceFetch } from "../azure/prices.ts";
import type { Clock } from "../core/clock.ts";

/** What a run takes from the process that it is in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly cwd: string;
  /** The time outside: of certificates and of nodes, which a rehearsal's hours do not move. */
  readonly clock: Clock;
  /** When the process began, by that clock: what it took to load counts as well. Absent: when the run is opened. */
  readonly startedAt?: number;
  random(bytes: number): Uint8Array;
  /** Loads what is not loaded yet of the program, which may be replaced while it runs. Called more than once. */
  readonly loadRest?: () => Promise<void>;
  /** Where requests to Azure Resource Manager go instead of the network; only tests set it. */
  readonly azure?: (request: PlainRequest) => Promise<PlainResponse>;
  /** Who answers for the price list, in place of the network; only tests set it. */
  readonly prices?: PriceFetch;
  /** Who answers for names, in place of DNS; only tests set it. */
  readonly resolve?: (host: string) => Promise<string[]>;
  /** Who signs in, where that is settled already. */
  readonly credential?: TokenCredential;
  /** With `azure`: machines are as simulated as Azure is, so nodes are not reached for. */
  readonly rehearsal?: boolean;
}
