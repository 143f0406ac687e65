import { anything, assert, property } from "fast-check";
import { expect, test } from "vitest";
import {
  type RetryClass,
  adviceFor,
  advised,
  isCapacity,
  patienceFor,
  retryClass,
  waitHint,
} from "../../src/core/advice/advice.ts";
import { adviceTable, rankOf, rowOf } from "../../src/core/advice/table.ts";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { flagRows } from "../../src/core/spec/flags.ts";
import { quotaNumbers } from "../../src/core/advice/quota.ts";

const context = {
  name: "mycluster",
  nodes: 3,
  vmSize: "Standard_D2s_v5",
  location: "westus",
  resourceGroup: "mycluster",
  label: "machine mycluster-coreos-0",
};

const REGIONAL =
  "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional details - Deployment Model: Resource Manager, Location: westus, Current Limit: 50, Current Usage: 49, Additional Required: 2, (Minimum) New Limit Required: 51. Submit a request for Quota increase at https://aka.ms/ProdportalCRP/?#create/Microsoft.Support/Parameters/abc by specifying parameters listed in the ‘Details’ section for deployment to succeed.";
const FAMILY =
  "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 10, Additional Required: 4, (Minimum) New Limit Required: 14.";
const OLD =
  "Operation results in exceeding quota limits of Core. Maximum allowed: 100, Current in use: 100, Additional requested: 4.";

const NO_PROVIDER =
  "No registered resource provider found for location 'westus' and API version '2026-01-01' for type 'loadBalancers'. The supported api-versions are '2015-05-01-preview, 2024-05-01'.";
const GALLERY = "/subscriptions/s/resourceGroups/img/providers/Microsoft.Compute/galleries/g/images/flat/versions/1.0.0";
const GROUP_FULL =
  "Creating the resource of type 'Microsoft.Compute/virtualMachines' would exceed the quota of '800' resources of type 'Microsoft.Compute/virtualMachines' per resource group. The current resource count is '800', please delete some resources of this type before creating a new one.";
const SETS_FULL =
  "Operation results in exceeding quota limits of resource type AvailabilitySet. Maximum allowed: 2000, Current in use: 2000, Additional requested: 1. Please read more about quota increase at http://aka.ms/corequotaincrease.";
const HARDWARE =
  "Unable to create the VM 'x' in availability set 'y' because the requested size Standard_D2s_v5 is not available in the current hardware cluster. The available sizes are: Standard_A2_v2,Standard_D2s_v3, Standard_D4s_v3. Read more on VM resizing strategy at https://aka.ms/azure-resizevm.";
const POWERLESS = "The operation requires the VM to be running (or set to run).";
const RESIZED =
  "Unable to perform operation 'Create' because the requested VM size 'Standard_D2s_v5' is not available in the current hardware cluster. The available sizes in this cluster are: Standard_D2_v3,Standard_D4_v3. Read more on VM resizing strategy at https://aka.ms/azure-resizevm.";

test.for([
  // status, code, message, class
  [429, undefined, "", "throttle"],
  [429, "TooManyRequests", "", "throttle"],
  [429, "SubscriptionRequestsThrottled", "", "throttle"],
  [
    429,
    "OperationNotAllowed",
    "The server rejected the request because too many requests have been received for this subscription.",
    "throttle",
  ],
  [429, "SomethingNew", "", "throttle"],
  [429, "Conflict", "", "throttle"],
  [429, "RetryableError", "", "contention"],
  [429, "ReferencedResourceNotProvisioned", "", "contention"],
  [429, "RetryableErrorDueToAnotherOperation", "", "contention"],
  [409, "AnotherOperationInProgress", "", "contention"],
  [409, "Conflict", "The request failed due to conflict with a concurrent request.", "contention"],
  [200, "CanceledAndSupersededDueToAnotherOperation", "", "contention"],
  [200, "Canceled", "The operation was canceled.", "contention"],
  [undefined, "OperationCanceled", "the operation ended as Canceled", "contention"],
  [502, "EmptyAnswer", "", "transient"],
  [400, "NicReservedForAnotherVm", "", "contention"],
  [400, "NicInUse", "", "contention"],
  [400, "InUseNetworkSecurityGroupCannotBeDeleted", "", "contention"],
  [400, "PublicIPAddressCannotBeDeleted", "", "contention"],
  [400, "InUseSubnetCannotBeDeleted", "", "contention"],
  [
    409,
    "OperationNotAllowed",
    "Operation 'startTenantUpdate' is not allowed on VM 'x' since the VM is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).",
    "contention",
  ],
  [
    409,
    "RequestConflict",
    "Cannot modify resource with id 'x' because the resource entity provisioning state is not terminal. Please wait for the provisioning state to become terminal and then retry the request.",
    "contention",
  ],
  [409, "Conflict", "The resource is locked by the service for maintenance. Please try again later.", "transient"],
  [409, "OperationNotAllowed", "Operation could not be completed. Please retry later.", "transient"],
  [409, "BadRequest", "The request could not be completed at this time. Please try again in a few minutes.", "transient"],
  [409, "OperationNotAllowed", "It is being backed up. Please retry once the backup job completes.", "transient"],
  [409, "OperationNotAllowed", "You cannot do this.", "no"],
  [409, "OperationNotAllowed", POWERLESS, "no"],
  [409, "Conflict", "The property does not match.", "no"],
  [409, "PropertyChangeNotAllowed", "", "no"],
  [409, "OperationNotAllowed", REGIONAL, "no"],
  [409, "SomethingNew", "", "no"],
  [409, "MissingSubscriptionRegistration", "", "no"],
  [412, "PreconditionFailed", "", "no"],
  [404, "ResourceNotFound", "", "no"],
  [403, "AuthorizationFailed", "", "no"],
  [400, "DnsRecordInUse", "", "no"],
  [200, "AllocationFailed", "", "no"],
  [undefined, undefined, "", "no"],
  [408, undefined, "", "transient"],
  [500, undefined, "", "transient"],
  [500, "InternalServerError", "", "transient"],
  [502, undefined, "<html>", "transient"],
  [503, "ServiceUnavailable", "", "transient"],
  [504, "GatewayTimeout", "", "transient"],
  [200, "InternalExecutionError", "", "transient"],
  [undefined, "ECONNRESET", "", "transient"],
  [undefined, "ETIMEDOUT", "", "transient"],
  [undefined, "EPIPE", "", "transient"],
  [undefined, "EAI_AGAIN", "", "transient"],
  [undefined, "EHOSTUNREACH", "", "transient"],
  [undefined, "ECONNREFUSED", "", "transient"],
  [undefined, "ENOTFOUND", "", "transient"],
  [undefined, "REQUEST_SEND_ERROR", "", "transient"],
  [undefined, "SELF_SIGNED_CERT_IN_CHAIN", "", "no"],
] as const satisfies readonly (readonly [number | undefined, string | undefined, string, RetryClass])[])(
  "%s %s %s: %s",
  ([status, code, message, expected]) => {
    expect(retryClass(status, code, message)).toBe(expected);
  },
);

