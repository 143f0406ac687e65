/**
 * THE PLATFORMS TABLE: the systems that nodes can run, one row a system: its image, its templates, who reads its user-data, how its etcd
 * and its reboots are asked about. A row is all: nobody elsewhere asks which platform it is.
 */
import type { NodeConfig, Platform } from "../node-config.ts";

export interface PlatformRow {
  /** The default image, as people know it. */
  readonly title: string;
  /** URN publisher:offer:sku:version; absent where the user must bring an image. */
  readonly image?: string;
  readonly needsImage?: string;
  /** Of an image that is uploaded as a VHD: the generation that is assumed. */
  readonly generation: "V1" | "V2";
  /** Who reads the custom data on the node: its rules are those that a file is checked by, and written for. */
  readonly userData: "coreos-cloudinit" | "cloud-init";
  /** File names in `templates/`, in the order in which they are merged: later ones win, and their list items come first. */
  readonly templates: (node: NodeConfig) => readonly string[];
  /** Seconds that udev is given to find the data disk, and what is taken without it. */
  readonly dataDisk: { readonly wait: string; readonly fallback: string };
  readonly etcd: EtcdRow;
  readonly deis: DeisRow;
  /** Shell commands that print what nodes/system-facts.ts reads: REBOOT_REQUIRED=yes, or update_engine's own words. */
  readonly asksReboot: readonly string[];
  /** A command that says how far the first boot is; absent where nothing does. */
  readonly firstBoot?: { readonly command: string; readonly busy: RegExp; readonly failed: RegExp };
  /** What explains a first boot that failed: units whose journal is read, and a command for the rest. */
  readonly explains: { readonly units: readonly string[]; readonly also?: string };
}

interface EtcdRow {
  /** etcd's API for members: etcd2 has the old one alone. */
  readonly membership: "v3" | "v2";
  readonly unit: string;
  /** Why `--etcd-version` is refused; absent where it chooses. */
  readonly ownVersion?: string;
  /** Why there must be members; absent where `--etcd-members 0` is taken. */
  readonly needed?: string;
  /** Whether members and clients can have certificates: what Deis v1 brings along speaks plain http. */
  readonly tls: "yes" | "not with --deis" | "no";
}

/** What `--deis` is on this system: Deis v1 itself, or the machines for what lives on of it. */
interface DeisRow {
  /** Of the load balancer's probe of port 80; absent: a TCP connection will do. */
  readonly healthPath?: "/health-check";
  /** Deis' store votes by majority; its heir begins with one machine. */
  readonly leastNodes: 1 | 3;
  /** What new clusters get without `--vm-size`, and why. */
  readonly size?: { readonly name: string; readonly why: string };
  /** Why there is no etcd of ours; absent: as without `--deis`. */
  readonly noEtcd?: string;
  /** What a person does next. */
  readonly next: "deisctl" | "nothing listens" | "platform install";
}

const part = (when: boolean, ...names: readonly string[]): readonly string[] => (when ? names : []);

/** etcd's unit is etcd-member.service on all of them but the oldest: how it finds the others, and the disk, is then said the same way. */
function memberTemplates(node: NodeConfig, system: string): readonly string[] {
  const { role, etcd, tls, tlsLater } = node;
  const speaksTls = tls !== undefined || tlsLater === true;
  return [
    ...part(role === "member", `${system}-member.yaml`, `etcd-${etcd.mode}.yaml`),
    ...part(role === "gateway", `${system}-gateway.yaml`),
    ...part(role !== "none" && speaksTls, "cluster-etcdctl.yaml"),
    ...part(tls !== undefined, "etcd-certificates.yaml"),
    ...part(role === "member" && speaksTls, `${system}-tls.yaml`),
  ];
}

const diskAndKey = ({ dataDiskMount, hostKey }: NodeConfig, key: string): readonly string[] => [
  ...part(dataDiskMount !== undefined, "data-disk.yaml"),
  ...part(hostKey !== undefined, key),
];

const FLATCAR_UNITS = ["oem-cloudinit", "etcd-member", "etcd-gateway", "etcd2", "docker"];
/** update_engine knows what is installed beside what runs. */
const FLATCAR_REBOOT = ["update_engine_client -status 2>/dev/null | grep -E '^(CURRENT_OP|NEW_VERSION)='"];

