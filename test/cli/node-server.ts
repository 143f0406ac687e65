/** An SSH server that stands for a node: its commands are run by this machine's sh, and who may log in is compared by key. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { expect } from "vitest";
import type { TestAzure } from "./world.ts";

/** One node's SSH; commands see its index as $NODE. */
export async function serveNode(port: number, index: number, hostKey: string, authorized: string): Promise<ssh2.Server> {
  const [, key = ""] = authorized.split(" ");
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      const allowed =
        context.method === "publickey" && context.username === "core" && context.key.data.equals(Buffer.from(key, "base64"));
      if (allowed) context.accept();
      else context.reject(["publickey"]);
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const child = spawn("sh", ["-c", command], { env: { ...process.env, NODE: String(index) } });
        child.stdout.on("data", (chunk: Buffer) => channel.write(chunk));
        child.stderr.on("data", (chunk: Buffer) => channel.stderr.write(chunk));
        channel.on("close", () => child.kill());
        child.on("close", (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  expect((server.address() as AddressInfo).port).toBe(port);
  return server;
}

/** The host key that a machine was given in its user-data. */
export function hostKeyOf(azure: TestAzure, machine: string): string {
  const { customData } = azure.puts().get(`virtualMachines/${machine}`).properties.osProfile;
  const userData = Buffer.from(customData, "base64").toString();
  const [key = ""] = /-----BEGIN OPENSSH PRIVATE KEY-----[\s\S]*?-----END OPENSSH PRIVATE KEY-----/.exec(userData) ?? [];
  return `${key.replaceAll(/^ +/gm, "")}\n`;
}