test.each(["RequestDisallowedByPolicy", "RequestDisallowedByAzure", "AuthorizationFailed", "LinkedAuthorizationFailed"])(
  "%s, which Azure says with 403, has the exit code of every 403",
  (code) => expect(adviceFor({ code, message: "" })?.exit).toBe(4),
);

test.each([
  ["Canceled", "CanceledAndSupersededDueToAnotherOperation", "contention"],
  ["Conflict", "RetryableErrorDueToAnotherOperation", "contention"],
  ["BadRequest", "InternalServerError", "transient"],
  ["Canceled", "SomethingNew", "contention"],
  ["Conflict", "SomethingNew", "no"],
  ["PropertyChangeNotAllowed", "InternalServerError", "no"],
] as const)("%s with %s inside is judged by what is inside, where it says nothing itself", (code, inside, expected) => {
  const details = [{ code: inside, message: "Operation was canceled." }];
  expect(retryClass(undefined, code, "Operation was canceled.", details)).toBe(expected);
});

test.each([
  [
    "SubnetIsFull",
    { askedNodes: 50 },
    /`azure-coreos-cluster mycluster --num-nodes 50 --virtual-network-name V --subnet-names S`/,
  ],
  ["SubnetIsFull", { there: "stands" }, /^A cluster keeps its subnet/],
  ["SkuNotAvailable", { askedNodes: 50 }, /`azure-coreos-cluster mycluster --num-nodes 50 --vm-size SIZE`/],
  ["DomainNameLabelReserved", {}, /NAME`\.$/],
  ["DomainNameLabelReserved", { there: "begun" }, /destroy mycluster` removes it/],
] as const)("what is typed next fits what was typed, and what is there: %s %j", (code, more, advice) => {
  expect(adviceFor({ code, message: "" }, { ...context, ...more })?.advice).toMatch(advice);
});

test("an interface that is reserved is waited for 180 s, one in use for a minute, the rest as the budget says", () => {
  expect(patienceFor("NicReservedForAnotherVm")).toBe(180_000);
  expect(patienceFor("NicInUse")).toBe(60_000);
  expect(patienceFor("RetryableError")).toBeUndefined();
});

test.for([
  ["The operation can be retried in 12 seconds.", 12_000],
  ["Please retry after 1.5 s", 1500],
  ["try again in 2 minutes", 120_000],
  ["Retry in 250 ms.", 250],
  ["Wait 3 min", 180_000],
  ["NIC is reserved for another Virtual Machine for 180 seconds.", undefined],
  ["12 seconds have passed", undefined],
  ["", undefined],
] as const)("the wait in %j is %s ms", ([message, expected]) => {
  expect(waitHint(message)).toBe(expected);
});

