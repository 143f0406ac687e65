/**
 * Hosts one behind the other, each in a network namespace of its own: this machine sees the first one only, each sees the next. The last is
 * where nodes are. Root only.
 */
import { execFileSync } from "node:child_process";
import { ownNumber } from "../ports.ts";
import { find } from "../programs.ts";

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

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
    ip("netns", "add", probe);
    ip("netns", "del", probe);
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
  const inside = (at: number, ...args: string[]): void => (at < 0 ? ip(...args) : ip("-n", names[at] ?? "", ...args));
  for (const [at, name] of names.entries()) {
    const [near, far] = [`v${process.pid % 100_000}n${at}`, `v${process.pid % 100_000}f${at}`];
    ip("netns", "add", name);
    inside(at, "link", "set", "lo", "up");
    inside(at - 1, "link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
    inside(at - 1, "addr", "add", `10.${network}.${at}.1/24`, "dev", near);
    inside(at - 1, "link", "set", near, "up");
    inside(at, "addr", "add", `10.${network}.${at}.2/24`, "dev", far);
    inside(at, "link", "set", far, "up");
  }
  return {
    network,
    names,
    addresses,
    remove() {
      for (const name of names) ip("netns", "del", name);
    },
  };
}
