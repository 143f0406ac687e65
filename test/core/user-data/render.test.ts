import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/core/errors.ts";
import type { EtcdConfig, NodeConfig } from "../../../src/core/node-config.ts";
import { checkUserData, MAX_BYTES } from "../../../src/core/user-data/check.ts";
import { renderUserData, templatesFor } from "../../../src/core/user-data/render.ts";
import { hostKey, modes, render, templates } from "./modes.ts";

const member = modes["flatcar-member"] as NodeConfig;
const full = modes["flatcar-member-full"] as NodeConfig;
const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe.each(Object.entries(modes))("%s", (name, node) => {
  const text = render(node);
  test("is the golden file", () => expect(text).toMatchFileSnapshot(`golden/${name}.cloud-config`));
  test("passes our own check", () => expect(checkUserData(text, { platform: node.platform })).toEqual([]));
  test("is the same again", () => expect(render(structuredClone(node))).toBe(text));
  test("has no anchor, no dashed key and no placeholder", () => {
    expect(text).not.toMatch(/^[^#]*: [&*]\w|\{\{|^\s*(- )?[a-z]+-[a-z-]+:/m);
  });
});

describe("faults of the original that must not come back", () => {
  const all = Object.values(modes).map((node) => ({ node, text: render(node) }));
  test("every node has a way to find the others", () => {
    for (const { node, text } of all)
      if (node.role === "none") expect(text).not.toContain("etcd");
      else expect(text).toMatch(/INITIAL_CLUSTER=.|ETCD_DISCOVERY=http|initial_cluster: .|discovery: http|--endpoints=./);
  });
  test("/dev/sdc is named on CoreOS alone", () => {
    for (const { node, text } of all) if (text.includes("/dev/sdc")) expect(node.platform).toBe("coreos");
  });
  test("no address is left to the node to find", () => {
    for (const { text } of all) expect(text).not.toMatch(/\$(private|public)_ipv4/);
  });
  test("the docker API is not opened", () => {
    for (const { text } of all) expect(text).not.toMatch(/2375|docker-tcp/);
  });
  test("CoreOS has one NTP client, and the other is masked", () => {
    const units = (load(render(modes["coreos-member"] as NodeConfig)) as { coreos: { units: { name: string }[] } }).coreos.units;
    expect(units.filter(({ name }) => /ntp|timesync|chrony/.test(name))).toEqual([
      { name: "systemd-timesyncd.service", mask: true, command: "stop" },
      { name: "ntpd.service", enable: true, command: "start" },
    ]);
  });
  test("Ubuntu and Debian get one NTP client, and the packages' own etcd never begins a cluster of one", () => {
    for (const { node, text } of all.filter(({ node: { platform } }) => /ubuntu|debian/.test(platform))) {
      const { packages, bootcmd } = load(text) as { packages: string[]; bootcmd?: string[][] };
      expect(packages.filter((name) => /ntp|time|chrony/.test(name))).toEqual(["chrony"]);
      expect(packages.includes("etcd-server")).toBe(node.role !== "none");
      // before packages, which are the last stage
      if (node.role !== "none") expect(bootcmd?.[0]).toEqual(["ln", "-sfn", "/dev/null", "/etc/systemd/system/etcd.service"]);
    }
  });
  test("--deis on Flatcar asks for nothing that Flatcar does not have", () => {
    expect(render({ ...member, deis: true })).toBe(render(member));
  });
});

describe("what is refused", () => {
  const etcd = (change: Partial<EtcdConfig>): NodeConfig => ({ ...member, etcd: { ...member.etcd, ...change } });
  const count = (size: number): NodeConfig =>
    etcd({
      members: Array.from({ length: size }, (_, index) => ({
        name: `mycluster-coreos-${index}`,
        address: `10.0.0.${4 + index}`,
      })),
    });
  const url = "http://10.0.0.9/abc";
  const cases: [string, NodeConfig, string][] = [
    ["no members", count(0), "NoBootstrap"],
    ["nine members", count(9), "ClaimDamaged"],
    ["static with a discovery URL too", etcd({ discoveryUrl: url }), "NoBootstrap"],
    ["discovery without a URL", etcd({ mode: "discovery" }), "NoBootstrap"],
    ["no cluster token", etcd({ token: "" }), "NoBootstrap"],
    ["a member that is not among the members", { ...member, name: "other" }, "NoBootstrap"],
    ["TLS and discovery", { ...full, etcd: { ...member.etcd, mode: "discovery", discoveryUrl: url } }, "ClaimDamaged"],
    ["TLS on CoreOS", { ...full, platform: "coreos" }, "NoBootstrap"],
    [
      "a gateway to nowhere",
      { ...member, role: "gateway", etcd: { ...member.etcd, mode: "discovery", discoveryUrl: url, members: [] } },
      "NoBootstrap",
    ],
    ["a discovery URL that is none", etcd({ mode: "discovery", discoveryUrl: "#DISCOVERY_URL" }), "DiscoveryUrlInvalid"],
    ["a mount that is the system's own", { ...member, dataDiskMount: "/etc" }, "DataDiskMountInvalid"],
  ];
  test.each(cases)("%s", (_what, node, code) => {
    const error = thrown(() => render(node));
    const source = code === "NoBootstrap" ? "bug" : code === "ClaimDamaged" ? "azure" : "user";
    expect([error.code, error.source]).toEqual([code, source]);
  });
  // an even number is what a removal leaves: a member of it that has lost its machine is made again
  test.each([1, 2, 3, 4, 5, 7])("not %i members", (size) => expect(render(count(size))).toContain("INITIAL_CLUSTER="));
  test("nor a gateway while the cluster grows from three to five", () => {
    expect(render({ ...count(4), name: "mycluster-coreos-9", role: "gateway" })).toContain("10.0.0.7:2379");
  });
  test("a template that was edited and names what nobody knows", () => {
    const edited = { ...templates, "flatcar.yaml": '#cloud-config\nhostname: "{{nmae}}"\n' };
    expect(thrown(() => renderUserData(member, edited)).message).toContain("{{nmae}}");
  });
  test("a template that was not read", () => {
    expect(thrown(() => renderUserData(member, {})).code).toBe("TemplateMissing");
  });
  test("an edited template with a YAML fault, with its line", () => {
    const error = thrown(() => renderUserData(member, { ...templates, "flatcar.yaml": "#cloud-config\ncoreos: [\n" }));
    expect(error.message).toContain("templates/flatcar.yaml:");
  });
});

function thrown(run: () => unknown): ClusterError {
  try {
    run();
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("every template is used by a mode, and none is missing", () => {
  const used = new Set(Object.values(modes).flatMap(templatesFor));
  expect(Object.keys(templates).filter((name) => !used.has(name))).toEqual(["user-data.yaml"]);
  expect([...used].filter((name) => !(name in templates))).toEqual([]);
});

test("a person's edit of a template reaches the node", () => {
  const edited = { ...templates, "flatcar.yaml": '#cloud-config\nhostname: "{{name}}"\n' };
  expect(load(renderUserData(member, edited))).toMatchObject({ hostname: "mycluster-coreos-0" });
});

describe("any node", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}[a-z0-9]$/);
  const line = (of: string): string => createHash("sha384").update(of).digest("base64");
  // A certificate of 4096 bits with many names has less than 50 lines of 64.
  const pem = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat()).map(([length, seed]) => {
    const lines = Array.from({ length }, (_, index) => line(`${seed} ${index}`));
    return `-----BEGIN X-----\n${lines.join("\n")}\n-----END X-----\n`;
  });
  const octet = fc.nat(255);
  const node = fc
    .record({
      platform: fc.constantFrom("flatcar" as const, "coreos" as const, "ubuntu" as const, "debian" as const),
      base: name,
      size: fc.constantFrom(1, 3, 5, 7),
      index: fc.nat(199),
      octets: fc.tuple(octet, octet),
      tls: fc.option(fc.record({ ca: pem, certificate: pem, key: pem })),
      withKey: fc.boolean(),
      discovery: fc.boolean(),
      mount: fc.option(fc.constantFrom("/var/lib/docker", "/data", "/srv/a-b/c.d", "/mnt/disk")),
      deis: fc.boolean(),
    })
    .map(({ platform, base, size, index, octets, tls, withKey, discovery, mount, deis }): NodeConfig => {
      const members = Array.from({ length: size }, (_, i) => ({ name: `${base}-${i}`, address: `10.${octets.join(".")}.${i}` }));
      const encrypted = tls !== null && platform !== "coreos" && !discovery;
      return {
        platform,
        cluster: base,
        name: `${base}-${index}`,
        index,
        address: `10.${octets.join(".")}.${index}`,
        role: index < size ? "member" : "gateway",
        etcd: discovery
          ? { mode: "discovery", members, token: base, state: "new", discoveryUrl: `https://discovery.example.com/v/${base}` }
          : { mode: "static", members, token: `${base}-0c5f`, state: "new" },
        ...(encrypted && { tls }),
        ...(withKey && { hostKey }),
        ...(mount !== null && { dataDiskMount: mount }),
        deis,
      };
    });

  test("passes our own check and fits", () => {
    fc.assert(
      fc.property(node, (config) => {
        const text = render(config);
        expect(checkUserData(text, { platform: config.platform })).toEqual([]);
        expect(bytes(text)).toBeLessThan(MAX_BYTES / 2);
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  test("has what it was given, byte for byte", () => {
    fc.assert(
      fc.property(node, (config) => {
        const { write_files: files = [], ssh_keys: keys } = load(render(config)) as {
          write_files?: { path: string; content: string }[];
          ssh_keys?: { ed25519_private: string };
        };
        const content = (path: string): string | undefined => files.find((file) => file.path === path)?.content;
        expect(content("/etc/etcd/tls/node-key.pem")).toBe(config.tls?.key);
        expect(content("/etc/etcd/tls/ca.pem")).toBe(config.tls?.ca);
        expect(keys?.ed25519_private ?? content("/etc/ssh/ssh_host_ed25519_key")).toBe(config.hostKey?.privateKey);
      }),
      { numRuns: 50, seed: 5 },
    );
  });
});

test("secrets are for their owners alone", () => {
  const files = (load(render(full)) as { write_files: { path: string; owner?: string; permissions: string }[] }).write_files;
  const modesOf = Object.fromEntries(files.map(({ path, owner, permissions }) => [path, `${owner ?? "root"} ${permissions}`]));
  expect(modesOf).toMatchObject({
    "/etc/etcd/tls/node-key.pem": "etcd:etcd 0600",
    "/etc/ssh/ssh_host_ed25519_key": "root 0600",
    "/etc/ssh/ssh_host_ed25519_key.pub": "root 0644",
  });
});
