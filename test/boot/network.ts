/** A virtual network: a bridge in a network namespace of its own, and a namespace for each machine and for whoever looks at them. */
import { execFileSync } from "node:child_process";

export interface Network {
  /** A namespace with `address` (10.0.0.4/20) on the bridge. Returns its name. */
  plugIn(address: string): string;
  remove(): void;
}

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

/** @param prefix of all names, at most 8 letters: interfaces have names of 15 at most */
export function createNetwork(prefix: string): Network {
  const bridge = `${prefix}sw`;
  const names: string[] = [];
  const add = (name: string): string => {
    ip("netns", "add", name);
    names.push(name);
    ip("-n", name, "link", "set", "lo", "up");
    return name;
  };
  add(bridge);
  ip("-n", bridge, "link", "add", "br0", "type", "bridge");
  ip("-n", bridge, "link", "set", "br0", "up");
  return {
    plugIn(address) {
      const index = names.length;
      const name = add(`${prefix}n${index}`);
      const port = `${prefix}v${index}`;
      ip("-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name);
      ip("-n", bridge, "link", "set", port, "master", "br0", "up");
      ip("-n", name, "addr", "add", address, "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
      return name;
    },
    remove() {
      for (const name of names.splice(0)) ip("netns", "del", name);
    },
  };
}
