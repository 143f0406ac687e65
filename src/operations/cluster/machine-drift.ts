/** What is wrong with a node's machine, by what Azure says of it. */
import type { Drift } from "../../core/documents.ts";
import { type FailedPlace, failedWords, powerWords } from "../../core/failed-machine.ts";
import { isYoung } from "../../engine/machine-made.ts";
import type { LiveNode } from "./live-cluster.ts";

export interface MachineSeen {
  /** On purpose: then no power is no fault. */
  readonly stopped: boolean;
  readonly place: FailedPlace;
  readonly now: number;
}

export function machineDrift({ name, index, failed, power, madeAt }: LiveNode, { stopped, place, now }: MachineSeen): Drift[] {
  const about = { node: index, harm: true };
  if (failed !== undefined) {
    const node = { name, node: index, view: failed.view, past: failed.past, young: isYoung(madeAt, now) };
    return [{ kind: "failed-node", message: failedWords(node, place), ...about }];
  }
  if (!stopped && power !== undefined && power !== "running" && power !== "starting")
    return [{ kind: "stopped-node", message: `${name} is ${power}: ${powerWords(place)}`, ...about }];
  return [];
}
