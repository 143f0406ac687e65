/**
 * The load balancer that the simulated Azure lacks: TCP from the public address to the nodes, by the rules, probes and security group
 * of the requests that arrived. A NAT rule leads to the node whose interface names it; a balancing rule to a node of its pool whose
 * probe is well; where there is none, nobody answers. A port of a node lies 10,000 higher here, for the nodes share one machine.
 */
import { request } from "node:http";
import { type Server, type Socket, connect, createServer } from "node:net";
import { type Body, lastOf } from "./order.ts";

export interface Balancer {
  /** Everything that is there now. */
  update(bodies: ReadonlyMap<string, Body>): void;
  /** Looks who is well, now: as it does again and again. */
  look(): void;
  close(): Promise<void>;
}

/** Where a node's port is, on this machine. */
export const portOnNode = (port: number): number => port + 10_000;

const PROBE_MS = 200;

interface Way {
  readonly backendPort: number;
  readonly addresses: readonly string[];
  readonly probe?: { readonly protocol: string; readonly port: number; readonly requestPath?: string };
}

export function createBalancer(publicAddress: string): Balancer {
  const open = new Map<number, { server: Server; sockets: Set<Socket>; way: Way; healthy: readonly string[] }>();
  let ways = new Map<number, Way>();
  let probing: Promise<unknown> | undefined;
  let turn = 0;
  /** Asked to look while it was looking. */
  let missed = false;
  let closed = false;
  const look = (): void => {
    if (closed) return;
    missed = probing !== undefined;
    if (missed) return;
    probing = lookAtAll().finally(() => {
      probing = undefined;
      if (missed) look();
    });
    probing.catch(() => undefined);
  };
  const timer = setInterval(look, PROBE_MS);

  async function lookAtAll(): Promise<void> {
    for (const [port, way] of ways) {
      // a NAT rule asks nobody; here it opens with its node, so that one that never boots is not answered for
      if (way.probe === undefined && open.get(port)?.healthy.join() === way.addresses.join()) continue;
      const found = await Promise.all(way.addresses.map(async (address) => ((await isWell(address, way)) ? [address] : [])));
      const healthy = found.flat();
      const known = open.get(port);
      if (healthy.length === 0) await shut(port);
      else if (known === undefined) await listen(port, way, healthy);
      else Object.assign(known, { way, healthy });
    }
    for (const port of open.keys()) if (!ways.has(port)) await shut(port);
  }

  async function listen(port: number, way: Way, healthy: readonly string[]): Promise<void> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const now = open.get(port);
      const address = now?.healthy[turn++ % now.healthy.length];
      if (now === undefined || address === undefined) {
        socket.destroy();
        return;
      }
      const onward = connect({ host: address, port: portOnNode(now.way.backendPort) });
      for (const one of [socket, onward]) {
        sockets.add(one);
        one.on("error", () => (socket.destroy(), onward.destroy()));
        one.on("close", () => sockets.delete(one));
      }
      socket.pipe(onward).pipe(socket);
    });
    open.set(port, { server, sockets, way, healthy });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, publicAddress, resolve));
  }

  async function shut(port: number): Promise<void> {
    const known = open.get(port);
    open.delete(port);
    for (const socket of known?.sockets ?? []) socket.destroy();
    await new Promise<void>((resolve) => (known === undefined ? resolve() : known.server.close(() => resolve())));
  }

  return {
    update(bodies) {
      ways = waysOf(bodies);
    },
    look,
    async close() {
      closed = true;
      clearInterval(timer);
      await probing?.catch(() => undefined);
      await Promise.all([...open.keys()].map(shut));
    },
  };
}

/** By frontend port. */
function waysOf(bodies: ReadonlyMap<string, Body>): Map<number, Way> {
  const all = [...bodies];
  const of = (kind: string): [string, Body][] => all.filter(([id]) => id.split("/").at(-2) === kind.toLowerCase());
  const opened = of("networkSecurityGroups").flatMap(([, group]) => group.properties.securityRules.flatMap(portsOf));
  const interfaces: Body[] = of("networkInterfaces").map(([, one]) => one.properties.ipConfigurations[0].properties);
  const behind = (list: string, name: string): string[] =>
    interfaces.flatMap((ip) => ((ip[list] ?? []).some((one: Body) => lastOf(one.id) === name) ? [ip.privateIPAddress] : []));
  return new Map(
    of("loadBalancers")
      .flatMap(([, { properties }]): [number, Way][] => [
        ...(properties.inboundNatRules ?? []).map(({ name, properties: rule }: Body): [number, Way] => [
          rule.frontendPort,
          { backendPort: rule.backendPort, addresses: behind("loadBalancerInboundNatRules", name) },
        ]),
        ...(properties.loadBalancingRules ?? []).map(({ properties: rule }: Body): [number, Way] => [
          rule.frontendPort,
          {
            backendPort: rule.backendPort,
            addresses: behind(
              "loadBalancerBackendAddressPools",
              lastOf((rule.backendAddressPool ?? rule.backendAddressPools[0]).id),
            ),
            probe: properties.probes.find((probe: Body) => probe.name === lastOf(rule.probe.id)).properties,
          },
        ]),
      ])
      .filter(([, way]) => opened.includes(way.backendPort)),
  );
}

/** What a rule lets in: a security group sees the port of the node, not the one that the client asked for. */
const portsOf = ({ properties: rule }: Body): number[] =>
  rule.direction === "Inbound" && rule.access === "Allow"
    ? [rule.destinationPortRange, ...(rule.destinationPortRanges ?? [])].filter(Boolean).map(Number)
    : [];

/** The probe's word; without a probe, whether anybody listens. */
function isWell(host: string, { probe, backendPort }: Way): Promise<boolean> {
  const port = portOnNode(probe?.port ?? backendPort);
  return new Promise((resolve) => {
    if (probe?.protocol.toLowerCase() === "http") {
      const asked = request({ host, port, path: probe.requestPath, agent: false, timeout: 1000 });
      asked.on("response", (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(false)).end();
      return;
    }
    const socket = connect({ host, port, timeout: 1000 });
    for (const event of ["error", "timeout"]) socket.once(event, () => (socket.destroy(), resolve(false)));
    socket.once("connect", () => (socket.destroy(), resolve(true)));
  });
}
