/**
 * THE TABLE OF LOG LINES: what a node's logs say, and which class, sentence and advice that is. A newcomer adds a row. They stand in
 * the order of cause before symptom, and the first that matches wins.
 */

/** A line of a log, and what it means. */
export interface LogRow {
  readonly class: string;
  readonly pattern: RegExp;
  readonly summary: string;
  readonly advice: string;
}

/** Texts of etcd 3.4, of apt and of cloud-init 25.1 were seen on real programs; those of the kernel, docker and coreos-cloudinit are read from their sources. */
export const LOG_ROWS: readonly LogRow[] = [
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
    advice:
      "Check the file with: azure-coreos-cluster lint FILE --platform PLATFORM. A machine keeps its custom data: with mended templates remove the node and make it again; a file of your own is one for the whole cluster, which is then made anew.",
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
    class: "gateway",
    pattern: /deactivated endpoint/,
    summary: "its gateway reaches no member of etcd that it knows of",
    advice:
      "Look at the members first. If it knows none of today's (systemctl cat etcd-gateway), `azure-coreos-cluster replace NAME NODE` makes it anew.",
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
