/**
 * Puts cloud-config pieces together as the old create-azure-user-data did, and makes the file of the command of that name.
 * Nothing is known here of what a node needs.
 */
import { ClusterError } from "../errors.ts";
import { isYamlList, isMap, parseConfig, writeConfig, type Config, type Value } from "./cloud-config.ts";
import { discoveryUrlOf } from "./discovery-url.ts";
import { fill } from "./fill.ts";

/**
 * Merges `azure` into `base`: maps key by key, recursively; lists joined, the Azure side's items first; any other value
 * replaced. Neither side is changed.
 */
export function merge(base: Config, azure: Config): Config {
  const result = new Map<string, Value>(Object.entries(base));
  for (const [key, value] of Object.entries(azure)) {
    const old = result.get(key);
    if (isMap(value) && isMap(old)) result.set(key, merge(old, value));
    else if (isYamlList(value) && isYamlList(old)) result.set(key, [...value, ...old]);
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

/**
 * Makes one unit of those with the same name, where the first of them stands: a node would write both, but start in an
 * order that nobody sees. Drop-ins are joined in the order of the list; of other keys the first that is there counts.
 */
export function joinUnits(config: Config): Config {
  const coreos = config["coreos"];
  if (!isMap(coreos) || !isYamlList(coreos["units"])) return config;
  const named = new Map<string, Config>();
  const units: Value[] = [];
  for (const unit of coreos["units"]) {
    const name = isMap(unit) ? unit["name"] : undefined;
    if (!isMap(unit) || typeof name !== "string") units.push(unit);
    else {
      const first = named.get(name);
      if (first === undefined) units.push(name);
      named.set(name, first === undefined ? unit : { ...unit, ...first, ...dropIns(first, unit) });
    }
  }
  const joined = units.map((unit) => (typeof unit === "string" ? (named.get(unit) ?? unit) : unit));
  return { ...config, coreos: { ...coreos, units: joined } };
}

function dropIns(first: Config, second: Config): Config {
  const both = [first["drop_ins"], second["drop_ins"]].filter(isYamlList).flat();
  return both.length === 0 ? {} : { drop_ins: both };
}

/**
 * The file `azure-user-data` of `create-azure-user-data [URL]`: one cloud-config for all nodes.
 *
 * Without a URL the file keeps `{0}` in its place, which `create --custom-data` fills in with the cluster's URL. Templates of
 * old are taken too: a `discovery` key under etcd or etcd2 that is empty (their URL was a YAML comment) gets the URL as data.
 *
 * @throws ClusterError DiscoveryUrlInvalid; UserDataInvalid for a template that is no YAML; NoBootstrap when no template has
 *   a place for the URL, for each node would then be a cluster of its own
 */
export function createAzureUserData(baseTemplate: string, azureTemplate: string, discoveryUrl?: string): string {
  const url = discoveryUrl === undefined ? "{0}" : discoveryUrlOf(discoveryUrl);
  const merged = merge(parseConfig(baseTemplate, "the base template"), parseConfig(azureTemplate, "the Azure template"));
  const filled = fill(merged, { discoveryUrl: url, ...SHARED_DISK }, "the merged templates");
  const config = joinUnits(setDiscovery(filled, url));
  const text = writeConfig(config);
  if (!text.includes(url)) {
    throw new ClusterError("NoBootstrap", "the templates have no place for the discovery URL: no node would find another", {
      advice: "Write {{discoveryUrl}} where it belongs, or a key `discovery:` under coreos, etcd2.",
    });
  }
  return text;
}

/** The one file must do for clusters with and without `--data-disk`: a node without the disk goes on without it. */
const SHARED_DISK = {
  dataDiskMount: "/var/lib/docker",
  mountUnit: "var-lib-docker.mount",
  dataDiskWait: "30",
  dataDiskFallback: "",
  dataDiskRequired: "no",
};

function setDiscovery(config: Config, url: string): Config {
  const coreos = config["coreos"];
  if (!isMap(coreos)) return config;
  const changed = Object.entries(coreos).map(([key, value]): [string, Value] => {
    const empty = /^etcd2?$/.test(key) && isMap(value) && "discovery" in value && !value["discovery"];
    return [key, empty ? { ...value, discovery: url } : value];
  });
  return { ...config, coreos: Object.fromEntries(changed) };
}
