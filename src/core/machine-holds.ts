/**
 * What a machine holds, and what becomes of it when the machine goes. Azure makes a machine's disks, and not everywhere with its
 * tags: those are known by the machine that was made with them, for as long as it is there, and are to be tagged before it
 * goes. And a user's own disk, interface or address may hang on a machine of ours: it is not deleted. Pure.
 */
import { shellWord } from "./quoting.ts";
import { names } from "./plan/cluster.ts";
import { type Owner, isProven } from "./plan/proof.ts";
import { groupOf, nameOf } from "./plan/resource.ts";
import { type Tags, isToolTag } from "./plan/tags.ts";

/** A disk, an interface or an address that a machine, or its interface, refers to. */
export interface Held {
  readonly kind: "disk" | "networkInterface" | "publicAddress";
  readonly id: string;
  /** Azure deletes it with the machine. */
  readonly goesAlong: boolean;
  /** Azure made it with the machine, under the name that the plan has for it. */
  readonly madeWith?: "system" | "data";
  /** Where it says so, as `az ... update --set` takes it. */
  readonly path: string;
}

export interface Machine {
  readonly id: string;
  readonly model: unknown;
}

/** Of one that is just being made the ids are not known yet: the names of its disks are, as the plan gave them. */
export function heldBy({ id, model }: Machine): Held[] {
  const { networkProfile, storageProfile } = model as VirtualMachineModel;
  const base = id.replace(/\/virtualMachines\/[^/]+$/i, "/disks");
  const disk = ({ name, managedDisk, deleteOption, createOption, lun }: DiskModel, path: string): Held[] => {
    const at = managedDisk?.id ?? (name === undefined ? undefined : `${base}/${name}`);
    if (at === undefined) return [];
    const part = lun === undefined ? ("system" as const) : ("data" as const);
    const planned = part === "system" ? names.osDisk(nameOf(id)) : names.dataDisk(nameOf(id));
    const made =
      same(at, `${base}/${planned}`) &&
      (part === "system" ? createOption === "FromImage" : createOption === "Empty" && lun === 0);
    return [{ kind: "disk", id: at, goesAlong: isDelete(deleteOption), path, ...(made ? { madeWith: part } : {}) }];
  };
  return [
    ...disk(storageProfile?.osDisk ?? {}, "storageProfile.osDisk"),
    ...(storageProfile?.dataDisks ?? []).flatMap((one, index) =>
      disk({ ...one, lun: one.lun ?? -1 }, `storageProfile.dataDisks[${index}]`),
    ),
    ...(networkProfile?.networkInterfaces ?? []).flatMap((one, index): Held[] =>
      one.id === undefined
        ? []
        : [
            {
              kind: "networkInterface",
              id: one.id,
              goesAlong: isDelete(one.deleteOption ?? one.properties?.deleteOption),
              path: `networkProfile.networkInterfaces[${index}]`,
            },
          ],
    ),
  ];
}

/** The addresses of an interface. */
export function addressesOf(model: unknown): Held[] {
  const { ipConfigurations } = model as { ipConfigurations?: { publicIPAddress?: Reference }[] };
  return (ipConfigurations ?? []).flatMap(({ publicIPAddress: address }, index): Held[] =>
    address?.id === undefined
      ? []
      : [
          {
            kind: "publicAddress",
            id: address.id,
            goesAlong: isDelete(address.deleteOption ?? address.properties?.deleteOption),
            path: `ipConfigurations[${index}].publicIPAddress`,
          },
        ],
  );
}

/**
 * Whether a disk without the cluster's tags is the cluster's all the same: Azure made it with this machine of ours, and nobody
 * has put tags of his own on it. A system disk may carry some: a policy puts them there at birth, and it is what its machine is made of.
 */
export function isMadeWith(
  machine: Pick<Machine, "id">,
  held: Held,
  disk: { readonly tags: Tags; readonly managedBy: string | undefined },
): boolean {
  if (held.madeWith === undefined || disk.managedBy === undefined || !same(disk.managedBy, machine.id)) return false;
  const others = Object.keys(disk.tags);
  return held.madeWith === "system" ? !others.some(isToolTag) : others.length === 0;
}

/** Something of others that a machine would take along. */
export interface TakenAlong extends Held {
  readonly machine: string;
  /** Typed as it is, it makes Azure leave the thing where it is. */
  readonly command: string;
}

/** What of others goes along with a machine, of what it and its interfaces hold. `tags` undefined: not in the cluster's group, or gone. */
export function takenAlong(
  machine: Machine,
  owner: Owner,
  look: (held: Held) => { readonly tags: Tags; readonly model: unknown; readonly managedBy?: string | undefined } | undefined,
): TakenAlong[] {
  const group = groupOf(machine.id)?.toLowerCase();
  const isTheirs = (held: Held): boolean => {
    const there = look(held);
    // one in another group is never the cluster's
    if (there === undefined) return groupOf(held.id)?.toLowerCase() !== group;
    if (isProven({ id: held.id, tags: there.tags }, owner)) return false;
    return held.kind !== "disk" || !isMadeWith(machine, held, { tags: there.tags, managedBy: there.managedBy });
  };
  return heldBy(machine).flatMap((held): TakenAlong[] => {
    const addresses = held.kind === "networkInterface" ? addressesOf(look(held)?.model ?? {}) : [];
    return [
      ...(held.goesAlong && isTheirs(held)
        ? [{ ...held, machine: machine.id, command: detachCommand(machine.id, held.path) }]
        : []),
      // an interface that stays keeps its address
      ...(held.goesAlong
        ? addresses
            .filter((one) => one.goesAlong && isTheirs(one))
            .map((one) => ({ ...one, machine: machine.id, command: detachCommand(held.id, one.path) }))
        : []),
    ];
  });
}

// --- internal ---

interface Reference {
  readonly id?: string;
  readonly deleteOption?: string;
  /** As an answer has it that no SDK has read. */
  readonly properties?: { readonly deleteOption?: string };
}

interface DiskModel {
  readonly name?: string;
  readonly lun?: number;
  readonly createOption?: string;
  readonly deleteOption?: string;
  readonly managedDisk?: Reference;
}

interface VirtualMachineModel {
  readonly networkProfile?: { readonly networkInterfaces?: readonly Reference[] };
  readonly storageProfile?: { readonly osDisk?: DiskModel; readonly dataDisks?: readonly DiskModel[] };
}

const isDelete = (option: string | undefined): boolean => option?.toLowerCase() === "delete";

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const detachCommand = (id: string, path: string): string =>
  `az resource update --ids ${shellWord(id)} --set ${shellWord(`properties.${path.replace("publicIPAddress", "properties.publicIPAddress.properties").replace(/(networkInterfaces\[\d+\])$/, "$1.properties")}.deleteOption=Detach`)}`;
