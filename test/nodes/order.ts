/** Machines, and the ways that lead to them, as Azure is told of them: read from nothing but the requests that arrive. */
import type { SimAnswer, SimRequest } from "../../src/sim/message.ts";
import type { Simulation } from "../../src/sim/simulation.ts";

/** A machine as Azure was told of it. */
export interface Order {
  readonly name: string;
  readonly index: number;
  readonly userData: string;
  readonly user: string;
  readonly authorizedKey: string;
  readonly privateAddress: string;
  /** Frontend port of the NAT rule that its interface is behind. */
  readonly sshPort: number;
}

/** What somebody listens to, of what Azure accepts. */
export interface Orders {
  machine(order: Order): void;
  /** The machine was asked to be deleted. */
  gone?(name: string): void;
  /** The machine was told to start, restart, power off or deallocate. */
  told?(name: string, what: string): void;
  /** Everything that was put and not deleted, by lower-case id, after each change. */
  changed?(bodies: ReadonlyMap<string, Body>): void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
export type Body = any;

/** The simulation, which answers as it does. A machine is told once, when it is accepted. */
export function onOrder(simulation: Pick<Simulation, "handle">, orders: Orders): (request: SimRequest) => Promise<SimAnswer> {
  const bodies = new Map<string, Body>();
  return async (request) => {
    const answer = await simulation.handle(request);
    const id = new URL(request.url).pathname;
    const [, machine, what] = /\/virtualMachines\/([^/]+)\/(start|restart|poweroff|deallocate)$/i.exec(id) ?? [];
    if (answer.status < 300 && request.method === "POST" && machine !== undefined && what !== undefined)
      orders.told?.(machine, what.toLowerCase());
    if (answer.status >= 300 || !["PUT", "DELETE"].includes(request.method)) return answer;
    const fresh = !bodies.has(id.toLowerCase());
    if (request.method === "PUT") bodies.set(id.toLowerCase(), JSON.parse(request.body ?? "{}"));
    else bodies.delete(id.toLowerCase());
    orders.changed?.(bodies);
    if (!/\/virtualMachines\//i.test(id)) return answer;
    if (request.method === "DELETE") orders.gone?.(lastOf(id));
    else if (fresh) orders.machine(orderOf(id, bodies));
    return answer;
  };
}

export const lastOf = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

function orderOf(id: string, bodies: ReadonlyMap<string, Body>): Order {
  const name = lastOf(id);
  const { osProfile, networkProfile } = bodies.get(id.toLowerCase()).properties;
  const ip = bodies.get(networkProfile.networkInterfaces[0].id.toLowerCase()).properties.ipConfigurations[0].properties;
  const ruleId: string = ip.loadBalancerInboundNatRules[0].id;
  const [balancerId = "", rule] = ruleId.split("/inboundNatRules/");
  const rules: Body[] = bodies.get(balancerId.toLowerCase()).properties.inboundNatRules;
  return {
    name,
    index: Number(name.split("-").at(-1)),
    userData: Buffer.from(osProfile.customData, "base64").toString("utf8"),
    user: osProfile.adminUsername,
    authorizedKey: osProfile.linuxConfiguration.ssh.publicKeys[0].keyData,
    privateAddress: ip.privateIPAddress,
    sshPort: rules.find((one) => one.name === rule).properties.frontendPort,
  };
}
