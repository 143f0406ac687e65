/**
 * platform install and what follows, over real nodes (machine-room.ts): sshd and sudo, with programs of the tests' own for systemd, apt, k3s and
 * Drycc's installer (platform-nodes.ts). That systemd's own transient units do the same is shown by boot/boot.boot.ts.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { KubeconfigDocument, PlatformDocument, PlatformStatusDocument } from "../../../src/core/documents.ts";
import { long } from "../../long.ts";
import { hasRealNodes, machineRoom, type Room } from "../machine-room.ts";
import { type Book, equip, newBook, serveInstaller } from "../platform-nodes.ts";
import type { PoweredMachine } from "../power.ts";

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
  install(flags?: string, options?: Parameters<Room["run"]>[1]): ReturnType<Room["run"]>;
  /** A file of the node's own, as root sees it there. */
  file(index: number, path: string): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A cluster whose machines, those that come later too, have what a platform takes. */
async function place(flags = ""): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "book-"));
  const book = newBook(folder);
  const room = await machineRoom({ behaviour: () => ({ etcd: false, equip: (machine) => equip(machine, book) }) });
  const { exit, stderr } = await room.create(`--platform ubuntu --deis ${flags}`);
  expect({ exit, failures: room.power.failures }, stderr).toEqual({ exit: 0, failures: [] });
  const { url, close } = await serveInstaller(book);
  const machine = (index: number): PoweredMachine => room.power.machines.get(nameOf(index)) as PoweredMachine;
  return {
    room,
    book,
    installer: url,
    install: (more = "", options = {}) =>
      room.run(`platform install mycluster --installer ${url} --events events.jsonl ${more}`, options),
    file: (index, path) => join(machine(index).root, path),
    async [Symbol.asyncDispose]() {
      close();
      await room[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** False where this machine's own port is somebody's. */
const listens = (server: Server): Promise<boolean> =>
  new Promise((resolve) => server.once("error", () => resolve(false)).listen(6443, "127.0.0.1", () => resolve(true)));

describe.skipIf(!hasRealNodes).concurrent("platform, on real nodes", () => {
  test.runIf(long)(
    "from nothing to a platform and back: order, environment, secrecy, status, growth, removal, kubeconfig, upgrade",
    async () => {
      await using here = await place("--num-nodes 4");
      const { room, book, install, installer, file } = here;
      const refused = await install(`--installer-sha256 ${"0".repeat(64)}`);
      expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining("is not the script that was demanded")]);
      expect(existsSync(file(0, "own/var/lib/azure-coreos-cluster/platform"))).toBe(false);

      const resolve = (): Promise<string[]> => Promise.resolve([room.publicAddress]);
      const { exit, stdout, stderr } = await install("--json --domain Apps.Example.com", { resolve });
      expect(exit, stderr).toBe(0);
      const document = JSON.parse(stdout) as PlatformDocument;
      expect(document).toMatchObject({ domain: "apps.example.com", servers: [0, 1, 2].map(nameOf), adminUsername: "admin" });
      expect(document.steps.every(({ seconds }) => seconds !== undefined)).toBe(true);
      expect(book.calls()).toEqual([
        ...[0, 1, 2].map((index) => `${nameOf(index)} install_k3s_server`),
        `${nameOf(3)} install_k3s_agent`,
        ...PARTS.map((part) => `${nameOf(0)} ${part}`),
      ]);

      const token = readFileSync(join(book.folder, "token"), "utf8").trim();
      const password = readFileSync(document.passwordFile ?? "", "utf8").trim();
      expect(statSync(document.passwordFile ?? "").mode & 0o777).toBe(0o600);
      const first = book.environment(nameOf(0), "install_k3s_server");
      const host = "mycluster.westus.cloudapp.azure.com";
      expect(first).toMatchObject({
        INSTALL_K3S_EXEC: `--cluster-init --tls-san ${room.publicAddress} --tls-san ${host}`,
        K3S_NODE_NAME: nameOf(0),
        CLUSTER_CIDR: "10.42.0.0/16",
        HOME: "/root",
      });
      expect([first["K3S_TOKEN"], first["K3S_URL"], first["DRYCC_ADMIN_PASSWORD"]]).toEqual([undefined, undefined, undefined]);
      const url = `https://${room.power.machines.get(nameOf(0))?.order.privateAddress}:6443`;
      for (const [index, step] of [
        [1, "install_k3s_server"],
        [3, "install_k3s_agent"],
      ] as const)
        expect(book.environment(nameOf(index), step)).toMatchObject({ K3S_URL: url, K3S_TOKEN: token });
      expect(book.environment(nameOf(0), "install_drycc")).toMatchObject({
        PLATFORM_DOMAIN: "apps.example.com",
        DRYCC_ADMIN_USERNAME: "admin",
        DRYCC_ADMIN_PASSWORD: password,
        CHANNEL: "stable",
        CERT_MANAGER_ENABLED: "true",
      });

      // the installer prints both; what is kept of it is root's, and of no other file on a node either
      const shown = [stdout, stderr, readFileSync(join(room.azure.dir, "events.jsonl"), "utf8"), book.arguments()];
      for (const text of shown) for (const secret of [token, password]) expect(text).not.toContain(secret);
      expect(book.arguments()).toContain("install_drycc");
      for (const one of ["environment", "password"])
        expect(existsSync(file(0, `own/var/lib/azure-coreos-cluster/platform/${one}`))).toBe(false);
      expect(statSync(file(0, "own/var/lib/azure-coreos-cluster/platform")).mode & 0o077).toBe(0);

      const again = await install();
      expect([again.exit, again.stderr]).toEqual([0, expect.stringContaining("is a platform already")]);
      const other = await install("--domain other.example.com", { resolve });
      expect([other.exit, other.stderr]).toEqual([7, expect.stringContaining("it was begun with domain apps.example.com")]);
      expect(book.calls()).toHaveLength(10);

      const status = await room.run("platform status mycluster --json", { resolve });
      expect(status.exit, status.stderr).toBe(3);
      const found = JSON.parse(status.stdout) as PlatformStatusDocument;
      // nobody listens behind the balancer here
      expect(found).toMatchObject({ left: [], notReady: [], record: { leadsHere: true }, healthy: false });
      expect(found.nodes.map(({ role, ready }) => [role, ready])).toEqual([
        ...[0, 1, 2].map(() => ["server", true]),
        ["agent", true],
      ]);

      const grown = await room.create("--platform ubuntu --deis --num-nodes 5");
      expect(grown.exit, grown.stderr).toBe(0);
      expect(book.environment(nameOf(4), "install_k3s_agent")).toMatchObject({ K3S_URL: url, K3S_TOKEN: token });
      expect(`${grown.stderr}${grown.stdout}`).not.toContain(token);

      const kept = await room.run("remove mycluster 0 --yes");
      expect([kept.exit, kept.stderr]).toEqual([5, expect.stringContaining("is the platform's first server")]);
      const removed = await room.run("remove mycluster 2 4 --yes");
      expect(removed.exit, removed.stderr).toBe(0);
      expect(book.kubectl().filter((line) => /^(drain|delete)/.test(line))).toEqual(
        [2, 4].flatMap((index) => [
          `drain ${nameOf(index)} --ignore-daemonsets --delete-emptydir-data --force --timeout=120s`,
          `delete node ${nameOf(index)} --ignore-not-found`,
        ]),
      );
      expect(book.nodes()).toEqual([0, 1, 3].map(nameOf));

      const config = await room.run("kubeconfig mycluster --json");
      expect(config.exit, config.stderr).toBe(0);
      const { file: path, tunnel } = JSON.parse(config.stdout) as KubeconfigDocument;
      expect(tunnel).toBe("azure-coreos-cluster ssh mycluster 0 -L 6443:127.0.0.1:6443 -N");
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, "utf8")).toMatch(/server: https:\/\/127\.0\.0\.1:6443[\s\S]*client-key-data: c2VjcmV0a2V5/);
      expect(`${config.stdout}${config.stderr}`).not.toContain("c2VjcmV0a2V5");

      // what a command is given leads to the API on the first server, for as long as it lasts
      const api = createServer((socket) => socket.on("error", () => undefined).end("hello"));
      if (await listens(api)) {
        const script = `const [, port] = /127.0.0.1:(\\d+)/.exec(require("fs").readFileSync(process.env.KUBECONFIG, "utf8"));
        require("net").connect(Number(port), "127.0.0.1").on("data", (text) => process.exit(String(text) === "hello" ? 7 : 1));`;
        const { exit: code, stderr: said } = await room.run(["kubeconfig", "mycluster", "--", process.execPath, "-e", script]);
        expect(code, said).toBe(7);
        await new Promise((resolve) => api.close(resolve));
        expect(readdirSync(join(room.azure.dir, "mycluster")).filter((name) => name.startsWith("kubeconfig"))).toEqual([
          "kubeconfig",
        ]);
      }

      const upgraded = await room.run(`platform upgrade mycluster --installer ${installer}`);
      expect(upgraded.exit, upgraded.stderr).toBe(0);
      expect(book.environment(nameOf(0), "upgrade")).toMatchObject({ DRYCC_ADMIN_PASSWORD: password });

      expect((await room.run("platform uninstall mycluster")).exit).toBe(2);
      const gone = await room.run("platform uninstall mycluster --yes");
      expect(gone.exit, gone.stderr).toBe(0);
      expect(book.calls().slice(-3)).toEqual([3, 1, 0].map((index) => `${nameOf(index)} uninstall`));
      expect(book.nodes()).toEqual([]);
      expect(existsSync(file(0, "own/var/lib/azure-coreos-cluster/platform"))).toBe(false);
      expect((await room.run("platform status mycluster")).stderr).toContain("mycluster is no platform");
    },
  );

  test.runIf(long)(
    "it goes on at the step that failed, was killed, or goes on by itself; two at once do each step once",
    async () => {
      await using here = await place("--num-nodes 2");
      const { room, book, install, file } = here;
      const failing = [
        [0, "install_k3s_server"],
        [1, "install_k3s_agent"],
        [0, "install_components"],
        [0, "install_drycc"],
      ] as const;
      for (const [index, step] of failing) {
        writeFileSync(file(index, "etc/fail"), step);
        const { exit, stderr, stdout } = await install("--servers 1 --json");
        expect([exit, stderr], stdout).toEqual([3, expect.stringContaining("failed (7): ")]);
        const { error } = JSON.parse(stdout) as { error: { code: string; advice: string } };
        expect(error.code).toBe("StepFailed");
        expect(error.advice).toContain(`azure-coreos-cluster ssh mycluster ${index} -- sudo cat`);
        expect(`${stderr}${stdout}`).not.toContain(
          readFileSync(join(room.azure.dir, "mycluster/drycc-admin-password"), "utf8").trim(),
        );
        rmSync(file(index, "etc/fail"));
      }
      const before = book.calls();

      // one that is killed on the node ends without a word
      writeFileSync(file(0, "etc/hang"), "install_drycc");
      const killed = install();
      await vi.waitFor(() => expect(book.calls()).toHaveLength(before.length + 1), { timeout: 60_000 });
      const pid = Number(readFileSync(file(0, "etc/unit-azure-coreos-cluster-platform"), "utf8"));
      process.kill(-pid, "SIGKILL");
      const lost = await killed;
      expect([lost.exit, lost.stderr]).toEqual([3, expect.stringContaining("(StepLost)")]);

      // one that is left alone goes on; whoever comes follows it, and a third does the same
      let interrupt = (): void => undefined;
      const left = install("", { onInterrupt: (now) => (interrupt = now) });
      await vi.waitFor(() => expect(book.calls()).toHaveLength(before.length + 2), { timeout: 60_000 });
      interrupt();
      interrupt();
      expect((await left).exit).toBe(130);
      const both = [install(), install()];
      await sleep(300);
      rmSync(file(0, "etc/hang"));
      const ended = await Promise.all(both);
      expect(
        ended.map(({ exit }) => exit),
        ended.map(({ stderr }) => stderr).join("\n"),
      ).toEqual([0, 0]);
      expect(book.calls().slice(before.length)).toEqual(
        ["install_drycc", "install_drycc", "install_helmbroker"].map((step) => `${nameOf(0)} ${step}`),
      );
      // each that failed was done once more, all others once
      const times = Object.values(Object.groupBy(before, (call) => call)).map((calls) => calls?.length);
      expect(times.toSorted((x, y) => Number(x) - Number(y))).toEqual([1, 1, 1, 1, 2, 2, 2]);
    },
  );
});
