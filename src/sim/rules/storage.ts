/** Storage accounts and their blob containers, as far as staging an image needs them. Blobs themselves are not simulated. */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import { clone, dig, textIn } from "../json.ts";
import { atOnce, type KindRules } from "../kind.ts";

const ACCOUNTS = "Microsoft.Storage/storageAccounts";

export const storageAccountRules: KindRules = {
  type: ACCOUNTS,
  members:
    "id name type location tags sku{name tier} kind identity extendedLocation zones placement properties{allowedCopyScope publicNetworkAccess " +
    "sasPolicy keyPolicy customDomain encryption networkAcls accessTier azureFilesIdentityBasedAuthentication supportsHttpsTrafficOnly " +
    "isSftpEnabled isLocalUserEnabled enableExtendedGroups isHnsEnabled largeFileSharesState routingPreference " +
    "dualStackEndpointPreference allowBlobPublicAccess minimumTlsVersion allowSharedKeyAccess isNfsV3Enabled " +
    "allowCrossTenantReplication defaultToOAuthAuthentication immutableStorageWithVersioning dnsEndpointType provisioningState " +
    "primaryEndpoints primaryLocation statusOfPrimary creationTime keyCreationTime privateEndpointConnections geoPriorityReplicationStatus " +
    "allowSharedKeyAccessForServices dataCollaborationPolicyProperties}",
  name: /^[a-z0-9]{3,24}$/,
  nameCode: "AccountNameInvalid",
  located: true,
  etag: false,
  stateful: true,
  // Recorded: 202 with nothing in it, and a Location; about 16 seconds.
  create: { status: 202, state: "Creating", seconds: [14, 18], header: "location", retry: 17, poll: 17, empty: true },
  update: atOnce(200),
  remove: atOnce(200),
  check({ cloud, name, body, before }) {
    if (before === undefined && !isAccountFree(cloud, name)) {
      refuse(409, "StorageAccountAlreadyTaken", `The storage account named ${name} is already taken.`);
    }
    if (!["StorageV2", "BlockBlobStorage", "FileStorage"].includes(String(body["kind"]))) {
      // GPv1 ("Storage") is retired 2026-10-13.
      refuse(400, "InvalidRequestPropertyValue", `The value '${String(body["kind"])}' is not allowed for property kind.`);
    }
    const sku = textIn(dig(body, "sku", "name"));
    if (sku === undefined || !/^(Standard|Premium)(V2)?_(LRS|GRS|RAGRS|ZRS|GZRS|RAGZRS)$/.test(sku)) {
      refuse(400, "InvalidRequestPropertyValue", `The value '${String(sku)}' is not allowed for property sku.name.`);
    }
    const tls = dig(body, "properties", "minimumTlsVersion");
    if (tls === "TLS1_3")
      refuse(400, "InvalidRequestPropertyValue", "The value 'TLS1_3' is not allowed for property minimumTlsVersion.");
  },
  shape: ({ cloud, name, location, properties }) => ({
    properties: {
      ...clone(properties),
      creationTime: new Date(cloud.now()).toISOString(),
      primaryLocation: location,
      statusOfPrimary: "available",
      primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
    },
  }),
};

/** Account names are one space for all of Azure. */
export const isAccountFree = (cloud: SimCloud, name: string): boolean =>
  !cloud.limits.takenAccounts.includes(name) &&
  ![...cloud.ofType(ACCOUNTS)].some((account) => keyOf(account.name) === keyOf(name));

export const blobContainerRules: KindRules = {
  type: `${ACCOUNTS}/blobServices/containers`,
  members:
    "id name type etag properties{version deleted deletedTime remainingRetentionDays defaultEncryptionScope denyEncryptionScopeOverride " +
    "publicAccess lastModifiedTime leaseStatus leaseState metadata hasImmutabilityPolicy hasLegalHold immutableStorageWithVersioning}",
  name: /^(?!.*--)[a-z0-9][a-z0-9-]{2,62}$/,
  nameCode: "ContainerNameInvalid",
  located: false,
  etag: false,
  stateful: false,
  create: atOnce(201),
  update: atOnce(200),
  remove: atOnce(200),
  shape: ({ cloud, properties }) => ({
    properties: {
      publicAccess: "None",
      leaseStatus: "Unlocked",
      leaseState: "Available",
      lastModifiedTime: new Date(cloud.now()).toISOString(),
      ...clone(properties),
    },
  }),
};
