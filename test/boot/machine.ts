/**
 * A machine: systemd as PID 1 in systemd-nspawn, with an OS disk (an overlay over the image), a data disk (a loop device) and a
 * network of its own. It ends with this process. Each machine has a cgroup of its own: without that they would share one
 * system.slice, and units would fail at random. Longer than most: what is plugged in is unplugged in the same file.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a machine boots from. */
export interface BootImage {
  /** overlayfs's lowerdir. */
  readonly lower: string;
  /** Puts what Azure hands over where its first boot looks for it; before each power-on. */
  provision(root: string, given: Provision): void;
  /** More words for its PID 1. */
  readonly words?: readonly string[];
}

export interface Provision {
  readonly name: string;
  readonly userData: string;
  readonly authorizedKey: string;
  /** How many OS disks it has had. */
  readonly disks: number;
}

export interface MachineOptions {
  readonly name: string;
  readonly image: BootImage;
  /** Where its disks are; on a file system that overlayfs can write to. */
  readonly folder: string;
  /** Network namespace. */
  readonly network: string;
  readonly userData: string;
  readonly authorizedKey: string;
  readonly dataDisk: boolean;
}

export interface Machine {
  readonly name: string;
  /** Resolves as soon as it has power. */
  powerOn(): Promise<void>;
  /** Shuts down in order, and waits for it. */
  powerOff(): Promise<void>;
  /** Runs a shell command in it; its output, also when it fails. */
  run(command: string): string;
  /** What systemd printed since power-on: what is decided before the journal runs stands nowhere else. */
  console(): string;
  /** Polls until the command prints what is wanted, for a minute at most; what it printed last. */
  until(command: string, wanted: RegExp): Promise<string>;
  /** A new OS disk, as when Azure makes the machine again, with what it is given; the data disk stays. Must be off. */
  recreate(anew: Partial<Pick<MachineOptions, "userData" | "authorizedKey">>): void;
  /** Power off, and everything is gone. */
  remove(): Promise<void>;
}

