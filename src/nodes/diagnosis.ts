/**
 * Why a node is not ready: a table from what its logs say to a class, a sentence and what to do. A newcomer adds a row. Pure:
 * text in, one diagnosis out; the line shown as evidence is redacted. Rows stand in the order of cause before symptom, and
 * the first that matches wins. Longer than most files: it is a table.
 */
import type { NodeState } from "./node-state.ts";
import { redact } from "./redact.ts";

export interface Evidence {
  readonly state: NodeState;
  /** Of NodeReadiness. */
  readonly code?: string;
  /** The serial console's log; undefined when it could not be had, empty when the machine wrote nothing. */
  readonly serial?: string | undefined;
  /** `systemctl --failed --plain --no-legend`. */
  readonly failedUnits?: string | undefined;
  /** `journalctl` of the units that matter. */
  readonly journal?: string | undefined;
}

export interface Diagnosis {
  readonly class: string;
  readonly summary: string;
  readonly advice: string;
  /** The log line that says it. */
  readonly evidence?: string;
}

interface Row {
  readonly class: string;
  readonly pattern: RegExp;
  readonly summary: string;
  readonly advice: string;
}

/** Texts of etcd 3.4, of apt and of cloud-init 25.1 were seen on real programs; those of the kernel, docker and coreos-cloudinit are read from their sources. */
const LOG_ROWS: readonly Row[] = [
  {
    class: "no-boot",
    pattern:
      /Kernel panic|Entering emergency mode|You are in emergency mode|No bootable device|Boot Failed|VFS: Unable to mount root/i,
    summary: "the machine does not boot",
    advice:
      "Check that the image fits the size (generation 1 or 2, SCSI or NVMe), then remove the node and run the command again.",
  },
  {
    class: "cloud-config-refused",
    pattern:
      /Failed to (parse|apply|validate) (user-data|cloud-config)|Ignition failed|ignition\[\d+\]: (CRITICAL|failed to|error)|cloud-init\[\d+\]:.*(Failed (loading|at merging)|[Ii]nvalid (cloud-config|format)|CRITICAL|Traceback)|Unhandled non-multipart|coreos-cloudinit.*(incorrect type for|unrecognized key|Unit \S+ not found)|Unit \S+ not found.*cloudinit/i,
    summary: "the node refused its cloud-config",
    advice: "Check the file with: azure-coreos-cluster lint FILE. Custom data cannot change: remove the node and make it again.",
  },
  {
    class: "disk-not-blank",
    pattern: /format-data-disk.*is not blank, and nothing on it is known/,
    summary: "the data disk holds something that is no known file system, and was left alone",
    advice:
      "If it may go, log in and clear it: sudo wipefs --all DISK; sudo dd if=/dev/zero of=DISK bs=1M count=1, then restart the machine. Else give the machine another disk.",
  },
  {
    class: "disk-unmountable",
    pattern: /(mount: .*(wrong fs type|unknown filesystem type)|azure-data-disk: (special device|can't read superblock))/i,
    summary: "the data disk has a file system or partitions that are not mounted as ext4",
    advice: "Log in and look at it: lsblk --fs. A disk with ext4 on it, without partitions, is taken as it is.",
  },
  {
    class: "disk-missing",
    pattern:
      /no data disk on LUN 0|Timed out waiting for device .*disk|Dependency failed for .*([Dd]ata disk|docker\.mount)|(mkfs|blkid|format-data-disk).*(No such file|could not open|failed)/i,
    summary: "the data disk is not there, or could not be formatted",
    advice: "Check that the machine has a data disk at LUN 0, and that its image names it /dev/disk/azure/data/by-lun/0.",
  },
  {
    class: "disk-full",
    pattern: /no space left on device/i,
    summary: "a disk of the node is full",
    advice: "Log in and make room (docker system prune), or give the nodes a data disk.",
  },
  {
    class: "clock",
    pattern: /certificate has expired or is not yet valid|clock difference against peer \S+ is too high|high clock drift/i,
    summary: "the node's clock is wrong",
    advice: "Look at chronyc tracking on the node: exactly one NTP client must run, on Azure chrony with /dev/ptp_hyperv.",
  },
  {
    class: "already-bootstrapped",
    pattern: /has already been bootstrapped|discovery: member duplicated/i,
    summary: "etcd lost its data: the cluster knows this member, and its disk is new",
    advice: "Replace it: remove the node and run the command again, so that it joins as a new member.",
  },
  {
    class: "member-removed",
    pattern: /permanently removed from the cluster|removed itself from the cluster/i,
    summary: "the cluster has removed this member",
    advice: "Remove the node and run the command again, so that it joins as a new member.",
  },
  {
    class: "not-added",
    pattern: /member count is unequal|error validating peerURLs|couldn't find local name/i,
    summary: "etcd joins a cluster that does not expect it",
    advice: "Run the command again: it adds the member first. If it stays so, remove the node and make it again.",
  },
  {
    class: "discovery",
    pattern: /discovery: (cluster is full|error|failed|fail)|discovery token \S+ was used/i,
    summary: "etcd could not register with the discovery service",
    advice: "A discovery URL serves one cluster of one size, once. Leave it out: members are then known by their addresses.",
  },
  {
    class: "registry-limit",
    pattern: /toomanyrequests|pull rate limit/i,
    summary: "the image registry serves no more for now",
    advice: "Wait, or use an image that is already on the node. systemd goes on trying.",
  },
  {
    class: "no-internet",
    pattern:
      /dial tcp.*(i\/o timeout|no route to host|network is unreachable)|lookup \S+.*(i\/o timeout|no such host|server misbehaving|connection refused)|Client\.Timeout exceeded|net\/http: TLS handshake timeout|Temporary failure (in name resolution|resolving)|Could not (connect to|resolve) |Cannot initiate the connection|Unable to connect to \S+:/i,
    summary: "the node has no way out to the internet, so neither images nor packages can be fetched",
    advice:
      "Give the subnet a way out: the load balancer's outbound rule, a NAT gateway or --pip; check firewalls and DNS of your network.",
  },
  {
    class: "certificates",
    pattern: /x509: certificate|tls: (bad certificate|failed to verify|unknown certificate)|remote error: tls/i,
    summary: "etcd's certificates do not fit each other",
    advice: "All nodes must have certificates of one authority: use the cluster folder of the first run, or make the node again.",
  },
  {
    class: "etcd-waiting",
    pattern:
      /waiting for \d+ more|is starting a new election|health check for peer .* could not connect|failed to reach the peer ?URL|no leader|lost the TCP streaming connection|publish error: etcdserver: request timed out/i,
    summary: "etcd waits for its peers",
    advice: "It becomes healthy when more than half of the members run: look at the other nodes first.",
  },
  // last: what they tell of may have been mended since
  {
    class: "packages",
    pattern:
      /\bE: (Failed to fetch|Unable to (fetch|locate)|Package '\S+' has no installation candidate)|Failed to install the following packages|Failure when attempting to install packages|dpkg: error processing/,
    summary: "its packages could not be installed",
    advice:
      "Log in and look at: sudo tail -n 50 /var/log/cloud-init-output.log. etcd's packages are tried again as long as the node runs; then run the same command again.",
  },
  {
    class: "first-boot",
    pattern: /Failed to run module|Running module \S+ .*failed|\('[\w-]+', \w*(Error|Exception)\(/,
    summary: "a part of cloud-init's work failed at the first boot",
    advice:
      "Log in and look at: cloud-init status --long; sudo less /var/log/cloud-init-output.log. Its work is not done again: remove the node and make it anew.",
  },
];

/** One line of `systemctl --failed`. */
const FAILED_UNIT = /^\W*(\S+\.(?:service|mount|socket|target|timer|swap|device))\s+(?:loaded|not-found|masked)\s+failed/m;

export function classify(found: Evidence): Diagnosis {
  const reached = fromState(found);
  // that Azure gave a machine up says little: what it wrote before may say why
  if (reached !== undefined && reached.class !== "machine-failed") return reached;
  for (const text of [found.journal, found.serial]) {
    const hit = text === undefined ? undefined : fromLog(text);
    if (hit !== undefined) return hit;
  }
  if (reached !== undefined) return reached;
  const unit = FAILED_UNIT.exec(found.failedUnits ?? "")?.[1];
  if (unit !== undefined) {
    return {
      class: "unit-failed",
      summary: `${unit} failed`,
      advice: `Log in and look at: systemctl status ${unit}; journalctl -b -u ${unit}`,
    };
  }
  return fallback(found);
}

/** What needs no log. */
function fromState({ state, code }: Evidence): Diagnosis | undefined {
  if (state === "wrong-host-key") {
    return {
      class: "wrong-host-key",
      summary: "somebody answers with another host key than the one this node was given",
      advice: "If cloud-config did not reach the node, its serial console log shows its own key; else do not log in.",
    };
  }
  if (code === "MachineFailed") {
    return {
      class: "machine-failed",
      summary: "Azure could not make the machine",
      advice: "Run the command again: it makes it anew.",
    };
  }
  if (code === "MachineStopped") {
    return {
      class: "machine-stopped",
      summary: "the machine is switched off",
      advice: "Start it in the portal, or: az vm start --resource-group GROUP --name MACHINE. Then run the same command again.",
    };
  }
  if (code === "EtcdClientCertificateMissing") {
    return {
      class: "client-certificate",
      summary: "etcd could not be asked: the operator's certificate is not here",
      advice: "Copy etcd-ca.pem, etcd-client.pem and etcd-client.key into the cluster's folder from where it was made.",
    };
  }
  return undefined;
}

function fromLog(text: string): Diagnosis | undefined {
  // a line may be megabytes long, and patterns would take the square of that
  const lines = text.split("\n").map((line) => line.slice(0, 4096));
  for (const { pattern, ...row } of LOG_ROWS) {
    const line = lines.findLast((one) => pattern.test(one));
    if (line !== undefined) return { ...row, evidence: redact(line) };
  }
  return undefined;
}

function fallback({ state, code, serial }: Evidence): Diagnosis {
  if (code === "FirstBoot")
    return {
      class: "booting",
      summary: "SSH answers, and its first boot is still at work",
      advice: "Run the command again: it goes on waiting. What it is at: sudo tail /var/log/cloud-init-output.log",
    };
  if (state === "ssh") {
    return {
      class: "etcd-unknown",
      summary: "SSH answers, etcd is not healthy, and its log does not say why",
      advice: "Log in and look at: systemctl status etcd-member etcd-gateway; journalctl -b -u etcd-member",
    };
  }
  if (code === "SshAuthentication") {
    return {
      class: "key-refused",
      summary: "the node does not accept our SSH key",
      advice: "It must be the key that the cluster was made with. On a first boot the key may come late: run the command again.",
    };
  }
  if (serial === undefined) {
    return {
      class: "no-ssh",
      summary: "SSH does not answer, and there is no serial console log",
      advice: "Look at the machine in Azure.",
    };
  }
  if (serial.trim() === "") {
    return {
      class: "no-boot",
      summary: "the machine has written nothing to its console",
      advice: "It may not have been started yet: wait, or restart it.",
    };
  }
  return / login:/.test(serial)
    ? {
        class: "no-ssh",
        summary: "the machine has booted, but SSH is not reached",
        advice: "Check --ssh-from, the security group and the NAT rule, and that your own network lets this port out.",
      }
    : { class: "booting", summary: "the machine was still booting", advice: "Run the command again: it goes on waiting." };
}
