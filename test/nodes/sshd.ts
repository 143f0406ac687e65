/**
 * A real sshd on loopback that stands for one node's SSH: its own host key, its own authorized key, its own port, nothing of
 * the machine's configuration. Root only (sshd needs it for its privilege separation). Ended by its own process id.
 */
import { spawn, execFileSync, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { expect, vi } from "vitest";
import { hostKeyOf } from "../../src/prepare/host-keys.ts";
import { freePort } from "../ports.ts";
import { find } from "../programs.ts";

export interface SshdOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** One that is free, by default. */
  readonly port?: number;
  /** The server's private host key, OpenSSH form; made when absent. */
  readonly hostKey?: string;
  /** "ssh-rsa AAAA..." of whoever may log in. */
  readonly authorizedKey: string;
  /** More lines of sshd_config. */
  readonly config?: readonly string[];
  /** A folder that its sessions have as /etc; needs the right to mount. */
  readonly etc?: string;
  /** The network namespace that it is in; nobody is asked whether it answers there. */
  readonly netns?: string;
}

export interface Sshd {
  readonly port: number;
  readonly pid: number;
  /** "ssh-ed25519 AAAA...". */
  readonly hostKeyLine: string;
  /** What sshd wrote so far, at level VERBOSE. */
  log(): string;
  stop(): Promise<void>;
}

export interface KeyPair {
  readonly privateKey: string;
  /** "ssh-ed25519 AAAA...", without comment. */
  readonly publicKey: string;
}

/** A key pair, made by ssh-keygen where it is no plain Ed25519. `form` PEM gives the old PEM form, PKCS8 the new. */
export function makeKey(type: "ed25519" | "rsa" | "ecdsa" = "ed25519", form?: "PEM" | "PKCS8"): KeyPair {
  // no process for the kind that most are: with ssh2's generateKeyPairSync one in two hundred is damaged
  if (type === "ed25519" && form === undefined) {
    const { privateKey, publicKey } = hostKeyOf(generateKeyPairSync("ed25519").privateKey, "");
    return { privateKey, publicKey: publicKey.trim() };
  }
  const folder = mkdtempSync(join(tmpdir(), "key-"));
  const file = join(folder, "key");
  const keygen = (...args: string[]): Buffer => execFileSync("ssh-keygen", ["-q", ...args, "-f", file]);
  const inForm = form === undefined ? [] : ["-m", form];
  try {
    if (type === "rsa" && rsa !== undefined) {
      writeFileSync(file, rsa.privateKey, { mode: 0o600 });
      if (form !== undefined) keygen("-p", "-P", "", "-N", "", ...inForm);
      return { privateKey: readFileSync(file, "utf8"), publicKey: rsa.publicKey };
    }
    keygen("-t", type, "-N", "", "-C", "", ...(type === "rsa" ? ["-b", "2048"] : []), ...inForm);
    const made = { privateKey: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
    if (type === "rsa") rsa = made;
    return made;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whose primes take a second to be found: one for all, in each form. */
let rsa: KeyPair | undefined;

/** "ssh-ed25519 AAAA..." of a private key. */
function publicLineOf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

/** What a node has of its own: its /etc, the kernel's id of its boot where it has one, and what goes with the boot. */
const OWN_PLACES = `mount --bind "$1" /etc
if [ -e /etc/boot_id ]; then
  own="\${1%/*}/own" rancher=var/lib/rancher ours=var/lib/azure-coreos-cluster run=/run/azure-coreos-cluster
  mkdir -p "/$rancher" "/$ours" "$own/$rancher" "$own/$ours" "$run"
  mount --bind "$own/$rancher" "/$rancher"
  mount --bind "$own/$ours" "/$ours"
  mount --bind /etc/boot_id /proc/sys/kernel/random/boot_id
  # this machine's own would speak of this machine
  [ ! -x /usr/bin/cloud-init ] || mount --bind "\${1%/*}/bin/cloud-init" /usr/bin/cloud-init
  mount -t tmpfs none "$run"
fi
shift; exec "$@"`;

/** Starts it, and resolves when it answers. */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  for (let tries = 1; ; tries++) {
    try {
      return await startAt({ ...options, port: options.port ?? (await freePort()) });
    } catch (error) {
      // somebody else was faster at a port that was free
      if (options.port !== undefined || tries === 3) throw error;
    }
  }
}

async function startAt(options: SshdOptions & { readonly port: number }): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const file = (name: string): string => join(folder, name);
  const host = options.host ?? "127.0.0.1";
  const hostKey = options.hostKey ?? makeKey().privateKey;
  writeFileSync(file("host_key"), hostKey, { mode: 0o600 });
  const hostKeyLine = publicLineOf(hostKey);
  // sshd reads it as the user who logs in
  writeFileSync(file("authorized_keys"), `${options.authorizedKey}\n`, { mode: 0o644 });
  chmodSync(folder, 0o711);
  const lines = [
    ...(options.config ?? []), // first: sshd takes the first value of a keyword
    `ListenAddress ${host}:${options.port}`,
    `HostKey ${file("host_key")}`,
    `AuthorizedKeysFile ${file("authorized_keys")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "UseDNS no",
    // else bash reads this machine's own .bashrc, as it does over SSH, and that may start whole programs
    "SetEnv SHLVL=1",
    "PrintMotd no",
    "MaxStartups 200",
    // as on the images
    "Subsystem sftp internal-sftp",
    "LogLevel VERBOSE",
  ];
  writeFileSync(file("config"), `${lines.join("\n")}\n`);
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const inside = options.netns === undefined ? [] : ["ip", "netns", "exec", options.netns];
  const command = [...inside, find("sshd") ?? "sshd", "-D", "-e", "-r", "-f", file("config")];
  const child =
    options.etc === undefined
      ? spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", "ignore", "pipe"] })
      : spawn("unshare", ["--mount", "sh", "-ec", OWN_PLACES, "sh", options.etc, ...command], {
          stdio: ["ignore", "ignore", "pipe"],
        });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (options.netns === undefined) await answers(host, options.port, () => child.exitCode !== null);
    else await vi.waitFor(() => expect(log).toContain("Server listening"), { timeout: 10_000, interval: 10 });
    // somebody else's sshd answers there: ours has said so and ended, or will in a moment
    if (/Address already in use/.test(log) || child.exitCode !== null) throw new Error("the port is taken");
  } catch {
    await stop();
    throw new Error(`sshd did not start:\n${log}`);
  }
  return {
    port: options.port,
    pid: child.pid ?? 0,
    hostKeyLine,
    log: () => log,
    stop,
  };
}

/** Ends one child by its id, and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

/** Polls a real program: resolves when TCP is accepted, rejects when `dead` or after 10 seconds. */
export async function answers(host: string, port: number, dead: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    if (dead()) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${host}:${port} does not answer`);
}
