/**
 * etcd: parts that the platform has no use for, discovery URLs, and the original's worst fault: etcd started with no way to
 * find the others, each node then being a healthy cluster of one.
 */
import { asksForUrl } from "../discovery-url.ts";
import { error, warning, type CheckOptions, type Finding } from "./finding.ts";
import { valueAt, type Mapping, type Scalar, type Tree } from "./tree.ts";
import { parseUnit } from "./unit-text.ts";

export function checkBootstrap(coreos: Mapping, options: CheckOptions): readonly Finding[] {
  const parts = ["etcd", "etcd2", "fleet"].flatMap((part) => coreos.entries.filter(({ key }) => key === part));
  const useless = options.platform === "flatcar" ? parts.map(({ key, line }) => noUse(key, line)) : [];
  const urls = parts.flatMap(({ key, value }) => {
    const discovery = value.kind === "map" ? valueAt(value, "discovery") : undefined;
    return discovery?.kind === "scalar" ? checkUrl(discovery.text, discovery, `coreos.${key}.discovery`) : [];
  });
  return [...useless, ...urls, ...checkUnits(valueAt(coreos, "units"), parts.length > 0)];
}

const noUse = (key: string, line: number): Finding =>
  error(
    line,
    `coreos.${key}`,
    `coreos.${key} has no effect: Flatcar has no ${key}`,
    `Configure etcd-member.service by a drop-in with Environment=ETCD_... lines.`,
  );

function checkUrl(url: string, at: Scalar, path: string): readonly Finding[] {
  if (at.plain && url === "") return [];
  if (url === "{0}")
    return [
      warning(
        at.line,
        path,
        "{0} is filled in by create --custom-data",
        "A node that gets the file as it is would not find the others.",
      ),
    ];
  if (asksForUrl(url)) {
    const advice = "Ask it once, curl 'URL/new?size=3', and write what it prints; or write {0}, and give create the address.";
    return [error(at.line, path, `"${url}" gives every node a URL of its own: every node becomes a cluster of its own`, advice)];
  }
  if (!/^https?:\/\/[^\s/]+\/\S+$/.test(url) || !URL.canParse(url)) return [error(at.line, path, `"${url}" is no discovery URL`)];
  if (!/^https?:\/\/discovery\.etcd\.io\//.test(url)) return [];
  // 503 since 2026-06, nobody maintains it (etcd-io/etcd#21915).
  return [
    warning(at.line, path, "discovery.etcd.io no longer answers", "Use static members, or a discovery server of your own."),
  ];
}

function checkUnits(units: Tree | undefined, other: boolean): readonly Finding[] {
  if (units?.kind !== "list") return [];
  const member = units.items.find(
    (unit): unit is Mapping => unit.kind === "map" && scalarAt(unit, "name")?.text === "etcd-member.service",
  );
  if (member === undefined) return [];
  const contents = [member, ...itemsOf(valueAt(member, "drop_ins"))].flatMap((map) => scalarAt(map, "content") ?? []);
  const variables = contents.flatMap((content) =>
    environment(content.text).map(([name, value]): readonly [string, string, Scalar] => [name, value, content]),
  );
  const findings = variables.flatMap(([name, value, at]) =>
    name === "ETCD_DISCOVERY" ? checkUrl(value, { ...at, plain: false }, "coreos.units: ETCD_DISCOVERY") : [],
  );
  const started = scalarAt(member, "command")?.text === "start" || scalarAt(member, "enable")?.text === "true";
  const found = variables.some(([name]) => /^ETCD_(INITIAL_CLUSTER|DISCOVERY|DISCOVERY_SRV|CONFIG_FILE|OPTS)$/.test(name));
  const opaque = contents.some(({ text }) => /EnvironmentFile=|ExecStart=/.test(text));
  if (!started || found || opaque || other) return findings;
  const message = "etcd is started with neither members nor a discovery URL: every node becomes a cluster of its own";
  return [...findings, warning(member.line, "coreos.units", message, "Set ETCD_INITIAL_CLUSTER or ETCD_DISCOVERY in a drop-in.")];
}

const itemsOf = (tree: Tree | undefined): readonly Mapping[] =>
  tree?.kind === "list" ? tree.items.filter((item): item is Mapping => item.kind === "map") : [];

function scalarAt(map: Mapping, key: string): Scalar | undefined {
  const value = valueAt(map, key);
  return value?.kind === "scalar" ? value : undefined;
}

/** Environment= of a unit: assignments apart by blanks, each bare or in quotes. */
function environment(content: string): readonly (readonly [string, string])[] {
  const lines = parseUnit(content).settings.filter(({ section, key }) => section === "Service" && key === "Environment");
  return lines.flatMap(({ value }) =>
    [...value.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match): readonly [string, string] => {
      const assignment = match[1] ?? match[2] ?? match[3] ?? "";
      const equals = assignment.indexOf("=");
      return [assignment.slice(0, equals), assignment.slice(equals + 1)];
    }),
  );
}