test.for([
  [
    "QuotaExceeded",
    FAMILY,
    /standardDSv5Family Cores" in westeurope is 10 vCPUs; 10 are in use, none is free, and machine mycluster-coreos-0 needs 4/,
    /at least 14 .*all 3 nodes use 12 vCPUs as Standard_D2s_v5/,
  ],
  [
    "OperationNotAllowed",
    REGIONAL,
    /Total Regional Cores" in westus is 50 vCPUs; 49 are in use, 1 is free, and .* needs 2/,
    /at least 51 .*list-usage --location westus/,
  ],
  ["OperationNotAllowed", OLD, /"Core" in westus is 100 vCPUs; 100 are in use, none is free, and .* needs 4/, /at least 104/],
  [
    "OperationNotAllowed",
    POWERLESS,
    /has no power/,
    /`azure-coreos-cluster start mycluster` .*`azure-coreos-cluster mycluster` again/,
  ],
  ["ResourceQuotaExceeded", "Too much.", /quota in westus does not allow/, /Ask at https:\/\/portal/],
  [
    "SkuNotAvailable",
    "",
    /Standard_D2s_v5 is not offered .* in westus/,
    /az vm list-skus --location westus .*azure-coreos-cluster mycluster --vm-size/,
  ],
  ["AllocationFailed", "", /no room for Standard_D2s_v5 in westus/, /azure-coreos-cluster mycluster` again later/],
  ["ZonalAllocationFailed", "", /zone/, /--vm-size SIZE/],
  ["OverconstrainedZonalAllocationRequest", "", /zone/, /--vm-size SIZE/],
  ["OverconstrainedAllocationRequest", "", /No place/, /--affinity-group/],
  ["RegionDoesNotAllowProvisioning", "", /westus/, /az account list-locations/],
  [
    "RequestDisallowedByAzure",
    "",
    /some regions only, and westus is none/,
    /Take one: `azure-coreos-cluster mycluster --location REGION`\.$/,
  ],
  [
    "MarketplacePurchaseEligibilityFailed",
    "terms of kinvolk:flatcar-container-linux-free:stable-gen2:4593.1.0",
    /terms/,
    /az vm image terms accept --urn kinvolk:flatcar-container-linux-free:stable-gen2:4593.1.0/,
  ],
  ["ImageVersionDeprecated", "", /withdrawn/, /az vm image list/],
  ["PlatformImageNotFound", "", /does not exist/, /az vm image list/],
  [
    "DnsRecordInUse",
    "DNS record mycluster.westus.cloudapp.azure.com is already used by another public IP.",
    /mycluster\.westus\.cloudapp\.azure\.com is taken/,
    /azure-coreos-cluster mycluster-2/,
  ],
  [
    "DnsRecordInUse",
    "DNS record is already used by another public IP.",
    /public name mycluster in westus is taken/,
    /mycluster-2/,
  ],
  ["PublicIPCountLimitReached", "", /no more public IP/, /--pip/],
  ["StorageAccountAlreadyTaken", "", /3 to 24/, /--blob-container-url/],
  ["AccountNameInvalid", "", /3 to 24/, /--blob-container-url/],
  ["SubnetIsFull", "", /for 3 nodes/, /--subnet-names/],
  ["SubnetWithDelegationsCannotBeUsedByOtherResources", "", /another service/, /^Take another subnet: .*--subnet-names S`\.$/],
  [
    "InvalidResourceLocation",
    "The resource 'mycluster-nsg' already exists in location 'eastus' in resource group 'mycluster'. A resource with the same name cannot be created in location 'westus'. Please select a new resource name.",
    /^mycluster-nsg is in the group already, in eastus and not in westus\.$/,
    /mycluster-2/,
  ],
  ["DenyAssignmentAuthorizationFailed", "", /deny assignment/, /^Whoever made it/],
  [
    "SubscriptionNotRegisteredForFeature",
    "Subscription s is not registered for feature Microsoft.Network/AllowThat required to carry out the requested operation.",
    /feature Microsoft\.Network\/AllowThat\.$/,
    /^`az feature register --namespace Microsoft\.Network --name AllowThat`; when .* says Registered, `az provider register --namespace Microsoft\.Network --wait`/,
  ],
  ["PrivateIPAddressNotInAnySubnet", "", /does not lie in the subnet/, /az network nic list/],
  ["PrivateIPAddressIsAllocated", "", /in use by something else/, /az network nic list/],
  [
    "PrivateIPAddressIsAllocated",
    "IP configuration /x/networkInterfaces/mycluster-coreos-1-nic/ipConfigurations/c is using the private IP address 10.0.0.5 which is already allocated to resource /s/networkInterfaces/theirs/ipConfigurations/a.",
    /^The private address 10\.0\.0\.5 is in use by \/s\/networkInterfaces\/theirs\.$/,
    /^Give that one another address.*`azure-coreos-cluster remove mycluster mycluster-coreos-1`, then `azure-coreos-cluster mycluster --num-nodes 3`/,
  ],
  [
    "RequestDisallowedByPolicy",
    `Resource 'x' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"Allowed locations","id":"/a"},"policyDefinition":{"name":"Locations","id":"/b"}}]'.`,
    /forbids this: "Allowed locations"\./,
    /exemption/,
  ],
  [
    "InvalidAuthenticationTokenTenant",
    "The access token is from the wrong issuer 'https://sts.windows.net/11111111-1111-1111-1111-111111111111/'. It must match the tenant 'https://sts.windows.net/22222222-2222-2222-2222-222222222222/' associated with this subscription.",
    /another tenant/,
    /--tenant 22222222-2222/,
  ],
  [
    "MissingSubscriptionRegistration",
    "The subscription is not registered to use namespace 'Microsoft.Compute'.",
    /never used Microsoft\.Compute/,
    /^`az provider register --namespace Microsoft.Compute --wait`;/,
  ],
  ["NoRegisteredProviderFound", "", /one of the services/, /Microsoft.Network --wait/],
  [
    "NoRegisteredProviderFound",
    `${NO_PROVIDER} The supported locations are 'eastus, westus, westus2'.`,
    /^This Azure does not know the version 2026-01-01 of loadBalancers\.$/,
    /`azure-coreos-cluster mycluster --cloud CLOUD`.*older than this tool/,
  ],
  [
    "NoRegisteredProviderFound",
    `${NO_PROVIDER} The supported locations are 'East US, westus2'.`,
    /^There are no loadBalancers in westus\.$/,
    /^Take a location that has them \(East US, westus2\): `azure-coreos-cluster mycluster --location eastus`\.$/,
  ],
  [
    "PropertyChangeNotAllowed",
    "Changing property 'osProfile.customData' is not allowed.",
    /never changes osProfile\.customData of machine/,
    /replace mycluster mycluster-coreos-0`; or run `azure-coreos-cluster mycluster/,
  ],
  ["ResourceGroupBeingDeleted", "", /mycluster is being deleted/, /az group exists --name mycluster/],
  ["NicReservedForAnotherVm", "", /180 seconds/, /three minutes/],
  [
    "NicInUse",
    "Network Interface /subscriptions/s/nic is used by existing resource /subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/foo.",
    /still uses/,
    /virtualMachines\/foo\. .*run the same command again/,
  ],
  [
    "ScopeLocked",
    "The scope '/x' cannot perform delete operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/mycluster'.",
    /\/resourceGroups\/mycluster/,
    /az lock list --resource-group mycluster/,
  ],
  [
    "ScopeLocked",
    "The scope '/x' cannot perform write operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/v'.",
    /resourceGroups\/other\/providers/,
    /az lock list --resource-group other /,
  ],
  ["ScopeLocked", "following scope(s) are locked: '/subscriptions/s'.", /\/subscriptions\/s/, /az lock list --subscription s /],
  [
    "ResourceGroupDeletionBlocked",
    "Deletion of resource group 'mycluster' failed. Subnet nodes is in use by /subscriptions/s/resourceGroups/x/providers/Microsoft.Network/networkInterfaces/n and cannot be deleted.",
    /mycluster only in part/,
    /used by \/subscriptions\/s\/resourceGroups\/x\/.*\/n\. Delete or detach/,
  ],
  ["OSProvisioningTimedOut", "", /did not report/, /get-boot-log --resource-group mycluster --name mycluster-coreos-0/],
  ["InternalExecutionError", "", /fault of its own/, /status\.azure\.com/],
  ["VMExtensionProvisioningError", "", /policy/, /az vm extension list --resource-group/],
  ["PreconditionFailedEtagMismatch", "", /Somebody else/, /looks first/],
  ["InvalidTemplateDeployment", "", /template/, /export mycluster --format arm/],
  [
    "ResourceGroupNotFound",
    "Resource group 'mycluster' could not be found.",
    /^mycluster is not there/,
    /azure-coreos-cluster list/,
  ],
  ["ParentResourceNotFound", "", /refers to/, /makes what is missing/],
  ["InvalidParameter", "The value Foo of parameter vmSize is invalid", /does not know the size/, /list-skus/],
  ["InvalidParameter", "The value Foo of parameter adminUsername is invalid", /as it was sent/, /report it/],
  ["SubscriptionNotFound", "", /subscription/, /az account list/],
  [
    "ReadOnlyDisabledSubscription",
    "The subscription '986ab24e-2d94-4677-b455-e2c59fc6592f' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
    /986ab24e-2d94-4677-b455-e2c59fc6592f is disabled: it can be read/,
    /Reactivate/,
  ],
  [
    "DomainNameLabelReserved",
    "The domain name label windows-ci is invalid. The name itself or part of the name is a reserved word such as a trademark. Please use a different name.",
    /^windows-ci holds a word that Microsoft reserves/,
    /Choose another name/,
  ],
  [
    "ReservedResourceName",
    "The resource name 'ai-project-MicrosoftLearn' or a part of the name is a trademarked or reserved word.",
    /^ai-project-MicrosoftLearn holds/,
    /another name/,
  ],
  ["SubscriptionQuotaExceeded", "", /quota in westus/, /Ask at/],
  [
    "ResourceQuotaExceeded",
    GROUP_FULL,
    /^A resource group holds no more than 800 .*mycluster is full of Microsoft\.Compute/,
    /^Delete there .*--resource-group GROUP`\.$/,
  ],
  ["ResourceGroupQuotaExceeded", "", /no more resource groups/, /az group list .*--resource-group GROUP`/],
  [
    "OperationNotAllowed",
    SETS_FULL,
    /AvailabilitySet" in westus is 2000; 2000 are in use/,
    /^Delete what is not used of it, or ask for more \(.* at least 2001\); then run/,
  ],
  [
    "InvalidParameter",
    HARDWARE,
    /one kind of hardware, and that of this cluster has no Standard_D2s_v5\.$/,
    /lists for it \(or Standard_A2_v2, Standard_D4s_v3\): `azure-coreos-cluster mycluster --vm-size Standard_D2s_v3`/,
  ],
  ["OperationNotAllowed", RESIZED, /has no Standard_D2s_v5\.$/, /--vm-size Standard_D2_v3`/],
  ["NetworkSecurityGroupCountLimitReached", "", /no more resources of this kind/, /Quotas in the portal/],
  [
    "AuthenticationError",
    "AADSTS700024: Client assertion is not within its valid time range.",
    /in CI a token .*clock/,
    /azure\/login.*set-ntp true/,
  ],
  [
    "AuthenticationError",
    "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application.",
    /certificate/,
    /--append/,
  ],
  ["AuthenticationError", "AADSTS90002: Tenant 'x' not found.", /--tenant/, /appOwnerOrganizationId/],
  ["CredentialUnavailableError", "Please run 'az login'", /no valid sign-in/, /az login/],
  ["ENOTFOUND", "getaddrinfo ENOTFOUND management.azure.com", /management\.azure\.com was not found/, /HTTPS_PROXY/],
  ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1", /127\.0\.0\.1:1/, /--arm-endpoint/],
  ["SELF_SIGNED_CERT_IN_CHAIN", "", /not trusted/, /NODE_EXTRA_CA_CERTS/],
  ["TooManyRequests", "", /how many requests/, /azure-coreos-cluster mycluster` again/],
] as const)("%s %.30s: what it means and what to type", ([code, message, meaning, advice]) => {
  const found = adviceFor({ code, message }, context);
  expect(found?.meaning).toMatch(meaning);
  expect(found?.advice).toMatch(advice);
});

