/** What a node says of itself to whoever wants to make a platform of it: one command as root, answered in lines KEY=VALUE. */
import { ClusterError } from "../../core/errors.ts";
import { asRoot, firstLine } from "../../nodes/as-root.ts";
import { JOBS } from "../../nodes/job.ts";
import type { Connection } from "../../nodes/connection.ts";
import { type PlatformChoices, readChoices } from "./choices.ts";
import { STEPS, UNINSTALL } from "./steps.ts";

export interface NodeLook {
  /** ID and VERSION_ID of os-release: "ubuntu 24.04". */
  readonly system: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly available: number;
  /** Pages of 2 MiB that the kernel has put aside already. */
  readonly hugepages: number;
  /** Its ranges, as 10.0.0.4/20. */
  readonly ranges: readonly string[];
  /** Whether the host that was asked about takes a connection from there. */
  readonly wayOut: boolean;
  /** Its platform was uninstalled, and what was kept of it here is not all gone. */
  readonly uninstalled: boolean;
  /** Names of steps that are done. */
  readonly done: ReadonlySet<string>;
  /** Another etcd than k3s' own listens on its port. */
  readonly otherEtcd: boolean;
  readonly choices: PlatformChoices | undefined;
}

/** @param host that the node must reach, "www.drycc.cc 443"; undefined when none is known */
export async function lookAtNode(connection: Connection, host: string | undefined, signal: AbortSignal): Promise<NodeLook> {
  const [name = "", port = ""] = host?.split(" ") ?? [];
  const { code, stdout, stderr } = await asRoot(connection, SCRIPT, [JOBS, name, port], { signal, timeoutMs: 40_000 });
  if (code !== 0)
    throw new ClusterError("NodeUnreadable", `${connection.target.name} does not say how it is: ${firstLine(stderr)}`, {
      source: "node",
      advice: `Does ${connection.target.user} have sudo without a password there?`,
    });
  const lines = stdout.split("\n").map((line) => /^([A-Z]+)=(.*)$/.exec(line)?.slice(1) ?? []);
  const all = (key: string): string[] => lines.flatMap(([one, value]) => (one === key && value !== undefined ? [value] : []));
  const one = (key: string): string => all(key)[0] ?? "";
  return {
    system: one("SYSTEM"),
    cpus: Number(one("CPUS")),
    memory: Math.floor(Number(one("MEMORY")) / 1024),
    available: Math.floor(Number(one("AVAILABLE")) / 1024),
    hugepages: Number(one("HUGEPAGES")),
    ranges: all("RANGE").filter((range) => /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(range)),
    wayOut: host === undefined || one("WAYOUT") === "yes",
    uninstalled: all("DONE").includes(UNINSTALL.name),
    done: new Set(all("DONE").filter((name) => name !== UNINSTALL.name)),
    otherEtcd: one("ETCD") === "yes",
    choices: readChoices(Buffer.from(one("CHOICES"), "base64").toString("utf8")),
  };
}

// --- internal ---

/** A connection is enough: curl may not be there yet. */
const SCRIPT = `
( . /etc/os-release; echo "SYSTEM=$ID $VERSION_ID" )
echo "CPUS=$(nproc)"
awk '/^MemTotal:/ { print "MEMORY=" $2 } /^MemAvailable:/ { print "AVAILABLE=" $2 }' /proc/meminfo
echo "HUGEPAGES=$(cat /proc/sys/vm/nr_hugepages 2>/dev/null || echo 0)"
ip -o -4 addr show scope global 2>/dev/null | awk '$2 !~ /^(cilium|cni|flannel|lxc)/ { print "RANGE=" $4 }' || true
if [ -n "$2" ] && timeout 10 bash -c '</dev/tcp/$0/$1' "$2" "$3" 2>/dev/null; then echo WAYOUT=yes; fi
if [ -e /etc/systemd/system/etcd-member.service ]; then echo ETCD=yes; fi
if [ -s "$1/choices.json" ]; then echo "CHOICES=$(base64 -w 0 "$1/choices.json")"; fi
${[...STEPS, UNINSTALL].map(({ name, proof }) => `if [ -e "$1/done/${name}" ] && { ${proof}; } >/dev/null 2>&1; then echo DONE=${name}; fi`).join("\n")}`;
