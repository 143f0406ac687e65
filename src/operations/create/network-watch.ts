/**
 * Whether the nodes of a private cluster can be reached from here at all. Silence says nothing while machines boot; once Azure calls one
 * made and nobody has answered for a while, there is no way: that is said, and not waited out.
 */
import { waysIn } from "../../core/advice/private-network.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import { USER } from "../../core/plan/resources/machine.ts";
import type { Run } from "../run.ts";
import type { MachineNews } from "./machine-news.ts";
import type { Prepared } from "./prepared.ts";

export interface NetworkWatch {
  /** A node has answered at its port. */
  reached(): void;
  /** Nobody will. Says so, once. */
  isCutOff(): boolean;
}

/** A machine that Azure calls made has booted, and its sshd runs. */
const PATIENCE_MS = 60_000;

export function watchNetwork(run: Run, { facts }: Pick<Prepared, "facts">, azure: MachineNews): NetworkWatch {
  let [madeAt, answered, told]: [number | undefined, boolean, boolean] = [undefined, false, false];
  for (const { index } of facts.nodes)
    void azure.settled(index).then(() => {
      if (!azure.hasFailed(index)) madeAt ??= run.clock.now();
    });
  return {
    reached: () => (answered = true),
    isCutOff() {
      if (answered || madeAt === undefined || run.clock.now() - madeAt < PATIENCE_MS) return false;
      if (!told) run.emit({ kind: "note", id: "private", label: "private network", message: message(run, facts) });
      told = true;
      return true;
    },
  };
}

// --- internal ---

const message = ({ subscription }: Run, { group, nodes }: Prepared["facts"]): string => {
  const machine = resourceId(groupId(subscription, group), "machine", nodes[0]?.name ?? "");
  return `The machines are made, and none answers here: a private cluster is reached from inside its network only. What is made stays. ${waysIn(machine, USER)}`;
};
