/**
 * Other programs with the ssh_config that create writes: rsync, scp (SFTP, and its old protocol) and sftp, from another working directory,
 * with a folder whose name has blanks; named by -F, and included by the user's own configuration. Only the fresh DNS name is asked of no
 * server: the way to the load balancer is a ProxyCommand.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { long } from "../long.ts";
import { BASE, type Room, closeRooms, hasRealNodes, machineRoom } from "./machine-room.ts";

const folders: string[] = [];
const newFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), name));
  folders.push(folder);
  return folder;
};

/** A cluster whose files lie in a folder that is named relatively, and with a blank. */
async function cluster(room: Room): Promise<string> {
  mkdirSync(join(room.azure.dir, "my clusters"));
  const argv = [...BASE.split(" "), "--num-nodes", "2", "--wait-for", "ssh", "--dir", "my clusters", "--timeout", "100s"];
  const { exit, stderr } = await room.run(argv);
  expect({ exit, failures: room.power.failures }, stderr).toEqual({ exit: 0, failures: [] });
  return join(room.azure.dir, "my clusters");
}

/** The user's own configuration: ours, and what stands for DNS. */
function ownConfig({ publicAddress }: Room, config: string, folder: string): string {
  const way = join(folder, "way.cjs");
  writeFileSync(
    way,
    `const s=require("net").connect(+process.argv[2],process.argv[3]);process.stdin.pipe(s).pipe(process.stdout)`,
  );
  const file = join(folder, "config");
  const proxy = ["Match all", "  BatchMode yes", `  ProxyCommand "${process.execPath}" "${way}" %p ${publicAddress}`];
  writeFileSync(file, [`Include "${config}"`, ...proxy, ""].join("\n"));
  return file;
}

// slow
describe.runIf(long && hasRealNodes)("the file of Host blocks, as other programs read it", () => {
  afterAll(async () => {
    await closeRooms();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  test("rsync, scp and sftp: there and back, from two nodes", async () => {
    await using room = await machineRoom();
    const folder = await cluster(room);
    const elsewhere = newFolder("else where-");
    const config = join(folder, "mycluster", "ssh_config");
    const user = ownConfig(room, config, newFolder("own-"));
    const run = async (program: string, ...args: string[]): Promise<void> => {
      await promisify(execFile)(program, args, { cwd: elsewhere });
    };
    const content = `kept ${"x".repeat(100_000)}\n`;
    writeFileSync(join(elsewhere, "a file"), content);
    const back = (name: string): string => readFileSync(join(elsewhere, name), "utf8");
    const far = `/tmp/copied-${process.pid}`;
    const [zero, one] = ["mycluster-coreos-0", "mycluster-coreos-1"];
    await run("ssh", "-F", user, zero, `mkdir -p ${far}`);
    await run("rsync", "--archive", "-e", `ssh -F '${user}'`, "a file", `${zero}:${far}/rsync`);
    await run("rsync", "--archive", "-e", `ssh -F '${user}'`, `${zero}:${far}/rsync`, "by rsync");
    await run("scp", "-F", user, "a file", `${one}:${far}/scp`);
    await run("scp", "-O", "-F", user, `${one}:${far}/scp`, "by scp");
    writeFileSync(join(elsewhere, "batch"), `put "a file" ${far}/sftp\nget ${far}/sftp "by sftp"\n`);
    await run("sftp", "-F", user, "-b", "batch", one);
    expect(["by rsync", "by scp", "by sftp"].map(back)).toEqual([content, content, content]);
    await run("ssh", "-F", user, zero, `rm -r ${far}`);
    // the file alone, as `ssh -F` is told to people: what it resolves to is the node's, whatever the folder is called
    const { stdout } = await promisify(execFile)("ssh", ["-G", "-F", config, "mycluster-coreos-1"], { cwd: elsewhere });
    expect(stdout).toContain(`identityfile ${join(folder, "ssh-cert.key")}\n`);
    expect(stdout).toContain(`userknownhostsfile ${join(folder, "mycluster", "known_hosts")}\n`);
  });
});
