import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type NextStepsOptions, clusterDocument, dnsLines, nextSteps, sshConfig } from "../../src/core/outputs.ts";
import { has } from "../programs.ts";

const node = (index: number, rest: object = {}) => ({
  index,
  name: `mycluster-coreos-${index}`,
  host: "203.0.113.7",
  port: 22001 + index,
  user: "core",
  identityFile: "/home/me/ssh-cert.key",
  privateIp: `10.0.0.${4 + index}`,
  state: "ready",
  ...rest,
});

const facts = (nodes = [node(0), node(1)]) => ({
  name: "mycluster",
  resourceGroup: "mycluster",
  location: "westus",
  host: "mycluster.westus.cloudapp.azure.com",
  ip: "203.0.113.7",
  subscription: { id: "11111111-1111-1111-1111-111111111111", name: "mine" },
  signIn: { kind: "user" as const, name: "jane@example.org" },
  nodes,
  etcd: { mode: "static" as const, members: ["mycluster-coreos-0"] },
  resources: { created: 12, unchanged: 0, updated: 0 },
  seconds: 98,
});

const PLAIN = { deis: false, platform: "flatcar" } as const;
const DEIS = { deis: true, platform: "flatcar" } as const;

test("the document has exactly the documented keys, nodes in order", () => {
  const document = clusterDocument(facts([node(1), node(0)]), PLAIN);
  expect(Object.keys(document)).toEqual([
    "$schema",
    "schema",
    "name",
    "resourceGroup",
    "location",
    "host",
    "ip",
    "subscription",
    "signIn",
    "nodes",
    "etcd",
    "resources",
    "seconds",
  ]);
  expect(document.schema).toBe("azure-coreos-cluster/1");
  expect(document.nodes.map((each) => each.index)).toEqual([0, 1]);
  expect(Object.keys(document.nodes[0]!)).toEqual([
    "index",
    "name",
    "host",
    "port",
    "user",
    "identityFile",
    "privateIp",
    "state",
  ]);
});

test("with --deis it names tunnel and domain", () => {
  expect(clusterDocument(facts(), DEIS).deis).toEqual({
    tunnel: "203.0.113.7:22001",
    domain: "mycluster.westus.cloudapp.azure.com",
  });
});

test("Host blocks for ssh", () => {
  expect(
    sshConfig(clusterDocument(facts([node(0), node(1, { identityFile: "" })]), PLAIN), {
      knownHostsFile: "/home/me/my clusters/known_hosts",
    }),
  ).toMatchInlineSnapshot(`
    "Host mycluster-coreos-0
      HostName 203.0.113.7
      Port 22001
      User core
      IdentityFile /home/me/ssh-cert.key
      IdentitiesOnly yes
      UserKnownHostsFile "/home/me/my clusters/known_hosts"
      GlobalKnownHostsFile /dev/null
      StrictHostKeyChecking yes
      ServerAliveInterval 60

    Host mycluster-coreos-1
      HostName 203.0.113.7
      Port 22002
      User core
      UserKnownHostsFile "/home/me/my clusters/known_hosts"
      GlobalKnownHostsFile /dev/null
      StrictHostKeyChecking yes
      ServerAliveInterval 60
    "
  `);
});

test.skipIf(!has("ssh"))("ssh reads the config as it is meant, spaces and percent signs too", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssh-config-"));
  const file = join(folder, "config");
  const document = clusterDocument(facts([node(2, { identityFile: "/home/me/100% mine/ssh-cert.key" })]), PLAIN);
  writeFileSync(file, sshConfig(document, { knownHostsFile: "/home/me/my clusters/known_hosts" }));
  const said = execFileSync("ssh", ["-G", "-F", file, "mycluster-coreos-2"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).split("\n");
  expect(said).toEqual(
    expect.arrayContaining([
      "hostname 203.0.113.7",
      "port 22003",
      "user core",
      "stricthostkeychecking true",
      expect.stringMatching(/^identityfile "?\/home\/me\/100%%? mine\/ssh-cert\.key"?$/),
      expect.stringMatching(/^userknownhostsfile "?\/home\/me\/my clusters\/known_hosts"?$/),
    ]),
  );
});

