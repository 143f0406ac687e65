/**
 * Addresses of loopback that answer a connection with silence, as a network does that leads nowhere: a process that listens and never
 * accepts, and whose queue is full, so that the kernel drops what else comes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

const LISTENS = `
const net = require("node:net");
const { hosts, port } = JSON.parse(process.argv[1]);
let listening = 0;
for (const host of hosts)
  net.createServer().listen({ host, port, backlog: 1 }, () => {
    if (++listening < hosts.length) return;
    process.stdout.write("listening");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** Until the test is over. */
export async function silentHosts(hosts: readonly string[], port: number): Promise<void> {
  const child = spawn(process.execPath, ["-e", LISTENS, JSON.stringify({ hosts, port })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error("it cannot listen")))]);
  for (const host of hosts) {
    // two are taken in by a queue of one
    for (const last of [false, false, true]) {
      const socket = connect(port, host).on("error", () => undefined);
      onTestFinished(() => void socket.destroy());
      if (!last) await once(socket, "connect");
    }
  }
}