test("AuthorizationFailed names the action, the scope and the one who may not, and exits with 4", () => {
  const message =
    "The client 'a@b.c' with object id 'oid-1' does not have authorization to perform action 'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/s/resourceGroups/g' or the scope is invalid.";
  expect(adviceFor({ code: "AuthorizationFailed", message }, context)).toMatchObject({
    meaning: "You may not Microsoft.Compute/virtualMachines/write on /subscriptions/s/resourceGroups/g.",
    advice: expect.stringContaining(
      "az role assignment create --assignee oid-1 --role Contributor --scope /subscriptions/s/resourceGroups/g",
    ),
    exit: 4,
  });
});

test("a refusal that does not say what of is told by its request", () => {
  const request = "DELETE /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
  expect(adviceFor({ code: "AuthorizationFailed", message: "no", request }, context)).toMatchObject({
    meaning: "You may not delete /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v.",
    advice: expect.stringContaining("--scope /subscriptions/s/resourceGroups/g`"),
  });
});

test("the command that was typed is the one to run again, with what is to be changed in it", () => {
  const typed = { ...context, command: "azure-coreos-cluster destroy mycluster --tenant old --yes" };
  expect(adviceFor({ code: "AuthorizationFailed", message: "" }, typed)?.advice).toContain(
    "then run `azure-coreos-cluster destroy mycluster --tenant old --yes` again",
  );
  expect(adviceFor({ code: "InvalidAuthenticationTokenTenant", message: "" }, typed)?.advice).toContain(
    "`azure-coreos-cluster destroy mycluster --yes --tenant TENANT`",
  );
  expect(adviceFor({ code: "ResourceNotFound", message: "" }, typed)?.advice).not.toContain("makes what is missing");
});

