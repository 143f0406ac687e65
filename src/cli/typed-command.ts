/** What advice is to know of the command: its words, so that it can say "run this again", and the cluster's name. */
import { defined } from "../core/defined.ts";
import { shellWord } from "../core/quoting.ts";
import type { AdviceContext } from "../core/advice/advice.ts";
import type { Invocation } from "./invocation.ts";
import { inGroup } from "../core/spec/in-group.ts";

/** Of a create the shortest command that goes on, since a person adds what is to change; of all others the one that was typed. */
export function adviceContext({ world, command, args, given }: Omit<Invocation, "rest" | "inFile">): AdviceContext {
  const name = {
    ...defined({ name: args[0] }),
    ...inGroup(given),
    ...defined({ tenant: given.tenant }),
  };
  if (command === "create") return { ...name, askedNodes: given.numNodes };
  const end = world.argv.indexOf("--");
  const words = end < 0 ? world.argv : world.argv.slice(0, end);
  // what another program is told is not repeated: it may be long, or nobody's business
  return { ...name, command: ["azure-coreos-cluster", ...words.map(shellWord), ...(end < 0 ? [] : ["-- CMD"])].join(" ") };
}
