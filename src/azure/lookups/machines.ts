/** Machines beyond what their resources say, and the keys that are stored for them. */
import { defined } from "../../core/defined.ts";
import type { SshPublicKeyResource } from "@azure/arm-compute";
import type { MachineView } from "../../core/failed-machine.ts";
import type { Clients } from "../clients.ts";
import { isBlob } from "../clouds.ts";
import { isOwn } from "../origin.ts";
import { all, orAbsent } from "../reading.ts";

export const machineReads = ({ compute, endpoint }: Clients) => ({
  async sshKeys(abortSignal: AbortSignal): Promise<StoredKey[]> {
    return (await all(compute.sshPublicKeys.listBySubscription({ abortSignal }), abortSignal)).map(storedKey);
  },

  async sshKeysIn(group: string, abortSignal: AbortSignal): Promise<StoredKey[]> {
    return (await all(compute.sshPublicKeys.listByResourceGroup(group, { abortSignal }), abortSignal)).map(storedKey);
  },

  /** Where the text of a machine's serial console is, with a signature; undefined when Azure has none yet, or names no blob. */
  async serialLogUrl(group: string, machine: string, abortSignal: AbortSignal): Promise<string | undefined> {
    const data = await orAbsent(() => compute.virtualMachines.retrieveBootDiagnosticsData(group, machine, { abortSignal }));
    const url = data?.serialConsoleLogBlobUri;
    return url !== undefined && (isBlob(url, endpoint) || isOwn(url, endpoint)) ? url : undefined;
  },

  /** "running", "deallocated", ...; undefined when Azure does not say. */
  async powerState(group: string, machine: string, abortSignal: AbortSignal): Promise<string | undefined> {
    return (await machineView(compute, group, machine, abortSignal)).power;
  },

  machineView: (group: string, machine: string, abortSignal: AbortSignal): Promise<MachineView> =>
    machineView(compute, group, machine, abortSignal),
});

// --- internal ---

/** Codes are "PowerState/running", "ProvisioningState/failed/AllocationFailed"; of an agent that is not there "ProvisioningState/Unavailable". */
async function machineView(
  compute: Clients["compute"],
  group: string,
  machine: string,
  abortSignal: AbortSignal,
): Promise<MachineView> {
  const view = await orAbsent(() => compute.virtualMachines.instanceView(group, machine, { abortSignal }));
  const after = (start: string): string | undefined =>
    view?.statuses?.find(({ code }) => code?.toLowerCase().startsWith(start))?.code?.slice(start.length);
  const power = after("powerstate/");
  // becomes part of a sentence
  const failure = /^[\w.-]{1,80}$/.exec(after("provisioningstate/failed/") ?? "")?.[0];
  return {
    ...defined({ power, failure }),
    agentReady: view?.vmAgent?.statuses?.some(({ code }) => code?.toLowerCase() === "provisioningstate/succeeded") === true,
  };
}

interface StoredKey {
  readonly id: string;
  readonly publicKey: string;
  readonly tags: Record<string, string>;
}

const storedKey = ({ id = "", publicKey = "", tags }: SshPublicKeyResource): StoredKey => ({ id, publicKey, tags: tags ?? {} });