test("only a create makes a group: of any other command the group is there, and its scope is enough", () => {
  const request = "PATCH /subscriptions/s/resourceGroups/mycluster";
  const message =
    "The client 'a' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/write' over scope '/subscriptions/s/resourceGroups/mycluster'.";
  const failure = { code: "AuthorizationFailed", message, request };
  expect(adviceFor(failure, { name: "mycluster" })?.advice).toMatch(/^With rights on one .*--scope \/subscriptions\/s`/);
  expect(adviceFor(failure, { name: "mycluster", command: "azure-coreos-cluster destroy mycluster" })?.advice).toMatch(
    /^An owner types: .*--scope \/subscriptions\/s\/resourceGroups\/mycluster`/,
  );
});

test("LinkedAuthorizationFailed names the linked action and scope", () => {
  const message =
    "The client 'a' with object id 'oid-1' has permission to perform action 'Microsoft.Network/networkInterfaces/write' on scope '/subscriptions/s/nic'; however, it does not have permission to perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '/subscriptions/s/subnet' or the linked scope(s) are invalid.";
  expect(adviceFor({ code: "LinkedAuthorizationFailed", message })).toMatchObject({
    meaning: "You may not Microsoft.Network/virtualNetworks/subnets/join/action on /subscriptions/s/subnet.",
    advice: expect.stringContaining("--scope /subscriptions/s/subnet"),
    exit: 4,
  });
});

test("a wrapper is looked through, whatever the shape of its details", () => {
  const inner = [{ code: "Outer", details: [{ code: "QuotaExceeded", message: FAMILY }] }];
  expect(adviceFor({ code: "DeploymentFailed", message: "At least one failed.", details: inner })?.code).toBe("QuotaExceeded");
  expect(
    adviceFor({ code: "MultipleErrorsOccurred", message: "", details: { innererror: { code: "AllocationFailed" } } })?.code,
  ).toBe("AllocationFailed");
  expect(adviceFor({ code: "RetryableError", message: "", details: [{ code: "ReferencedResourceNotProvisioned" }] })?.retry).toBe(
    "contention",
  );
  for (const details of [null, "text", 7, [null, [], {}]])
    expect(adviceFor({ code: "Nothing", message: "", details })).toBeUndefined();
});

test("an AzureError can be asked about as it is", () => {
  expect(adviceFor(new AzureError("SkuNotAvailable", "no", { details: [] }), context)?.retry).toBe("no");
});

test("an error becomes advised once: meaning, advice, exit code, and the original underneath", () => {
  const error = new AzureError("DnsRecordInUse", "DNS record a.westus.cloudapp.azure.com is already used by another public IP.", {
    status: 400,
  });
  const known = advised(error, context);
  expect(known).toMatchObject({ code: "DnsRecordInUse", source: "azure", exit: 7, cause: error });
  expect(known.message).toMatch(/^machine mycluster-coreos-0: The public name a\.westus/);
  expect(known.advice).toContain("mycluster-2");
  expect(advised(known)).toBe(known);
  const own = new ClusterError("NotFound", "No such file.", { source: "user" });
  expect(advised(own)).toBe(own);
});

test("the link that Azure gives for more quota is passed on", () => {
  expect(adviceFor({ code: "QuotaExceeded", message: REGIONAL })?.link).toBe(
    "https://aka.ms/ProdportalCRP/?#create/Microsoft.Support/Parameters/abc",
  );
  expect(adviceFor({ code: "QuotaExceeded", message: FAMILY })?.link).toMatch(/learn\.microsoft\.com.*quota/);
});

test("the numbers of a quota are read in both wordings, and not made up", () => {
  expect(quotaNumbers(FAMILY)).toEqual({
    what: "standardDSv5Family Cores",
    location: "westeurope",
    limit: 10,
    used: 10,
    required: 4,
    newLimit: 14,
  });
  expect(quotaNumbers(OLD)).toEqual({ what: "Core", location: undefined, limit: 100, used: 100, required: 4, newLimit: 104 });
  expect(quotaNumbers("quota exceeded")).toBeUndefined();
});

test("an unknown code has no advice of its own: Azure's words stay, its status decides, and that is said", () => {
  expect(adviceFor({ code: "BrandNew", message: "?" })).toBeUndefined();
  const refused = advised(new AzureError("BrandNew", "You cannot.", { status: 400 }), context);
  expect(refused).toMatchObject({ code: "BrandNew", message: expect.stringMatching(/: You cannot\.$/) });
  expect(refused.advice).toMatch(/No row .* BrandNew\. By its status 400 the same request would be refused again/);
  expect(advised(new AzureError("BrandNew", "Down.", { status: 503 }), context).advice).toMatch(/By its status 503 it may pass/);
  expect(advised(new AzureError("BrandNew", "Odd.", { operation: true }), context).advice).toMatch(/By its text the same/);
});

