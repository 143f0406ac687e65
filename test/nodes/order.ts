/** Machines as Azure is told of them, read from nothing but the requests that arrive. */
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

/** The simulation, which answers as it does; each machine that it accepts for the first time is told to `machine`. */
export function onOrder(
  simulation: Pick<Simulation, "handle">,
  machine: (order: Order) => void,
): (request: SimRequest) => Promise<SimAnswer> {
  const bodies = new Map<string, Body>();
  return async (request) => {
    const answer = await simulation.handle(request);
    const id = new URL(request.url).pathname;
    if (request.method !== "PUT" || answer.status >= 300) return answer;
    const fresh = !bodies.has(id);
    bodies.set(id, JSON.parse(request.body ?? "{}"));
    if (fresh && id.includes("/virtualMachines/")) machine(orderOf(id, bodies));
    return answer;
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
type Body = any;

function orderOf(id: string, bodies: ReadonlyMap<string, Body>): Order {
  const name = id.split("/").at(-1) ?? "";
  const { osProfile, networkProfile } = bodies.get(id).properties;
  const ip = bodies.get(networkProfile.networkInterfaces[0].id).properties.ipConfigurations[0].properties;
  const ruleId: string = ip.loadBalancerInboundNatRules[0].id;
  const [balancerId = "", rule] = ruleId.split("/inboundNatRules/");
  const rules: Body[] = bodies.get(balancerId).properties.inboundNatRules;
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
