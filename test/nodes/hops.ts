/**
 * Hosts one behind the other, each in a network namespace of its own: this machine sees the first one only, each sees the next. The last is
 * where nodes are. Root only.
 */
import { execFileSync } from "node:child_process";
import { ownNumber } from "../ports.ts";
import { find } from "../programs.ts";

/** What `ip` is to do, in one shell: this process is slow to start another. */
const ip = (...lines: string[]): void =>
  void execFileSync("sh", ["-ec", lines.map((line) => `ip ${line}`).join("\n")], { stdio: ["ignore", "ignore", "pipe"] });

export interface Chain {
  /** The second part of the addresses. */
  readonly network: number;
  /** Namespaces in their order. */
  readonly names: readonly string[];
  /** Where each is seen from the one before. */
  readonly addresses: readonly string[];
  remove(): void;
}

/** Whether there can be some here; says once on stderr what is missing. */
export function canChain(): boolean {
  const probe = `aocp${process.pid}`;
  try {
    if (find("ip") === undefined) throw new Error("no ip");
    ip(`netns add ${probe}`, `netns del ${probe}`);
    return true;
  } catch {
    console.error("skipped: tests of jump hosts (they need root, ip and the right to make network namespaces)");
    return false;
  }
}

/** In a network of 10.x that no other suite has. */
export async function chain(length: number): Promise<Chain> {
  const network = await ownNumber();
  const names = Array.from({ length }, (_, at) => `aoc${process.pid}h${at}`);
  const addresses = names.map((_, at) => `10.${network}.${at}.2`);
  const lines = names.flatMap((name, at) => {
    const [near, far] = [`v${process.pid % 100_000}n${at}`, `v${process.pid % 100_000}f${at}`];
    const before = at === 0 ? "" : `-n ${names[at - 1]}`;
    return [
      `netns add ${name}`,
      `-n ${name} link set lo up`,
      `${before} link add ${near} type veth peer name ${far} netns ${name}`,
      `${before} addr add 10.${network}.${at}.1/24 dev ${near}`,
      `${before} link set ${near} up`,
      `-n ${name} addr add 10.${network}.${at}.2/24 dev ${far}`,
      `-n ${name} link set ${far} up`,
    ];
  });
  ip(...lines);
  return {
    network,
    names,
    addresses,
    remove() {
      ip(...names.map((name) => `netns del ${name}`));
    },
  };
}