// https://learn.microsoft.com/azure/virtual-machines/error-messages lists those of Compute
test.for([
  ["NetworkingInternalOperationError", "An internal error occurred in processing network profile of the VM."],
  ["OSProvisioningInternalError", "OS Provisioning failed for VM 'x' due to an internal error."],
  ["DiskServiceInternalError", ""],
  ["DiagnosticsOperationInternalError", ""],
  ["StorageAccountOperationInternalError", ""],
  ["VMArtifactRepositoryInternalError", ""],
  ["VMExtensionManagementInternalError", ""],
  ["InternalDiskManagementError", ""],
  ["internalservererror", ""],
  ["StorageAccountTooBusy", "Storage account 'x' is too busy currently."],
  ["ResourceUpdateBlockedOnPlatformUpdate", "Resource cannot be updated at this time. Please try again later."],
  ["DiskImageNotReady", "Disk image x is in y state. Please retry when image is ready."],
  ["BrandNew", "Something went wrong. Please retry later."],
  ["BrandNew", "Retry after 10 seconds."],
] as const)("%s (%s) is sent again", ([code, message]) => {
  expect(retryClass(400, code, message)).toBe("transient");
});

test.for([
  ["AllocationFailed", "Please try reducing the VM size or number of VMs, retry later, or try another location."],
  ["StorageAccountTypeNotSupported", "Please retry with General purpose storage account."],
  ["TargetDiskBlobAlreadyExists", "Blob x already exists. Please provide a different blob URI."],
  ["InvalidParameter", "The value is invalid. Please correct it."],
] as const)("%s (%s) is not", ([code, message]) => {
  expect(retryClass(400, code, message)).toBe("no");
});

/** What Azure was seen to say, with the codes that several rows speak of. */
const SAID: readonly (readonly [string, string])[] = [
  ["OperationNotAllowed", "The server rejected the request because too many requests have been received for this subscription."],
  ["OperationNotAllowed", REGIONAL],
  ["OperationNotAllowed", "Operation 'x' is not allowed on VM 'y' since another operation is in progress."],
  ["OperationNotAllowed", "Operation 'x' is not allowed on VM 'y' since the VM is marked for deletion."],
  ["OperationNotAllowed", SETS_FULL],
  ["OperationNotAllowed", RESIZED],
  ["OperationNotAllowed", POWERLESS],
  ["InvalidParameter", HARDWARE],
  ["ResourceQuotaExceeded", GROUP_FULL],
  ["Conflict", "Please try again later."],
  ["RequestConflict", "The provisioning state is not terminal."],
  ["Conflict", "The request failed due to conflict with a concurrent request."],
  ["Conflict", "Disk resizing is allowed only when the VM is deallocated."],
  ["InvalidParameter", "The requested VM size x is not available in the current region."],
  ["InvalidParameter", "The value of parameter adminUsername is invalid."],
  ["BadRequest", "Only Disk CachingType 'None' is supported for disk with size greater than 4095 GB."],
  ["AuthenticationError", "AADSTS700016: Application with identifier 'x' was not found."],
  ["AuthenticationError", "no"],
  ["invalid_client", "AADSTS7000222: The provided client secret keys are expired."],
  ["InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer."],
  ["InvalidAuthenticationTokenSignature", ""],
  ["PublicIPCountLimitReached", ""],
  ["NetworkSecurityGroupCountLimitReached", ""],
  ["InUseNetworkSecurityGroupCannotBeDeleted", ""],
  ["RetryableErrorDueToAnotherOperation", "The operation can be retried in 12 seconds."],
  ...adviceTable.flatMap(({ code }) =>
    [code]
      .flat()
      .filter((one) => one !== "*")
      .map((one) => [one.replaceAll("*", "Some"), ""] as const),
  ),
];

test("the order of the rows says nothing: read from the end, every failure has the same row", () => {
  // of any two rows that could stand for each other, the other one comes first here
  const reversed = adviceTable.toReversed();
  for (const [code, message] of SAID) expect(rowOf(code, message, reversed), `${code}: ${message}`).toBe(rowOf(code, message));
});

test("no two rows say as much about one failure", () => {
  for (const [code, message] of SAID) {
    const ranks = adviceTable
      .map((row) => (row.text?.test(message) === false ? 0 : rankOf(row, code)))
      .filter((rank) => rank > 0)
      .sort((a, b) => b - a);
    expect(ranks[0], `${code}: ${message}`).not.toBe(ranks[1]);
  }
  // and a whole code is in one row without a text, whatever is said
  const whole = adviceTable.filter(({ text }) => text === undefined).flatMap(({ code }) => [code].flat());
  expect(whole).toEqual([...new Set(whole)]);
});

const VIOLATION = (expression: string, parameters: unknown = {}, value?: string) => [
  {
    policyDefinitionDisplayName: "Ours",
    policyAssignmentParameters: parameters,
    evaluationDetails: {
      evaluatedExpressions: [
        { result: "True", expressionKind: "Field", path: "type", expressionValue: "Microsoft.Compute/virtualMachines" },
        { result: "False", expressionKind: "Field", path: "name" },
        { result: "True", expressionKind: "Field", path: expression, expressionValue: value },
      ],
    },
  },
];

