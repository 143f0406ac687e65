/** A port of this machine that leads to one of a node's own, through an SSH connection: for as long as it is open. */
import { createServer, type AddressInfo } from "node:net";
import type { Connection } from "./connection.ts";

export interface Tunnel {
  /** On 127.0.0.1; the system's choice. */
  readonly port: number;
  /** Closes the connection as well. */
  close(): void;
}

/** @param port of the node's 127.0.0.1 */
export async function openTunnel(connection: Connection, port: number): Promise<Tunnel> {
  const server = createServer((near) => {
    near.on("error", () => near.destroy());
    connection.forward("127.0.0.1", port).then(
      (far) => {
        far.on("error", () => near.destroy());
        far.on("close", () => near.destroy());
        near.on("close", () => far.destroy());
        near.pipe(far).pipe(near);
      },
      () => near.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      connection.close();
    },
  };
}