/** What Ubuntu and Debian have in common: cloud-init, and etcd and chrony from their own packages. */
const withCloudInit = {
  generation: "V2",
  userData: "cloud-init",
  templates: (node: NodeConfig): readonly string[] => [
    "debian.yaml",
    ...part(node.role !== "none", "debian-etcd.yaml"),
    ...memberTemplates(node, "debian"),
    ...diskAndKey(node, "debian-host-key.yaml"),
  ],
  dataDisk: { wait: "120", fallback: "" },
  etcd: {
    membership: "v3",
    unit: "etcd-member.service",
    ownVersion: "etcd comes from the system's own packages",
    tls: "yes",
  },
  deis: {
    leastNodes: 1,
    size: { name: "Standard_D4s_v5", why: "4 vCPUs and 16 GiB, for Drycc Workflow with its hugepages, storage and gateway" },
    noEtcd: "k3s, which Drycc Workflow brings along, keeps an etcd of its own on the same ports, 2379 and 2380",
    next: "platform install",
  },
  // the packages' own word; a kernel that waits is among them
  asksReboot: ["test -e /run/reboot-required && echo REBOOT_REQUIRED=yes"],
  firstBoot: { command: "cloud-init status 2>/dev/null", busy: /status: (running|not (run|started))/, failed: /status: error/ },
  explains: {
    // of cloud-init in 2022 and, where one process has all stages, in 2025
    units: [
      "cloud-init-local",
      "cloud-init",
      "cloud-init-main",
      "cloud-config",
      "cloud-final",
      "etcd-member",
      "etcd-gateway",
      "chrony",
    ],
    also: "cloud-init status --long; sudo -n grep -hE 'WARNING|ERROR|CRITICAL' /var/log/cloud-init.log | tail -n 40",
  },
} as const satisfies Omit<PlatformRow, "title">;

export const PLATFORMS: Record<Platform, PlatformRow> = {
  flatcar: {
    title: "Flatcar stable",
    // The corevm offer has the same content as the others and needs neither a purchase plan nor accepted terms.
    image: "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
    generation: "V2",
    userData: "coreos-cloudinit",
    templates: (node) => ["flatcar.yaml", ...memberTemplates(node, "flatcar"), ...diskAndKey(node, "host-key.yaml")],
    dataDisk: { wait: "120", fallback: "" },
    etcd: { membership: "v3", unit: "etcd-member.service", tls: "not with --deis" },
    deis: { healthPath: "/health-check", leastNodes: 3, next: "nothing listens" },
    asksReboot: FLATCAR_REBOOT,
    explains: { units: FLATCAR_UNITS },
  },
  coreos: {
    title: "CoreOS Container Linux",
    needsImage:
      "CoreOS Container Linux ended in 2020 and its images left the marketplace in 2021. " +
      "Give your own with --coreos-image: an image id, or a .vhd file or blob URL.",
    generation: "V1",
    userData: "coreos-cloudinit",
    templates: (node) => [
      "coreos.yaml",
      node.role === "member" ? "coreos-member.yaml" : "coreos-proxy.yaml",
      `coreos-${node.etcd.mode}.yaml`,
      ...part(node.deis, "coreos-deis.yaml"),
      ...diskAndKey(node, "host-key.yaml"),
    ],
    // its udev made no links
    dataDisk: { wait: "30", fallback: "/dev/sdc" },
    etcd: {
      membership: "v2",
      unit: "etcd2.service",
      ownVersion: "the image has its own etcd",
      needed: "fleet, which starts Deis' parts, keeps what it knows in etcd",
      tls: "no",
    },
    deis: { healthPath: "/health-check", leastNodes: 3, next: "deisctl" },
    asksReboot: FLATCAR_REBOOT,
    explains: { units: FLATCAR_UNITS },
  },
  // of Canonical's images the one whose generation 2 has no word of its own
  ubuntu: { ...withCloudInit, title: "Ubuntu 24.04 LTS", image: "Canonical:ubuntu-24_04-lts:server:latest" },
  // 13: etcd 3.5, where 12 has 3.4, and supported until 2028 (2030 with LTS)
  debian: { ...withCloudInit, title: "Debian 13", image: "Debian:debian-13:13-gen2:latest" },
};
