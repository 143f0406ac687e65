/**
 * Ports and networks of loopback that are free: two suites on one machine do not meet, and no outgoing connection takes one meanwhile.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

export const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0;

/** So many neighbours, in order. Free a moment ago: whoever takes one later may still come too late. */
export async function freePorts(count: number): Promise<number[]> {
  for (;;) {
    const first = await taken(BELOW - Math.floor(Math.random() * 15_000));
    const rest = Array.from({ length: count - 1 }, (_, index) => (first?.port ?? 0) + 1 + index);
    const others = await Promise.all(rest.map(taken));
    for (const one of [first, ...others]) await one?.free();
    if (first !== undefined && others.every((one) => one !== undefined)) return [first.port, ...rest];
  }
}

/**
 * The first three numbers of a network of loopback (127.A.B), for this process alone: for real programs that have fixed ports, as etcd.
 * Claimed by listening at its last address, as long as the process lives: whoever comes second is refused, and takes another.
 */
export async function ownNetwork(): Promise<string> {
  for (;;) {
    const network = `127.${64 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 255)}`;
    if (await isClaimed(network)) return network;
  }
}

/** From 64 to 254, for this process alone, in the same way. */
export async function ownNumber(): Promise<number> {
  for (;;) {
    const number = 64 + Math.floor(Math.random() * 191);
    if (await isClaimed(`127.${number}.255`)) return number;
  }
}

/** False where another suite, or another test of this one, has it. */
async function isClaimed(network: string): Promise<boolean> {
  const claim = createServer();
  try {
    claim.listen(CLAIMED_AT, `${network}.255`).unref();
    await once(claim, "listening");
    return true;
  } catch {
    return false;
  }
}

const CLAIMED_AT = 9;

/** Where the ports end that the system gives to outgoing connections: one of those would be taken again at any moment. */
const BELOW = 32_000;

async function taken(port: number): Promise<{ port: number; free(): Promise<unknown> } | undefined> {
  if (port > 65_535) return undefined;
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return undefined;
  }
  const free = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
  return { port: (server.address() as AddressInfo).port, free };
}
