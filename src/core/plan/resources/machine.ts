/** A machine: its image, its user-data, and disks and an interface that go when it goes. */
import { defined } from "../../defined.ts";
import { base64 } from "../../base64.ts";
import { type Design, type PlannedNode, names, tagsOf } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { spotOf } from "../spot.ts";
import { availabilitySetId, placementGroupId } from "./availability.ts";
import type { Tags } from "../tags.ts";
import { imageId } from "./image.ts";
import { interfaceId } from "./interface.ts";
import { sshKey } from "./ssh-key.ts";

export const USER = "core";

/** Azure caches no disk that is larger: https://learn.microsoft.com/azure/virtual-machines/premium-storage-performance#disk-caching */
const MOST_CACHED_GIB = 4095;

export const machine = (cluster: Design, node: PlannedNode): Resource<"machine"> => ({
  kind: "machine",
  id: machineId(cluster, node),
  label: `machine ${node.name}`,
  dependsOn: [
    ...nearOthers(cluster, node),
    interfaceId(cluster, node),
    // no machine before the claim is ours: see tags.ts
    sshKey(cluster).id,
    ...("own" in cluster.facts.image ? [imageId(cluster)] : []),
  ],
  node: node.index,
  body: bodyOf(cluster, node),
});

// --- internal ---

const machineId = ({ group }: Design, node: PlannedNode): string => resourceId(group, "machine", node.name);

type Body = Resource<"machine">["body"];

const bodyOf = (cluster: Design, node: PlannedNode): Body => {
  const { facts, spec } = cluster;
  const { image } = facts;
  return {
    location: facts.location,
    tags: machineTags(cluster, node),
    ...("plan" in image && image.plan !== undefined ? { plan: image.plan } : {}),
    ...(node.zone === undefined ? {} : { zones: [node.zone] }),
    ...identityOf(cluster),
    ...spotOf(spec, node),
    hardwareProfile: { vmSize: spec.vmSize },
    ...placeOf(cluster, node),
    storageProfile: storageOf(cluster, node),
    osProfile: {
      computerName: node.name,
      adminUsername: USER,
      customData: base64(node.userData),
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: `/home/${USER}/.ssh/authorized_keys`, keyData: facts.choices.sshPublicKey }] },
      },
    },
    networkProfile: { networkInterfaces: [{ id: interfaceId(cluster, node), primary: true, deleteOption: "Delete" }] },
    // without a storage account: Azure keeps the serial log itself
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
};

/** In the availability set, which is in the placement group; outside of a set in the group itself. */
const placeOf = (cluster: Design, node: PlannedNode): Pick<Body, "availabilitySet" | "proximityPlacementGroup"> => {
  const set = availabilitySetId(cluster, node);
  const near = placementGroupId(cluster);
  if (set !== undefined) return { availabilitySet: { id: set } };
  return near === undefined ? {} : { proximityPlacementGroup: { id: near } };
};

/** Those of the plan that it is in. */
const nearOthers = (cluster: Design, node: PlannedNode): string[] => {
  const { availabilitySet: set, proximityPlacementGroup: near } = placeOf(cluster, node);
  const planned = cluster.facts.placementGroupId === undefined ? near?.id : undefined;
  return [set?.id, planned].filter((id) => id !== undefined);
};

const identityOf = ({ spec }: Design): Pick<Body, "identity"> =>
  spec.identity.length === 0
    ? {}
    : {
        identity: {
          type: "UserAssigned",
          userAssignedIdentities: Object.fromEntries(spec.identity.map((id) => [id, {}])),
        },
      };

const machineTags = (cluster: Design, node: PlannedNode): Tags => ({
  ...tagsOf(cluster, node),
  ...defined({ "aoc-etcd-ca": cluster.facts.choices.etcdCa }),
  ...(node.uncertified === true ? { "aoc-etcd-certificate": "missing" } : {}),
  ...(node.joins === true ? { "aoc-etcd-state": "existing" } : {}),
  ...defined({ "aoc-host-key": node.hostKey }),
});

function storageOf(cluster: Design, node: PlannedNode): NonNullable<Body["storageProfile"]> {
  const { spec, facts } = cluster;
  const managedDisk = { storageAccountType: facts.premiumDisks ? "Premium_LRS" : "StandardSSD_LRS" };
  const dataDisk = {
    lun: 0,
    name: names.dataDisk(node.name),
    caching: (node.keptDisk?.sizeGiB ?? spec.dataDiskSize) > MOST_CACHED_GIB ? ("None" as const) : ("ReadOnly" as const),
    // one with somebody's data on it outlives a machine that fails to be made, or is taken back
    deleteOption: node.keptDisk === undefined ? "Delete" : "Detach",
    ...(node.keptDisk === undefined
      ? { createOption: "Empty", diskSizeGB: spec.dataDiskSize, managedDisk }
      : { createOption: "Attach", managedDisk: { id: node.keptDisk.id } }),
  };
  return {
    imageReference: "own" in facts.image ? { id: imageId(cluster) } : facts.image.reference,
    osDisk: {
      name: names.osDisk(node.name),
      createOption: "FromImage",
      ...defined({ diskSizeGB: spec.osDiskSize }),
      osType: "Linux",
      caching: "ReadWrite",
      // Azure's default is Detach, which leaves a disk that is paid for
      deleteOption: "Delete",
      managedDisk,
    },
    dataDisks: spec.dataDisk || node.keptDisk !== undefined ? [dataDisk] : [],
  };
}
