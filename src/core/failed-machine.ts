/**
 * Azure says "Failed" of the last operation on a machine, whatever that was: its creation, an extension that a policy adds, a start for which
 * there is no room. Only what never worked may be deleted to be made again, so here is what Azure tells of the difference, and what mends the rest.
 * "Azure assigns a MAC address to the network interface only after the network interface is attached to a virtual machine and the virtual
 * machine is started the first time" (learn.microsoft.com/azure/virtual-network/virtual-network-network-interface), and it stays with the
 * interface, which goes with its machine.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterface } from "@azure/arm-network";
import { plural } from "./words.ts";
import { shellWord } from "./quoting.ts";
import { groupFlag } from "./spec/in-group.ts";

/** What the instance view says of a machine, beside its model. */
export interface MachineView {
  /** "running", "deallocated", ...; undefined when Azure does not say. */
  readonly power?: string;
  /** Why the last operation on it failed: "AllocationFailed". */
  readonly failure?: string;
  /** Azure's agent on it has reported that it is ready. */
  readonly agentReady: boolean;
}

/** "worked": it is no failed creation. "silent": it may have started, and Azure has not heard of its system: whether it did, it says itself. */
export type Past = "worked" | "never started" | "silent";

/** @param nic its interface's model; undefined where there is none */
export function pastOf(machine: VirtualMachine, nic: NetworkInterface | undefined, view: MachineView): Past {
  // its agent tells of a system, or what has failed does
  if (view.agentReady || BEFALLS_RUNNING.test(view.failure ?? "")) return "worked";
  const hasDisk = machine.storageProfile?.osDisk?.managedDisk?.id !== undefined;
  const hasBooted = hasDisk && (nic?.macAddress ?? "") !== "";
  // Azure leaves the power state out of an answer now and then, of machines that run, too (Azure/azure-powershell#13178)
  if (view.power === undefined) return hasBooted ? "silent" : "never started";
  if (!OFF.has(view.power)) return "silent";
  return hasBooted ? "worked" : "never started";
}

/** Its system did not report: of a creation alone, which Azure began, that is said. */
export const isUnheard = ({ failure = "" }: MachineView): boolean => /^OSProvisioning/i.test(failure);

/** A machine that Azure calls failed, and that is left as it is. */
export interface FailedMachine {
  readonly view: MachineView;
  readonly name: string;
  readonly node: number;
  /** Azure never heard that its system came up, and it cannot be asked from here. */
  readonly unasked: boolean;
}

/** Where its commands are to be typed. */
export interface FailedPlace {
  readonly cluster: string;
  readonly group: string;
}

/** A sentence for those that failed alike, and what mends them. */
export function failedNotes(failed: readonly FailedMachine[], place: FailedPlace): string[] {
  const alike = Map.groupBy(failed, ({ view, unasked }) => `${view.failure} ${view.power} ${unasked}`);
  return [...alike.values()].map((all) => {
    const [first] = all;
    const which = all.map(({ name }) => name).join(", ");
    const [has, them, are] = all.length === 1 ? ["it has", "it", "it is"] : ["they have", "them", "they are"];
    const past = first!.unasked ? "whether it works cannot be asked from here" : `${has} worked`;
    return `Azure calls the ${plural("machine", all.length)} ${which} ${failureWords(first!.view)}, and ${past}: create leaves ${them} as ${are}. ${remedyOf(all, place)}`;
  });
}

export interface FailedNode extends Omit<FailedMachine, "unasked"> {
  readonly past: Past;
  /** It was made within a day: of an older one a create is not so sure. */
  readonly young: boolean;
}

/** What a create will do with one of them. */
export function failedWords(failed: FailedNode, place: FailedPlace): string {
  const { name, view, past, young } = failed;
  if (past === "worked")
    return `Azure calls ${name} ${failureWords(view)}, and it has worked: a create leaves it as it is. ${remedyOf([failed], place)}`;
  const unless = past === "silent" ? ", unless it answers" : "";
  const anew = young ? `\`create\` makes it anew${unless}` : `${replaceWords([failed], place)} makes it anew`;
  return `${name} could not be made: Azure calls it ${failureWords(view)}; ${anew}`;
}

export const powerWords = ({ cluster, group }: FailedPlace): string =>
  `\`azure-coreos-cluster start ${cluster}${groupFlag(cluster, group)}\` gives it power`;

// --- internal ---

/** "Failed (VMExtensionProvisioningError)". */
const failureWords = ({ failure }: Pick<MachineView, "failure">): string =>
  `Failed${failure === undefined ? "" : ` (${failure})`}`;

/** What mends it, without what is on it. */
function remedyOf(all: readonly Pick<FailedMachine, "name" | "node" | "view">[], { cluster, group }: FailedPlace): string {
  const { name, view } = all[0]!;
  const { power, failure = "" } = view;
  const reapply = `\`az vm reapply --resource-group ${shellWord(group)} --name ${shellWord(name)}\``;
  const extension = `An extension failed, which this tool does not use: a policy has added it. \`az vm extension list --resource-group ${shellWord(group)} --vm-name ${shellWord(name)} --output table\` names it; \`az vm extension delete --resource-group ${shellWord(group)} --vm-name ${shellWord(name)} --name EXTENSION\`, then ${reapply}, mend that`;
  const mends =
    power !== undefined && !["running", "starting"].includes(power)
      ? powerWords({ cluster, group })
      : /^VMExtension/i.test(failure)
        ? extension
        : `${reapply} lets Azure look at it again`;
  const alike = all.length === 1 ? "" : " (and the others alike)";
  // a policy gives the next one the same extension
  const anew =
    mends === extension ? "" : `; ${replaceWords(all, { cluster, group })} makes ${all.length === 1 ? "it" : "them"} anew`;
  return `${mends}${alike}${anew}.`;
}

/** An extension, a subscription without credit, an agent that is not heard any more. */
const BEFALLS_RUNNING = /^VM(Extension|Stopped|Agent)/i;
const OFF: ReadonlySet<string> = new Set(["deallocated", "stopped"]);

const replaceWords = (all: readonly Pick<FailedMachine, "node">[], { cluster, group }: FailedPlace): string =>
  `\`azure-coreos-cluster replace ${cluster} ${all.map(({ node }) => node).join(" ")}${groupFlag(cluster, group)}\``;