export function createMachine(options: MachineOptions): Machine {
  const { name, folder } = options;
  let current: Pick<MachineOptions, "userData" | "authorizedKey"> = options;
  let disks = 1;
  const at = (path: string): string => join(folder, name, path);
  const root = at("root");
  const cgroups = hierarchies().map((hierarchy) => join(hierarchy, name));
  let process_: ChildProcess | undefined;
  let loop: string | undefined;

  function insertDisks(): void {
    for (const part of ["up", "work", "root"]) mkdirSync(at(part), { recursive: true });
    execFileSync("mount", [
      "-t",
      "overlay",
      "overlay",
      "-o",
      `lowerdir=${options.image.lower},upperdir=${at("up")},workdir=${at("work")}`,
      root,
    ]);
    writeFileSync(join(root, "etc/hostname"), `${name}\n`);
    writeFileSync(join(root, "etc/hosts"), `127.0.0.1 localhost ${name}\n`);
    options.image.provision(root, { name, ...current, disks });
    if (!options.dataDisk || loop !== undefined) return;
    if (!existsSync(at("disk"))) {
      writeFileSync(at("disk"), "");
      truncateSync(at("disk"), 256 << 20);
    }
    loop = execFileSync("losetup", ["--find", "--show", at("disk")], { encoding: "utf8" }).trim();
  }

  /** PID 1 of the machine, as this machine knows it. */
  function leader(): string | undefined {
    const pid = process_?.pid;
    if (pid === undefined || process_?.exitCode !== null) return undefined;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0] || undefined;
  }

  function run(command: string): string {
    const pid = leader();
    if (pid === undefined) throw new Error(`${name} is off:\n${consoleOf().slice(-2000)}`);
    try {
      return execFileSync("nsenter", ["-t", pid, "-a", "-r", "-w", "/bin/bash", "-c", command], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        // a machine that goes down stops what runs in it, and nsenter then stops itself: nothing would ever wake it
        timeout: 30_000,
        killSignal: "SIGKILL",
      }).trim();
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      return `${stdout ?? ""}${stderr ?? ""}`.trim();
    }
  }

  const consoleOf = (): string => (existsSync(at("console")) ? readFileSync(at("console"), "utf8") : "");

  function ejectDisks(): void {
    if (existsSync(join(root, "etc"))) execFileSync("umount", [root]);
  }

  let goingOff: Promise<void> = Promise.resolve();
  const powerOff = (): Promise<void> => (goingOff = goingOff.then(shutDown));

  async function shutDown(): Promise<void> {
    const child = process_;
    if (child === undefined) return;
    process_ = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM"); // nspawn asks its PID 1 to power off
      await Promise.race([gone, sleep(30_000).then(() => child.kill("SIGKILL"))]);
      await gone;
    }
    ejectDisks();
    for (const cgroup of cgroups) removeTree(cgroup);
  }

  async function powerOn(): Promise<void> {
    insertDisks();
    // straight to the file: while a command runs in a machine, this process reads nothing
    const written = openSync(at("console"), "w");
    for (const cgroup of cgroups) mkdirSync(cgroup, { recursive: true });
    const disk = loop === undefined ? [] : [`--bind=${loop}:/dev/disk/azure/data/by-lun/0`];
    const nspawn = [
      "systemd-nspawn",
      "--quiet",
      `--directory=${root}`,
      `--machine=${name}`,
      "--register=no",
      "--keep-unit",
      `--network-namespace-path=/run/netns/${options.network}`,
      "--capability=all",
      "--console=read-only",
      ...disk,
      "--boot",
      "--",
      "--show-status=yes",
      ...(options.image.words ?? []),
    ];
    const enter = cgroups.map((cgroup) => `echo $$ > ${cgroup}/cgroup.procs`).join("\n");
    const child = spawn("bash", ["-c", `${enter}\nexec setpriv --pdeathsig TERM "$@"`, "bash", ...nspawn], {
      stdio: ["ignore", written, written],
      detached: true,
    });
    closeSync(written);
    process_ = child;
    child.once("exit", (code) => {
      if (code === REBOOT && process_ === child) goingOff = goingOff.then(again);
    });
    for (let attempt = 0; leader() === undefined; attempt++) {
      if (attempt > 200 || child.exitCode !== null) throw new Error(`${name} got no power:\n${consoleOf().slice(-2000)}`);
      await sleep(50);
    }
  }

  /** It was told from inside to reboot. */
  async function again(): Promise<void> {
    process_ = undefined;
    ejectDisks();
    for (const cgroup of cgroups) removeTree(cgroup);
    await powerOn();
  }

  return {
    name,
    run,
    console: consoleOf,
    powerOff,
    powerOn,
    async until(command, wanted) {
      let printed = "";
      for (let attempt = 0; attempt < 240; attempt++) {
        printed = run(command);
        if (wanted.test(printed)) return printed;
        await sleep(250);
      }
      throw new Error(
        `${name}: ${command} still prints:\n${printed}\n${run("systemctl --failed --no-pager; journalctl -b --no-pager -n 60")}`,
      );
    },
    recreate(anew) {
      current = { ...current, ...anew };
      disks++;
      rmSync(at("up"), { recursive: true, force: true });
      rmSync(at("work"), { recursive: true, force: true });
    },
    async remove() {
      await powerOff();
      if (loop !== undefined) execFileSync("losetup", ["--detach", loop]);
      loop = undefined;
      rmSync(join(folder, name), { recursive: true, force: true });
    },
  };
}

/** How nspawn ends when its machine reboots, and whoever keeps it is to start it anew. */
const REBOOT = 133;

/** Where this kernel keeps systemd's own cgroups: the legacy and hybrid layouts have them in folders. */
function hierarchies(): string[] {
  const inFolders = ["systemd", "unified"].map((one) => `/sys/fs/cgroup/${one}`).filter((one) => existsSync(one));
  return inFolders.length > 0 ? inFolders : ["/sys/fs/cgroup"];
}

/** cgroupfs has files that cannot be deleted and go with their folder. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
