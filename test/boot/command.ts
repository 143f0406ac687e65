/**
 * The whole command in a network namespace of its own, as a process that boot.boot.ts starts there: Azure is the simulation, its
 * load balancer is a TCP forwarder from 127.0.0.1 to the machines' port 22, and each machine that Azure accepts is told to the
 * parent, which boots it. Arguments: the command line. Messages: { order } and at the end { result }.
 */
import { connect, createServer } from "node:net";
import { realClock } from "../../src/cli/world.ts";
import { testAzure } from "../cli/world.ts";
import { onOrder } from "../nodes/order.ts";

const azure = testAzure({ rehearsal: false, clock: realClock, publicAddress: "127.0.0.1", latencyMs: [1, 4], pace: 0.02 });
const handle = onOrder(azure.simulation, {
  machine: (order) => {
    createServer((socket) => {
      const onward = connect({ host: order.privateAddress, port: 22 });
      for (const one of [socket, onward]) one.on("error", () => (socket.destroy(), onward.destroy()));
      socket.pipe(onward).pipe(socket);
    }).listen(order.sshPort, "127.0.0.1");
    process.send?.({ order });
  },
});
const result = await azure.run(process.argv.slice(2).join(" "), { azure: handle });
azure.close();
process.send?.({ result }, () => process.exit());
