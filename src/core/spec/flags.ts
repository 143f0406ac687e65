/**
 * THE FLAGS TABLE: one row a flag. Read by the command line (parser, help, completion), by the configuration file and
 * the environment, by the table of docs/flags.md, and by the type of ClusterSpec, which is inferred from it: a flag
 * exists here once. What the columns mean stands in flag.ts. Long because it is one table; no row says anything about
 * another.
 */
import { ETCD_VERSION, ETCD_VERSION_UNTOLD, etcdVersion } from "../etcd-version.ts";
import {
  type Flag, type FlagScope, anyCase, anyCaseButOfFiles, anyOrder, choice, maybe, needed, section, several, toggle,
  voting,
} from "./flag.ts";
import {
  mountPoint, timeSpan, groupName, subscriptionId, applicationId, hostPart, alternatives, integer, location,
  resourceName, anyText, file, rehearsal, speed, tenant, unitName,
} from "./parse.ts";
import { AUTHORITY_HOST, clouds } from "./cloud.ts";
import { discoveryAddress, endpoint, fileOrUrl, url } from "./address.ts";
import { jump } from "./hops.ts";
import { adminName, domain, privateRange, sha256 } from "./platform.ts";
import { apiRanges, cidrs, rangesAlike } from "./ranges.ts";
import { identities, spotPrice, zones } from "./machine.ts";
import { tagTexts } from "./user-tags.ts";

/** Of Azure's price list: learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices */
const CURRENCIES = [
  "USD", "AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "INR", "JPY", "KRW", "NOK", "NZD", "RUB", "SEK", "TWD",
] as const;

/** For completion, where Azure was never asked. */
const USUAL_LOCATIONS = [
  "australiaeast", "brazilsouth", "canadacentral", "centralindia", "centralus", "eastasia", "eastus", "eastus2",
  "francecentral", "germanywestcentral", "italynorth", "japaneast", "koreacentral", "northcentralus", "northeurope",
  "norwayeast", "polandcentral", "southafricanorth", "southcentralus", "southeastasia", "spaincentral",
  "swedencentral", "switzerlandnorth", "uaenorth", "uksouth", "ukwest", "westcentralus", "westeurope", "westus",
  "westus2", "westus3",
] as const;
const USUAL_SIZES = [
  "Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_D2ps_v5", "Standard_D4ps_v5",
  "Standard_E2s_v5",
] as const;

