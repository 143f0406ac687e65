/**
 * One node's user-data, rendered from the templates: a function of the NodeConfig and nothing else, so that a rerun renders
 * the same. What a node must get, and which faults of 2015 must not come back, is told in the templates themselves.
 * Reads no file: the caller gives the texts of those that `templatesFor` names.
 */
import { ClusterError, EXIT } from "../errors.ts";
import { ETCD_VERSION } from "../etcd-version.ts";
import type { EtcdConfig, NodeConfig } from "../node-config.ts";
import { parseConfig, writeConfig, type Config } from "./cloud-config.ts";
import { discoveryUrlOf } from "./discovery-url.ts";
import { fill } from "./fill.ts";
import { joinUnits, merge } from "./merge.ts";
import { mountUnitName } from "./mount-unit.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { unitsAsFiles } from "./unit-files.ts";

/** File names in `templates/`, in the order in which they are merged. */
export const templatesFor = (node: NodeConfig): readonly string[] => PLATFORMS[node.platform].templates(node);

/**
 * Renders one node's cloud-config.
 *
 * @param templates file name to text, for at least the names of `templatesFor(node)`
 * @throws ClusterError NoBootstrap (a bug) when the node would find no cluster; TemplateInvalid or UserDataInvalid for a
 *   template that was edited and does not fit; DiscoveryUrlInvalid, DataDiskMountInvalid
 */
export function renderUserData(node: NodeConfig, templates: Readonly<Record<string, string>>): string {
  refuseWithoutBootstrap(node);
  const merged = mergedOf(templatesFor(node), templates);
  const config = PLATFORMS[node.platform].userData === "cloud-init" ? unitsAsFiles(merged) : merged;
  return writeConfig(fill(config, valuesOf(node), "the templates"));
}

type Templates = Readonly<Record<string, string>>;

/** Read once for all nodes alike, and for as long as the texts are these: of a thousand that is most of the time and of the memory. */
const MERGED = new Map<string, { readonly texts: readonly string[]; readonly config: Config }>();

function mergedOf(names: readonly string[], templates: Templates): Config {
  const texts = names.map((name) => textOf(templates, name));
  const known = MERGED.get(names.join());
  if (known !== undefined && texts.every((text, index) => text === known.texts[index])) return known.config;
  const config = joinUnits(texts.map((text, index) => parseConfig(text, `templates/${names[index]}`)).reduce<Config>(merge, {}));
  MERGED.set(names.join(), { texts, config });
  return config;
}

const speaksTls = ({ tls, tlsLater }: NodeConfig): boolean => tls !== undefined || tlsLater === true;

function textOf(templates: Readonly<Record<string, string>>, name: string): string {
  const text = templates[name];
  if (text === undefined) throw bug("TemplateMissing", `template ${name} was not read`);
  return text;
}

const bug = (code: string, message: string): ClusterError => new ClusterError(code, message, { source: "bug" });

/** What was read from Azure, and not written by this tool as it is. */
const damaged = (message: string): ClusterError =>
  new ClusterError("ClaimDamaged", message, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "Somebody changed them. Put them back as they were (the activity log in the portal has the old values).",
  });

/**
 * The original's worst fault was user-data without a discovery URL: three clusters of one, silently. So each way to end
 * there is refused, whatever the code before has checked.
 */
function refuseWithoutBootstrap({ etcd, name, role, platform, tls }: NodeConfig): void {
  const refuse = (why: string): never => {
    throw bug("NoBootstrap", `${name}: ${why}`);
  };
  if (role === "none") return;
  const count = etcd.members.length;
  const isStatic = etcd.mode === "static";
  if (isStatic && etcd.discoveryUrl !== undefined) refuse("etcd has both static members and a discovery URL");
  if (!isStatic && etcd.discoveryUrl === undefined) refuse("etcd has neither static members nor a discovery URL");
  if (isStatic && count === 0) refuse("etcd has no members");
  if (isStatic && etcd.token === "") refuse("etcd has no cluster token");
  // An even number is what a removal leaves, and what etcd has on its way from 3 to 5: who chooses members chooses an odd one.
  if (count > 7) throw damaged(`the tags of the cluster's public address name ${count} etcd members; there are at most 7`);
  if (isStatic && role === "member" && !etcd.members.some((member) => member.name === name))
    refuse("it is not among the members");
  if (role === "gateway" && count === 0 && PLATFORMS[platform].etcd.membership === "v3")
    refuse("a gateway needs the members' addresses");
  if (tls !== undefined && PLATFORMS[platform].etcd.tls === "no") refuse(`TLS is not rendered for ${PLATFORMS[platform].title}`);
  // etcd-member shows its container our certificates in place of the system's: an https discovery server is then unknown.
  if (tls !== undefined && !isStatic)
    throw damaged(
      "the tags of the cluster's public address name an etcd authority and a discovery URL, which exclude each other",
    );
}

/** Every placeholder of every template; unused ones are no fault. */
function valuesOf(node: NodeConfig): Record<string, string> {
  const { etcd, tls, hostKey, dataDiskMount, platform } = node;
  const scheme = speaksTls(node) ? "https" : "http";
  const mount = dataDiskMount === undefined ? {} : { dataDiskMount, mountUnit: mountUnitName(dataDiskMount) };
  return {
    name: node.name,
    cluster: node.cluster,
    address: node.address,
    scheme,
    etcdImageTag: etcd.imageTag ?? ETCD_VERSION,
    ...bootstrapValues(etcd, scheme),
    ...(tls && { caPem: tls.ca.trim(), certificatePem: tls.certificate.trim(), keyPem: tls.key.trim() }),
    ...(hostKey && { hostPrivateKey: hostKey.privateKey.trim(), hostPublicKey: hostKey.publicKey.trim() }),
    ...mount,
    dataDiskRequired: "yes",
    dataDiskWait: PLATFORMS[platform].dataDisk.wait,
    dataDiskFallback: PLATFORMS[platform].dataDisk.fallback,
  };
}

function bootstrapValues(etcd: EtcdConfig, scheme: string): Record<string, string> {
  return {
    initialCluster: etcd.members.map(({ name, address }) => `${name}=${scheme}://${address}:2380`).join(","),
    clusterState: etcd.state,
    clusterToken: etcd.token,
    memberEndpoints: etcd.members.map(({ address }) => `${address}:2379`).join(","),
    ...(etcd.discoveryUrl !== undefined && { discoveryUrl: discoveryUrlOf(etcd.discoveryUrl) }),
  };
}
