/** What a create will cost: asked when the wish is known, answered when there is a plan. */
import type { Disk } from "@azure/arm-compute";
import type { CostDocument } from "../../core/documents.ts";
import type { Part } from "../../core/price/paid.ts";
import { isAtWork } from "../../engine/decide.ts";
import type { Asked } from "../price/ask.ts";
import { askForSpec, planCost } from "../price/costs.ts";
import type { Run } from "../run.ts";
import { liveOf } from "./planned.ts";
import type { HowToPrepare } from "./prepare.ts";
import type { Prepared } from "./prepared.ts";

export interface Pricing extends Required<Pick<HowToPrepare, "onWish">> {
  /** Never rejects, and comes within seconds. */
  of(prepared: Prepared): Promise<CostDocument>;
}

export function pricing(run: Run): Pricing {
  let asked: Asked | undefined;
  return {
    onWish: (spec, location) => {
      asked = askForSpec(run, spec, location);
    },
    of: (prepared) => {
      const { spec, facts } = prepared;
      const disks = new Map<string, unknown>(prepared.disks.map(({ id, model }) => [id.toLowerCase(), model]));
      return planCost(run, asked ?? askForSpec(run, spec, facts.location), {
        parts: partsOf(prepared),
        location: facts.location,
        diskOf: (id) => disks.get(id.toLowerCase()) as Disk | undefined,
      });
    },
  };
}

// --- internal ---

/** What stays as it is costs what it is, and not what would be made today. Of a machine that stays no more than its tags change. */
const partsOf = ({ resources, decisions, found, snapshot }: Prepared): Part[] =>
  resources.map((resource) => {
    const { kind, id, body } = resource;
    const decision = decisions.get(id);
    const live = liveOf(resource, found, snapshot);
    const stays = decision === "unchanged" || (kind === "machine" && (decision === "update" || isAtWork(decision, live)));
    return { kind, id, model: (stays ? live?.model : undefined) ?? body };
  });