test("DNS lines as the old script printed them, and only with --pip", () => {
  const nodes = [node(0, { publicIp: "203.0.113.8" }), node(1, { publicIp: "203.0.113.9" })];
  expect(dnsLines(clusterDocument(facts(nodes), PLAIN))).toBe(
    "@ 10800 IN A 203.0.113.8\n@ 10800 IN A 203.0.113.9\n* 10800 IN CNAME @\n",
  );
  expect(dnsLines(clusterDocument(facts(), PLAIN))).toBe("");
});

const steps: NextStepsOptions = {
  deis: false,
  platform: "flatcar",
  etcdTls: true,
  canLogIn: true,
  sshKeyFile: "ssh-cert.key",
  sshConfigFile: "mycluster/ssh_config",
  next: (words) => `azure-coreos-cluster ${words}`,
  openings: [80, 443, 2222].map((port) => ({ name: String(port), port, from: ["*"] })),
  rehearsal: false,
};

test("next steps of a rehearsal lead back into it, and grow from what there is", () => {
  const next = (words: string): string => `azure-coreos-cluster ${words} --simulate --dir d`;
  const text = nextSteps(clusterDocument(facts(), PLAIN), { ...steps, next, rehearsal: true });
  expect(text).toContain("azure-coreos-cluster mycluster --num-nodes 4 --simulate --dir d");
  expect(text).toContain("azure-coreos-cluster destroy mycluster --simulate --dir d");
  expect(text).not.toContain("ssh");
});

test("a node whose host key nobody knows is trusted on first use, the others are not", () => {
  const text = sshConfig(clusterDocument(facts(), PLAIN), { knownHostsFile: "/k", unknown: new Set([1]) });
  expect([...text.matchAll(/StrictHostKeyChecking (\S+)/g)].map(([, word]) => word)).toEqual(["yes", "accept-new"]);
});

test("next steps without Deis", () => {
  expect(nextSteps(clusterDocument(facts(), PLAIN), steps)).toMatchInlineSnapshot(`
    "mycluster is at 203.0.113.7 (mycluster.westus.cloudapp.azure.com).

    Next:
      azure-coreos-cluster ssh mycluster                                          log in to node 0
      ssh -F mycluster/ssh_config mycluster-coreos-0                              the same with plain ssh; or Include that file in ~/.ssh/config
      azure-coreos-cluster ssh mycluster -- /opt/bin/cluster-etcdctl member list  the members of etcd
      azure-coreos-cluster status mycluster                                       nodes, health and endpoints, from any machine
      azure-coreos-cluster destroy mycluster                                      remove everything
    "
  `);
});

test("next steps of the article, for --deis on the old platform", () => {
  const text = nextSteps(clusterDocument(facts(), DEIS), {
    ...steps,
    deis: true,
    platform: "coreos",
    etcdTls: false,
    sshKeyFile: "my keys/ssh-cert.key",
  });
  expect(text.slice(text.indexOf("Deis"))).toMatchInlineSnapshot(`
    "Deis (v1 ended in 2017: nothing that installs it is known to be online; with your own copy of deisctl and its images):
      export DEISCTL_TUNNEL=203.0.113.7:22001
      ssh-add 'my keys/ssh-cert.key'
      deisctl config platform set domain=mycluster.westus.cloudapp.azure.com
      deisctl config platform set sshPrivateKey='my keys/ssh-cert.key'
      deisctl install platform
      deisctl start platform
    "
  `);
});

test("next steps for --deis on Flatcar say what works and what does not", () => {
  const text = nextSteps(clusterDocument(facts(), DEIS), { ...steps, deis: true, sshKeyFile: "" });
  expect(text).not.toContain("deisctl");
  expect(text).not.toContain("ssh -i");
  expect(text.slice(text.indexOf("Deis"))).toMatchInlineSnapshot(`
    "Deis: the endpoints 80, 443 and 2222 are open as Deis wants them, and nothing listens there yet. Deis v1 ended in 2017 and needs fleet, which Flatcar does not have. What lives on is Drycc Workflow, on k3s (https://github.com/drycc/workflow): any server that answers /health-check on port 80 of the nodes is reached at http://mycluster.westus.cloudapp.azure.com at once. Machines that can carry it: --platform ubuntu or debian. For your own CoreOS image: --platform coreos.
    "
  `);
});