export const FLAGS = {
  ...section("Azure and sign-in", {
    subscription: maybe({
      name: "subscription", value: "ID", parse: subscriptionId, env: "AZURE_SUBSCRIPTION_ID", on: ["azure"],
      about: "Azure subscription; else the one the Azure CLI has selected",
    }),
    resourceGroup: maybe({
      name: "resource-group", value: "NAME", parse: groupName, on: ["azure"],
      about: "resource group of the cluster [the cluster's name]",
      unnamed: "only the clusters in this resource group",
    }),
    azureCert: maybe({
      name: "azure-cert", value: "FILE.pem", parse: file, file: true, on: ["azure"],
      about:
        "sign in with this certificate and key (with --tenant and --client-id); " +
        "else Azure's default credential chain",
    }),
    tenant: maybe({
      name: "tenant", value: "ID", parse: tenant, env: "AZURE_TENANT_ID", on: ["azure"],
      about: "Microsoft Entra tenant to sign in to",
    }),
    clientId: maybe({
      name: "client-id", value: "ID", parse: applicationId, env: "AZURE_CLIENT_ID", on: ["azure"],
      about: "application (client) id of the service principal",
    }),
    cloud: needed({
      name: "cloud", value: "CLOUD", ...clouds, default: "AzureCloud", env: AUTHORITY_HOST, on: ["azure"],
      about: "AzureCloud, AzureUSGovernment or AzureChinaCloud",
    }),
    armEndpoint: maybe({
      name: "arm-endpoint", value: "URL", parse: endpoint, env: "AZURE_ARM_ENDPOINT", on: ["azure"],
      about: "another Azure Resource Manager; plain http for loopback addresses only",
    }),
    simulate: {
      ...toggle({
        name: "simulate", on: ["azure"],
        about: "rehearse against an embedded simulation of Azure: no account, no cost, no machine",
      }),
      parse: rehearsal,
    },
    simulateSpeed: maybe({
      name: "simulate-speed", value: "N", parse: speed, on: ["azure"],
      about: "a rehearsal that can be watched, N times as fast as Azure; --simulate=10x is short for it",
    }),
    fault: maybe({
      name: "fault", value: "SCRIPT", parse: anyText, on: ["azure"],
      about: "with --simulate: what is to go wrong, for example machine-1:AllocationFailed",
    }),
  }),

  ...section("Machines", {
    numNodes: needed({
      name: "num-nodes", value: "N", parse: integer(1, 1000), default: 3, kept: "everything", on: ["create"],
      about: "number of nodes to create (or add)",
    }),
    vmSize: needed({
      name: "vm-size", value: "SIZE", parse: alternatives(anyText), ordered: true, default: "Standard_D2s_v5",
      offers: { cached: "sizes", usual: USUAL_SIZES },
      alike: anyCase, kept: "new machines", on: ["create", "replace"],
      about:
        "size of the machines, or several in order of wish: A,B,C; " +
        "Small to ExtraLarge, A0 to A7 and D1 to D14 are mapped",
    }),
    vmNamePrefix: needed({
      name: "vm-name-prefix", value: "P", parse: hostPart, default: "coreos", kept: "fixed", on: ["create"],
      about: "machines are named NAME-P-0, NAME-P-1, ...",
    }),
    availabilitySet: needed({
      name: "availability-set", value: "NAME", parse: resourceName, default: "coreos-as", alike: anyCase, kept: "fixed",
      on: ["create"],
      about: "availability set of the machines; NAME-as in a group of another name",
    }),
    location: needed({
      name: "location", value: "L", parse: alternatives(location), ordered: true, default: "westus", on: ["create"],
      offers: { cached: "locations", usual: USUAL_LOCATIONS },
      about: 'Azure location, or several in order of wish; "West US" is the same',
    }),
    affinityGroup: maybe({
      name: "affinity-group", value: "NAME", parse: resourceName, alike: anyCase, kept: "fixed", on: ["create"],
      about: "overrides --location: a proximity placement group, used if it exists, else made",
    }),
    tag: several({
      name: "tag", value: "KEY=VALUE", parse: tagTexts, pairs: true, default: [], kept: "everything", on: ["create"],
      about: "a tag for the group and everything in it; KEY- takes it away",
    }),
    zones: several({
      name: "zones", value: "1,2,3", parse: zones, default: [], none: true,
      kept: "new machines", on: ["create", "replace"],
      about: "availability zones that the machines are spread over, in place of the availability set",
    }),
    spot: maybe({
      name: "spot", value: "WHICH", ...choice("workers", "all", "none"), optional: "workers", kept: "new machines",
      on: ["create", "replace"],
      about: "spot machines, which Azure may take away: workers (all but etcd's members), all or none",
    }),
    maxPrice: maybe({
      name: "max-price", value: "USD", parse: spotPrice, kept: "new machines", on: ["create", "replace"],
      about: "the most that a spot machine may cost an hour; -1 is up to the normal price [-1]",
    }),
    identity: several({
      name: "identity", value: "ID", parse: identities, default: [], none: true, alike: anyOrder,
      kept: "new machines", on: ["create", "replace"],
      about: "a user-assigned managed identity of the machines: its id, or its name in the resource group, or none",
    }),
    osDiskSize: maybe({
      name: "os-disk-size", value: "GiB", parse: integer(1, 4095), kept: "new machines", on: ["create", "replace"],
      about: "size of the system disk [the image's own]",
    }),
    coreosImage: maybe({
      name: "coreos-image", value: "IMAGE", parse: anyText, alike: anyCaseButOfFiles,
      kept: "new machines", on: ["create", "replace"],
      offers: { cached: "images", usual: [] }, file: true,
      about:
        "publisher:offer:sku:version, an image or gallery version id, " +
        "or a .vhd file or blob URL [the platform's own]",
    }),
    blobContainerUrl: maybe({
      name: "blob-container-url", value: "URL", parse: url, on: ["create", "replace"],
      about: "container for an image VHD (disks are managed today)",
    }),
    dataDisk: toggle({
      name: "data-disk", kept: "new machines", on: ["create", "replace"],
      about: "a data disk for every node",
    }),
    dataDiskSize: needed({
      name: "data-disk-size", value: "GiB", parse: integer(1, 32_767), default: 100, kept: "new machines",
      on: ["create", "replace"],
      about: "size of the data disk",
    }),
    dataDiskMount: needed({
      name: "data-disk-mount", value: "PATH", parse: mountPoint, default: "/var/lib/docker", kept: "new machines",
      on: ["create", "replace"],
      about: "where the data disk is mounted",
    }),
  }),

  ...section("SSH", {
    ssh: needed({
      name: "ssh", value: "PORT", parse: integer(1, 65_534), default: 22_001, also: ["ssh-port"], kept: "fixed",
      on: ["create"],
      about: "node i is reached at PORT + i",
    }),
    sshCert: maybe({
      name: "ssh-cert", value: "FILE", parse: file, file: true, on: ["create"],
      about: "certificate or public key for SSH (.cer, .pem, .pub); else made: ssh-cert.key, .pem, .cer, .pub",
    }),
    sshKey: maybe({
      name: "ssh-key", value: "FILE", parse: file, file: true, on: ["create", "nodes"],
      about:
        "private key to log in to nodes with; else the one that create found, " +
        "ssh-cert.key, one of ~/.ssh, or ssh-agent's",
    }),
    jump: maybe({
      name: "jump", value: "USER@HOST", parse: jump, on: ["create", "nodes"],
      about: "reach nodes through user@host[:port], several with commas, as ssh -J does; none: straight",
    }),
    sshThumb: maybe({
      name: "ssh-thumb", value: "HEX", parse: anyText, on: ["create"],
      about: "SHA-1 thumbprint of --ssh-cert, or of an SSH key stored in Azure",
    }),
    sshFrom: several({
      name: "ssh-from", value: "CIDR", parse: cidrs, default: ["*"], alike: rangesAlike,
      kept: "everything", on: ["create"],
      about: "who may reach SSH: ranges, or me for the address that Azure sees",
    }),
    noHostKeys: toggle({
      name: "no-host-keys", kept: "new machines", on: ["create", "replace"],
      about: "let each node make its own SSH host key; it is then trusted on first use",
    }),
  }),

  ...section("Network", {
    virtualNetworkName: maybe({
      name: "virtual-network-name", value: "V", parse: anyText, alike: anyCase, kept: "fixed", on: ["create"],
      about: "an existing virtual network: name, group:name or id",
    }),
    vnetResourceGroup: maybe({
      name: "vnet-resource-group", value: "NAME", parse: groupName, alike: anyCase, kept: "fixed", on: ["create"],
      about: "its resource group, when it is another one",
    }),
    subnetNames: maybe({
      name: "subnet-names", value: "S", parse: anyText, also: ["subnet-name"], alike: anyCase,
      kept: "fixed", on: ["create"],
      about: "its subnet: name or id",
    }),
    private: toggle({
      name: "private", kept: "fixed", on: ["create"],
      about: "nothing is reached from outside: internal load balancer, no public address but a NAT gateway's",
    }),
    outbound: maybe({
      name: "outbound", value: "WAY", ...choice("nat", "none"), kept: "fixed", on: ["create"],
      about: "way out with --private: nat, a gateway of its own, or none in a network that has one [nat]",
    }),
    pip: toggle({
      name: "pip", kept: "new machines", on: ["create", "replace"],
      about: "a public IP address for every node",
    }),
    deis: toggle({
      name: "deis", kept: "everything", on: ["create"],
      about: "endpoints for HTTP 80, HTTPS 443 and builder 2222, and the Deis checks",
    }),
    http: toggle({ name: "http", kept: "everything", on: ["create"], about: "endpoints for HTTP 80 and HTTPS 443" }),
    kubeApi: several({
      name: "kube-api", value: "CIDR", parse: apiRanges, default: [], none: true, alike: rangesAlike,
      kept: "everything", on: ["create"],
      about: "opens k3s' API, port 6443, to these ranges, for a platform's kubeconfig; none closes it",
    }),
    nohttps: toggle({
      name: "nohttps", also: ["no-https"], kept: "everything", on: ["create"],
      about: "leaves 443 out",
    }),
  }),

  ...section("Nodes", {
    platform: needed({
      name: "platform", value: "P", ...choice("flatcar", "ubuntu", "debian", "coreos"), default: "flatcar",
      kept: "fixed", on: ["create", "lint"],
      about: "flatcar, ubuntu or debian; or coreos for an old CoreOS image of your own",
    }),
    customData: maybe({
      name: "custom-data", value: "FILE", parse: file, file: true, on: ["create", "replace"],
      about: "your own cloud-init file; {0} and {1} of old files are filled in",
    }),
    discoveryServiceUrl: maybe({
      name: "discovery-service-url", value: "URL", parse: discoveryAddress, kept: "fixed", on: ["create"],
      about: "an existing etcd discovery URL, or a service's .../new to ask for one",
    }),
    noDiscoveryUrl: toggle({
      name: "no-discovery-url", on: ["create"],
      about: "never ask a discovery service",
    }),
    etcdMembers: maybe({
      name: "etcd-members", value: "K", ...voting(0, 1, 3, 5, 7), kept: "new machines", on: ["create"],
      about: "nodes that are etcd members: 1, 3, 5, 7, or 0 for no etcd [3, or 5 from five nodes on]",
    }),
    etcdVersion: needed({
      name: "etcd-version", value: "V", parse: etcdVersion, default: ETCD_VERSION, untold: ETCD_VERSION_UNTOLD,
      kept: "new machines", on: ["create", "replace"],
      about: "etcd's version on new machines, 3.5.N",
    }),
    etcdPlain: toggle({
      name: "etcd-plain", kept: "fixed", on: ["create"],
      about: "etcd without TLS, on the old open ports",
    }),
  }),

  ...section("This run", {
    ttl: maybe({
      name: "ttl", value: "TIME", parse: timeSpan, on: ["create"],
      about: "time to live: `gc` destroys the cluster after it, for example 2h or 3d",
    }),
    waitFor: needed({
      name: "wait-for", value: "WHAT", ...choice("machines", "ssh", "etcd"), default: "etcd", on: ["create"],
      about: "when the command is done: machines, ssh or etcd",
    }),
    minReady: maybe({
      name: "min-ready", value: "K", parse: integer(1, 1000), on: ["create"],
      about: "succeed when K nodes are ready",
    }),
    timeout: needed({
      name: "timeout", value: "TIME", parse: timeSpan, default: 30 * 60_000, on: ["azure"],
      about: "give up after this time; replace, platform, reboot and run have more [30m]",
    }),
    rollback: toggle({ name: "rollback", on: ["create"], about: "when it fails, remove what this run made" }),
    dryRun: toggle({ name: "dry-run", on: ["create", "gc"], about: "show what would be done; no write" }),
    output: maybe({
      name: "output", value: "FILE", parse: file, optional: "", file: true, on: ["create"],
      about: "write the cluster's state file [NAME.json]",
    }),
    events: maybe({
      name: "events", value: "FILE", parse: file, file: true, on: ["azure"],
      about: "write what happens as JSON Lines",
    }),
    timings: maybe({
      name: "timings", value: "FILE.html", parse: file, file: true, on: ["create"],
      about: "write a chart of what took how long",
    }),
    config: maybe({
      name: "config", value: "FILE.yaml", parse: file, file: true, on: ["create"],
      about: "flags as a YAML file",
    }),
    dir: maybe({
      name: "dir", value: "DIR", parse: anyText, file: true, on: ["azure", "keys"],
      about: "where keys and cluster folders are [the working directory]",
    }),
    yes: toggle({ name: "yes", on: ["azure"], about: "do not ask" }),
    noInput: toggle({ name: "no-input", on: ["azure"], about: "never ask; fail where an answer is needed" }),
    currency: needed({
      name: "currency", value: "CODE", ...choice(...CURRENCIES), default: "USD", on: ["azure"],
      about: "currency of prices: USD, EUR, GBP and others that Azure has",
    }),
    json: toggle({ name: "json", on: ["azure", "run", "lint"], about: "one JSON document on stdout" }),
    verbose: toggle({ name: "verbose", on: ["azure", "keys"], about: "say more" }),
    quiet: toggle({ name: "quiet", on: ["azure", "keys"], about: "say only what went wrong" }),
  }),

  ...section("Of this command", {
    mustExist: toggle({ name: "must-exist", on: ["destroy"], about: "exit 1 where nothing of the cluster is there" }),
    force: toggle({ name: "force", on: ["remove"], about: "remove nodes even when etcd loses its quorum" }),
    noNodes: toggle({
      name: "no-nodes", on: ["status"],
      about: "ask Azure alone and log in to no node; exit code 0 then says that all machines run",
    }),
    watch: toggle({
      name: "watch", on: ["status"],
      about: "show the status again and again, until Ctrl-C; with --json one document a look, a line each",
    }),
    format: needed({
      name: "format", value: "F", ...choice("arm", "terraform"), default: "arm", on: ["export"],
      about: "arm or terraform",
    }),
    unit: maybe({
      name: "unit", value: "UNIT", parse: unitName, on: ["logs"],
      about: "the journal of this systemd unit, of the node itself, instead of the serial console",
    }),
    lines: needed({
      name: "lines", value: "N", parse: integer(1, 100_000), default: 100, on: ["logs"],
      about: "the last N lines of each node",
    }),
    nodeTimeout: needed({
      name: "node-timeout", value: "TIME", parse: timeSpan, default: 5 * 60_000, on: ["run", "logs", "reboot"],
      about: "time limit for each node [5m]",
    }),
    keepDataDisk: toggle({
      name: "keep-data-disk", on: ["replace"],
      about: "the new machine gets the old one's data disk, with what is on it",
    }),
    parallel: needed({
      name: "parallel", value: "K", parse: integer(1, 1000), default: 1, on: ["reboot"],
      about: "nodes at once, of those that are no etcd members",
    }),
    domain: maybe({
      name: "domain", value: "DOMAIN", parse: domain, on: ["platform"],
      about: "the platform's domain, whose wildcard record leads to the cluster [ADDRESS.nip.io]",
    }),
    adminUsername: maybe({
      name: "admin-username", value: "NAME", parse: adminName, on: ["platform"],
      about: "the platform's admin [admin]",
    }),
    passwordFile: maybe({
      name: "password-file", value: "FILE", parse: file, file: true, on: ["platform"],
      about: "the admin's password, in a file; else it is asked for, or made and kept in NAME/drycc-admin-password",
    }),
    servers: maybe({
      name: "servers", value: "N", ...voting(1, 3, 5, 7), on: ["platform"],
      about: "nodes that are k3s servers: 1, 3, 5 or 7 [3 from three nodes on]",
    }),
    channel: maybe({
      name: "channel", value: "C", ...choice("stable", "testing"), on: ["platform"],
      about: "Drycc's releases: stable or testing [stable]",
    }),
    certManager: maybe({
      name: "cert-manager", value: "WHICH", ...choice("yes", "no"), optional: "yes", on: ["platform"],
      about: "certificates from Let's Encrypt: yes or no [yes with --domain]",
    }),
    clusterCidr: maybe({
      name: "cluster-cidr", value: "CIDR", parse: privateRange, on: ["platform"],
      about: "range of pods, which meets no other network [10.42.0.0/16]",
    }),
    serviceCidr: maybe({
      name: "service-cidr", value: "CIDR", parse: privateRange, on: ["platform"],
      about: "range of services [10.43.0.0/16]",
    }),
    installer: maybe({
      name: "installer", value: "URL", parse: fileOrUrl, file: true, on: ["platform"],
      about: "another copy of Drycc's install.sh: a URL or a file [https://www.drycc.cc/install.sh]",
    }),
    installerSha256: maybe({
      name: "installer-sha256", value: "HEX", parse: sha256, on: ["platform"],
      about: "refuse another script than the one of this SHA-256",
    }),
    subject: maybe({
      name: "subject", value: "DN", parse: anyText, on: ["certificate"],
      about: "subject of the certificate, as /C=US/O=My Company/CN=name [cert.conf]",
    }),
    bits: maybe({
      name: "bits", value: "N", parse: integer(2048, 8192), on: ["certificate"],
      about: "size of the RSA key [2048]",
    }),
    days: needed({
      name: "days", value: "N", parse: integer(1, 7300), default: 365, on: ["certificate"],
      about: "how long the certificate is valid",
    }),
    port: needed({
      name: "port", value: "PORT", parse: integer(0, 65_535), default: 0, on: ["emulate"],
      about: "port to listen on [any free one]",
    }),
    profile: maybe({
      name: "profile", value: "FILE", parse: file, file: true, on: ["emulate"],
      about: "how quick and how generous it is, as JSON",
    }),
    requests: maybe({
      name: "requests", value: "FILE", parse: file, file: true, on: ["emulate"],
      about: "write a line of JSON for each request: when, how long, what, status",
    }),
  }),
} as const satisfies Record<string, Flag<unknown>>;

export type FlagKey = keyof typeof FLAGS;

type ValueOf<F> = F extends { readonly parse: (text: string) => infer T } ? T : never;

/** Every flag's value, defaults filled in. */
export type FlagValues = { readonly [K in keyof typeof FLAGS]: ValueOf<(typeof FLAGS)[K]> };

/** The flags of a command, all optional: what the library takes as options. */
export type FlagsOn<S extends FlagScope> = Partial<
  Pick<FlagValues, { [K in FlagKey]: (typeof FLAGS)[K]["on"][number] & S extends never ? never : K }[FlagKey]>
>;

/** The rows one by one, with every column. */
export const flagRows = Object.entries(FLAGS) as readonly (readonly [FlagKey, Flag<unknown>])[];
