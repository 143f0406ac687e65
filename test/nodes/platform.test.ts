/**
 * platform install and what follows, over real nodes (machine-room.ts): sshd and sudo, with programs of the tests' own for systemd, apt, k3s and
 * Drycc's installer (platform-nodes.ts). That systemd's own transient units do the same is shown by boot/boot.boot.ts.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { PlatformDocument, PlatformStatusDocument } from "../../src/core/documents.ts";
import { closeRooms, hasRealNodes, machineRoom, type Room } from "./machine-room.ts";
import { type Book, equip, newBook, serveInstaller } from "./platform-nodes.ts";

const nameOf = (index: number): string => `mycluster-coreos-${index}`;
const PARTS = [
  "install_helm",
  "install_components",
  "install_longhorn",
  "install_mountpoint",
  "install_drycc",
  "install_helmbroker",
];

interface Place {
  readonly room: Room;
  readonly book: Book;
  readonly installer: string;
  install(flags?: string): ReturnType<Room["run"]>;
}

const closing: (() => void)[] = [];

async function place(flags = ""): Promise<Place> {
  const room = await machineRoom({ behaviour: () => ({ etcd: false }) });
  const { exit, stderr } = await room.create(`--platform ubuntu --deis ${flags}`);
  expect({ exit, failures: room.power.failures }, stderr).toEqual({ exit: 0, failures: [] });
  const book = newBook(join(room.azure.dir, "book"));
  for (const machine of room.power.machines.values()) equip(machine, book);
  const { url, close } = await serveInstaller(book);
  closing.push(close);
  return {
    room,
    book,
    installer: url,
    install: (more = "") => room.run(`platform install mycluster --installer ${url} --events events.jsonl ${more}`),
  };
}

describe.skipIf(!hasRealNodes).concurrent("platform, on real nodes", () => {
  afterAll(async () => {
    for (const close of closing) close();
    await closeRooms();
  });

  test("from nothing to a platform: order, environment, secrecy; then its status", async () => {
    const { room, book, install } = await place("--num-nodes 4");
    const { exit, stdout, stderr } = await install("--json");
    expect(exit, stderr).toBe(0);
    const document = JSON.parse(stdout) as PlatformDocument;
    expect(document.servers).toEqual([0, 1, 2].map(nameOf));
    expect(book.calls()).toEqual([
      ...[0, 1, 2].map((index) => `${nameOf(index)} install_k3s_server`),
      `${nameOf(3)} install_k3s_agent`,
      ...PARTS.map((part) => `${nameOf(0)} ${part}`),
    ]);
    console.log(
      stderr,
      statSync(document.passwordFile ?? "").mode.toString(8),
      readFileSync(document.passwordFile ?? "", "utf8"),
    );
    const status = await room.run("platform status mycluster --json");
    console.log(status.stderr, status.stdout);
    expect((JSON.parse(status.stdout) as PlatformStatusDocument).left).toEqual([]);
  });
});
