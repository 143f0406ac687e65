/** One NodeConfig for every mode in which a node is rendered, and the templates as the command line reads them. */
import { readdirSync, readFileSync } from "node:fs";
import type { NodeConfig } from "../../../src/core/node-config.ts";
import { renderUserData } from "../../../src/core/user-data/render.ts";

const folder = new URL("../../../templates/", import.meta.url);

export const templates: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")]),
);

const pem = (what: string): string => `-----BEGIN ${what}-----\nTm90IGEga2V5LCBidXQgb2YgaXRzIHNoYXBl\n-----END ${what}-----\n`;

const members = [0, 1, 2].map((index) => ({ name: `mycluster-coreos-${index}`, address: `10.0.0.${4 + index}` }));
const url = "http://10.0.0.9:8087/0123456789abcdef0123456789abcdef";

const flatcar: NodeConfig = {
  platform: "flatcar",
  cluster: "mycluster",
  name: "mycluster-coreos-0",
  index: 0,
  address: "10.0.0.4",
  role: "member",
  etcd: { mode: "static", members, token: "mycluster-5f0c", state: "new" },
  deis: false,
};
const fourth: NodeConfig = { ...flatcar, name: "mycluster-coreos-3", index: 3, address: "10.0.0.7", role: "gateway" };
const coreos: NodeConfig = { ...flatcar, platform: "coreos" };
const debian: NodeConfig = { ...flatcar, platform: "debian" };
const discovery: NodeConfig = { ...flatcar, etcd: { ...flatcar.etcd, mode: "discovery", discoveryUrl: url } };

const tls = { ca: pem("CERTIFICATE"), certificate: pem("CERTIFICATE"), key: pem("RSA PRIVATE KEY") };
export const hostKey = {
  privateKey: pem("OPENSSH PRIVATE KEY"),
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Zl1d2n0Xb1Yc3sW0pQ3m5p1Zq0l7cJ7wq2z5v8yAB\n",
};

/** By the name of the golden file. */
export const modes: Readonly<Record<string, NodeConfig>> = {
  "flatcar-member": flatcar,
  "flatcar-member-full": { ...flatcar, tls, hostKey, dataDiskMount: "/var/lib/docker" },
  "flatcar-gateway": fourth,
  "flatcar-gateway-full": { ...fourth, tls, hostKey, dataDiskMount: "/srv/my-data" },
  "flatcar-discovery": discovery,
  "flatcar-discovery-gateway": { ...fourth, etcd: discovery.etcd },
  "flatcar-deis": { ...flatcar, deis: true },
  "flatcar-joining": {
    ...fourth,
    role: "member",
    tls,
    etcd: { ...flatcar.etcd, state: "existing", members: [...members, { name: fourth.name, address: fourth.address }] },
  },
  "coreos-member": coreos,
  "coreos-member-full": { ...coreos, hostKey, dataDiskMount: "/var/lib/docker", deis: true },
  "coreos-proxy": { ...fourth, platform: "coreos" },
  "coreos-discovery": { ...coreos, etcd: discovery.etcd },
  "debian-member": debian,
  "debian-member-full": { ...debian, tls, hostKey, dataDiskMount: "/var/lib/docker" },
  "debian-gateway-full": { ...fourth, platform: "debian", tls, hostKey, dataDiskMount: "/srv/my-data" },
  "debian-discovery": { ...debian, etcd: discovery.etcd },
  "debian-later": { ...debian, tlsLater: true },
  "ubuntu-joining": {
    ...fourth,
    platform: "ubuntu",
    role: "member",
    tls,
    etcd: { ...flatcar.etcd, state: "existing", members: [...members, { name: fourth.name, address: fourth.address }] },
  },
  "ubuntu-without-etcd": {
    ...debian,
    platform: "ubuntu",
    role: "none",
    hostKey,
    deis: true,
    etcd: { ...flatcar.etcd, members: [] },
  },
  "flatcar-without-etcd": { ...flatcar, role: "none", hostKey, etcd: { ...flatcar.etcd, members: [] } },
};

export const render = (node: NodeConfig): string => renderUserData(node, templates);