test.for([
  [VIOLATION("tags[CostCenter]"), /"Ours"; it looked at tags\[CostCenter\]\.$/, /CostCenter/],
  [VIOLATION("tags['owner']"), /tags/, /owner/],
  [
    VIOLATION("location", { listOfAllowedLocations: { value: ["eastus", "westeurope"] } }, "westus"),
    /location \(westus\)/,
    /Take --location eastus, --location westeurope: `azure-coreos-cluster mycluster --location eastus`/,
  ],
  [
    VIOLATION(
      "Microsoft.Compute/virtualMachines/sku.name",
      { listOfAllowedSKUs: { value: ["Standard_D4s_v5"] } },
      "Standard_D2s_v5",
    ),
    /sku\.name \(Standard_D2s_v5\)/,
    /--vm-size Standard_D4s_v5/,
  ],
  [VIOLATION("Microsoft.Network/networkInterfaces/ipconfigurations[*].publicIpAddress.id"), /publicIpAddress/, /--pip|--private/],
  [VIOLATION("properties.something"), /something/, /Change what it objects to\. Else ask who manages/],
] as const)("a policy is named, what it looked at, and the flag that answers it: %#", ([info, meaning, advice]) => {
  const said = { code: "RequestDisallowedByPolicy", message: "Resource 'x' was disallowed by policy.", info };
  for (const failure of [said, { ...said, info: undefined, details: [{ code: "x", message: "y", info }] }]) {
    const found = adviceFor(failure, context);
    expect(found?.meaning).toMatch(meaning);
    expect(found?.advice).toMatch(advice);
  }
});

const PUBLIC = "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/mycluster-ip-0a1b2c3d";
const BALANCER = "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/loadBalancers/mycluster-lb";
const NODE = "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/mycluster-coreos-0-ip";
const ONLY_TYPE = [
  {
    policyAssignmentDisplayName: "Not allowed resource types",
    evaluationDetails: {
      evaluatedExpressions: [{ result: "True", path: "type", expressionValue: "Microsoft.Network/publicIPAddresses" }],
    },
  },
];
const WEST = VIOLATION("location", { listOfAllowedLocations: { value: ["westeurope"] } }, "westus");
const BALANCED = VIOLATION("Microsoft.Network/loadBalancers/frontendIPConfigurations[*].publicIPAddress.id");

test.for([
  [
    "a method of allocation is no place",
    VIOLATION("Microsoft.Network/publicIPAddresses/publicIPAllocationMethod"),
    PUBLIC,
    undefined,
    /^Have no public address[^;]*: `azure-coreos-cluster mycluster --private --virtual-network-name NETWORK --outbound none`\. Else/,
  ],
  [
    "nor is the SKU of an address a size",
    VIOLATION("Microsoft.Network/publicIPAddresses/sku.name"),
    PUBLIC,
    undefined,
    /^Have no public address[^;]*\. Else/,
  ],
  [
    "nor is an image's, which is an image",
    VIOLATION("Microsoft.Compute/virtualMachines/storageProfile.imageReference.sku"),
    "",
    undefined,
    /^Take an image that it allows: `azure-coreos-cluster mycluster --coreos-image IMAGE`\. Else/,
  ],
  [
    "who may come in",
    VIOLATION("properties.securityRules[*].sourceAddressPrefix", {}, "*"),
    "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/mycluster-nsg",
    "begun",
    /^Let SSH in from your own addresses alone: `azure-coreos-cluster mycluster --ssh-from ADDRESSES`; or have nothing open .* --private\. Else/,
  ],
  [
    "the same, of one that stands",
    VIOLATION("properties.securityRules[*].sourceAddressPrefix", {}, "*"),
    "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/mycluster-nsg",
    "stands",
    /^Let SSH in .* --ssh-from ADDRESSES`\. Else/,
  ],
  [
    "a group's name",
    VIOLATION("name", {}, "mycluster"),
    "PUT /subscriptions/s/resourcegroups/mycluster",
    undefined,
    /^Have it in a group .*: `azure-coreos-cluster mycluster --resource-group GROUP`\. Else/,
  ],
  ["zones", VIOLATION("Microsoft.Compute/virtualMachines/zones"), "", undefined, /--zones 1,2,3`\. Else/],
  [
    "a subnet without a security group",
    [{ policyAssignmentName: "Deny-Subnet-Without-Nsg" }],
    "PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/mycluster-vnet",
    "begun",
    /^Be in a network that is there, .*: first `azure-coreos-cluster destroy mycluster`, then the same command with --virtual-network-name NETWORK --subnet-names SUBNET\. Else/,
  ],
  ["a type that may not be", ONLY_TYPE, PUBLIC, undefined, /--private .*--outbound none/],
  [
    "a node's own address",
    VIOLATION("Microsoft.Network/publicIPAddresses/sku.name"),
    NODE,
    "stands",
    /`azure-coreos-cluster mycluster --pip=false`/,
  ],
  ["a balancer", BALANCED, BALANCER, undefined, /`azure-coreos-cluster mycluster --private`\. Else/],
  [
    "a balancer, begun",
    BALANCED,
    BALANCER,
    "begun",
    /: first `azure-coreos-cluster destroy mycluster`, then the same command with --private\. Else/,
  ],
  [
    "a place, begun",
    WEST,
    "",
    "begun",
    /first `azure-coreos-cluster destroy mycluster`, then the same command with --location westeurope\. Else/,
  ],
  ["a place, of one that stands", WEST, "", "stands", /^A cluster that stands keeps what it objects to\. Ask who manages/],
] as const)("a policy is answered as far as what is there can change: %s", ([, info, request, there, advice]) => {
  const said = { code: "RequestDisallowedByPolicy", message: "Resource 'x' was disallowed by policy.", info };
  const known = { ...context, ...(there === undefined ? {} : { there }) };
  expect(adviceFor({ ...said, ...(request === "" ? {} : { request }) }, known)?.advice).toMatch(advice);
});

test("what a policy's details hold is not trusted to have a form", () => {
  assert(
    property(anything(), (info) => {
      const shapes = [info, [{ info }], [{ evaluationDetails: info, policyAssignmentParameters: info }]];
      for (const shape of shapes)
        expect(adviceFor({ code: "RequestDisallowedByPolicy", message: "", info: shape, details: shape })?.advice).toBeTypeOf(
          "string",
        );
    }),
  );
});

