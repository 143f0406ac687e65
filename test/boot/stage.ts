/**
 * Where the boot tests play: a folder for disks, a network, the machines that Azure's simulation asks for, and a desk from which commands are
 * run. A machine of a name that there was gets a new OS disk, and its old data disk if that is what Azure was told.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../cli/world.ts";
import type { Order } from "../nodes/order.ts";
import { type BootImage, createMachine, type Machine } from "./machine.ts";
import { createNetwork, type Network } from "./network.ts";

/** Somebody at a desk in the network: runs commands there, and boots and ends the machines that they lead to. */
export interface Desk {
  run(argv: string): Promise<Result>;
  /** A request of somebody else's, below the subscription. */
  azure(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

export interface Stage {
  readonly desk: Desk;
  /** By node; those that are gone stay in their place. */
  readonly machines: Machine[];
  end(): Promise<void>;
}

/** overlayfs cannot write to another overlay, which is what containers have as /tmp. */
export function diskFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "acc-boot-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=3g", "tmpfs", path]);
  return {
    path,
    remove() {
      execFileSync("umount", [path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** @param prefix of names of machines and interfaces, at most 8 letters */
export function setStage(image: BootImage, folder: string, prefix: string): Stage {
  const network = createNetwork(prefix);
  const machines: Machine[] = [];
  const { desk, leave } = sitDown(network, "10.0.15.250/20", {
    async order({ userData, authorizedKey, index, privateAddress }) {
      const before = machines[index];
      if (before !== undefined) {
        await before.powerOff();
        before.recreate({ userData, authorizedKey });
        return before.powerOn();
      }
      const machine = createMachine({
        name: `${prefix}-${index}`,
        image,
        folder,
        network: network.plugIn(`${privateAddress}/20`),
        userData,
        authorizedKey,
        dataDisk: userData.includes("format-data-disk"),
      });
      machines[index] = machine;
      return machine.powerOn();
    },
    gone: (index) => machines[index]?.powerOff() ?? Promise.resolve(),
  });
  return {
    desk,
    machines,
    async end() {
      leave();
      await Promise.all(machines.splice(0).map((machine) => machine.remove()));
      network.remove();
    },
  };
}

// --- internal ---

interface Happening {
  order(order: Order): Promise<void>;
  gone(index: number): Promise<void>;
}

function sitDown(network: Network, address: string, happening: Happening): { desk: Desk; leave: () => void } {
  const child = spawn(
    "ip",
    ["netns", "exec", network.plugIn(address), process.execPath, join(import.meta.dirname, "command.ts")],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  let waiting = Promise.withResolvers<unknown>();
  const failed = (error: unknown): void => waiting.reject(error);
  child.on("error", failed);
  child.on("exit", (code) => failed(new Error(`the desk ended with ${code}`)));
  child.on("message", ({ order, gone, result, answer }: { order?: Order; gone?: string; result?: Result; answer?: unknown }) => {
    if (order !== undefined) happening.order(order).catch(failed);
    if (gone !== undefined) happening.gone(Number(gone.split("-").at(-1))).catch(failed);
    const end = result ?? answer;
    if (end !== undefined) waiting.resolve(end);
  });
  // nobody waits when the desk is left
  waiting.promise.catch(() => undefined);
  const ask = async <T>(message: object): Promise<T> => {
    waiting = Promise.withResolvers();
    child.send(message);
    return (await waiting.promise) as T;
  };
  return {
    desk: { run: (run) => ask({ run }), azure: (...azure) => ask({ azure }) },
    leave: () => {
      waiting.promise.catch(() => undefined);
      child.kill();
    },
  };
}
