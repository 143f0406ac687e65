/**
 * The whole command in a network namespace of its own, as a process that boot.boot.ts starts there: Azure is the simulation, its
 * load balancer is a TCP forwarder from 127.0.0.1 to the machines' port 22, and each machine that Azure accepts, or lets go of, is
 * told to the parent, which boots it or ends it. From the parent: { run: "a command line" }, { azure: [method, path, body] }; to
 * it: { order }, { gone }, and { result } or { answer } at the end of each.
 */
import { connect, createServer } from "node:net";
import { realClock } from "../../src/operations/real-clock.ts";
import { byHand } from "../cli/azure-hand.ts";
import { testAzure } from "../cli/world.ts";
import { onOrder } from "../nodes/order.ts";

const azure = testAzure({ rehearsal: false, clock: realClock, publicAddress: "127.0.0.1", latencyMs: [1, 4], pace: 0.02 });
const forwarded = new Set<number>();
const handle = onOrder(azure.simulation, {
  machine: (order) => {
    process.send?.({ order });
    if (forwarded.has(order.sshPort)) return;
    forwarded.add(order.sshPort);
    createServer((socket) => {
      const onward = connect({ host: order.privateAddress, port: 22 });
      for (const one of [socket, onward]) one.on("error", () => (socket.destroy(), onward.destroy()));
      socket.pipe(onward).pipe(socket);
    }).listen(order.sshPort, "127.0.0.1");
  },
  gone: (name) => process.send?.({ gone: name }),
});
process.on("message", ({ run, azure: asked }: { run?: string; azure?: [string, string, unknown] }) => {
  if (run !== undefined) void azure.run(run, { azure: handle }).then((result) => process.send?.({ result }));
  if (asked !== undefined)
    void byHand({ ...azure, simulation: { ...azure.simulation, handle } }, ...asked).then((answer) => process.send?.({ answer }));
});
process.on("disconnect", () => {
  azure.close();
  process.exit();
});