test.for([
  [
    "Legal terms have not been accepted: kinvolk:flatcar-container-linux:stable:1.2.3",
    "--urn kinvolk:flatcar-container-linux:stable:1.2.3",
  ],
  [
    "Offer with PublisherId: 'kinvolk', OfferId: 'flatcar-container-linux', PlanId: 'stable' cannot be purchased due to validation errors.",
    "--publisher kinvolk --offer flatcar-container-linux --plan stable",
  ],
  ["Marketplace purchase eligibility check returned errors.", "--urn URN"],
] as const)("terms are accepted for the image that is named: %s", ([message, command]) => {
  expect(adviceFor({ code: "MarketplacePurchaseEligibilityFailed", message })?.advice).toContain(
    `az vm image terms accept ${command}\``,
  );
});

const FREE = "kinvolk:flatcar-container-linux-free:stable-gen2:4230.2.1";
const bought = {
  image: {
    name: FREE,
    plan: { name: "stable-gen2", publisher: "kinvolk", product: "flatcar-container-linux-free" },
    default: "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
  },
};

test.for([
  [
    "ResourcePurchaseValidationFailed",
    "You have not accepted the legal terms",
    { ...bought, there: "begun" },
    /terms accept --publisher kinvolk --offer flatcar-container-linux-free --plan stable-gen2`.* Or have the default, which needs no terms: `azure-coreos-cluster mycluster --coreos-image kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest`\.$/,
  ],
  [
    "ResourcePurchaseValidationFailed",
    "",
    { image: { name: FREE } },
    /--urn kinvolk:flatcar-container-linux-free:\S+1`.*pays for it\.$/,
  ],
  [
    "MarketplacePurchaseEligibilityFailed",
    "The plan is not to be sold in market 'IN'.",
    { ...bought, there: "begun" },
    /^Take another image: .*--coreos-image URN`; or another --subscription, billed elsewhere\. Or have the default/,
  ],
  [
    "PlatformImageNotFound",
    "",
    { image: { name: FREE } },
    /--publisher kinvolk --offer flatcar-container-linux-free --all .*what it was begun with\.$/,
  ],
  [
    "NotFound",
    `The image '${GALLERY}' was not found.`,
    { image: { name: GALLERY } },
    /^See whether it is there: `az resource show --ids \/subscriptions\/s/,
  ],
  [
    "GalleryImageNotFound",
    `The gallery image ${GALLERY} is not available in westus region. Please contact image owner to replicate to this region, or change your requested region.`,
    { image: { name: GALLERY }, there: "begun" },
    /^Whoever owns it types: `az sig image-version update --ids \S+\/versions\/1\.0\.0 --add publishingProfile\.targetRegions name=westus`; then run `azure-coreos-cluster mycluster` again\. Or be in a location that has it: first `azure-coreos-cluster destroy mycluster`, then the same command with --location LOCATION\.$/,
  ],
] as const)(
  "of an image advice names what the cluster has, and what it can have instead: %s %s",
  ([code, message, more, advice]) => {
    expect(adviceFor({ code, message }, { ...context, ...more })?.advice).toMatch(advice);
  },
);

test("advice names no flag that there is not", () => {
  const names = new Set(flagRows.flatMap(([, { name, also = [] }]) => [name, ...also]));
  for (const row of adviceTable)
    for (const given of [{}, context]) {
      const words = typeof row.advice === "string" ? row.advice : row.advice({ code: "x", message: "" }, given);
      for (const [, command = ""] of words.matchAll(/`azure-coreos-cluster ([^`]*)`/g))
        for (const [, flag = ""] of command.matchAll(/--([a-z-]+)/g)) expect(names, words).toContain(flag);
      for (const [, flag = ""] of words.replaceAll(/`[^`]*`/g, "").matchAll(/--([a-z-]+)/g)) expect(names, words).toContain(flag);
    }
});

test.for(adviceTable.map((row) => [String(row.code), String(row.text), row] as const))(
  "row %s %s speaks in whole sentences, with and without context",
  ([, , row]) => {
    for (const given of [{}, context]) {
      const failure = { code: "x", message: "" };
      for (const text of [row.meaning, row.advice]) {
        const words = typeof text === "string" ? text : text(failure, given);
        expect(words).not.toMatch(/undefined|null|\s\s|NaN/);
        expect(words).toMatch(/[.)]$/);
        expect(words.split("`").length % 2, "commands stand in pairs of backquotes").toBe(1);
      }
      const link = typeof row.link === "function" ? row.link(failure, given) : row.link;
      if (link !== undefined) expect(link).toMatch(/^https:\/\//);
    }
  },
);

test.each([
  ["AllocationFailed", "", true],
  ["ZonalAllocationFailed", "", true],
  ["OverconstrainedAllocationRequest", "", true],
  ["OverconstrainedZonalAllocationRequest", "", true],
  ["SkuNotAvailable", "", true],
  ["QuotaExceeded", "", true],
  ["OperationNotAllowed", "results in exceeding approved Total Regional Cores quota", true],
  ["OperationNotAllowed", "The availability set holds 200 machines, which is its limit.", false],
  [
    "OperationFailed",
    "Allocation failed. VM(s) with the following constraints cannot be allocated. Please try again later.",
    true,
  ],
  ["OperationFailed", "the operation ended as Failed", false],
  ["InvalidParameter", HARDWARE, true],
  ["OperationNotAllowed", RESIZED, true],
  ["OperationNotAllowed", SETS_FULL, false],
  ["ResourceQuotaExceeded", GROUP_FULL, false],
  ["ResourceGroupQuotaExceeded", "", false],
  ["PublicIPCountLimitReached", "", false],
  ["OSProvisioningTimedOut", "", false],
  ["RequestDisallowedByPolicy", "", false],
])("%s (%s): another size may do: %s", (code, message, expected) => {
  expect(isCapacity({ code, message })).toBe(expected);
  expect(isCapacity({ code: "DeploymentFailed", message: "", details: [{ code, message }] })).toBe(expected);
});
