// What `run` needs for what nodes print: 20 and 200 MB, as one line without an end and as lines, each in a process of its own against an
// SSH server of the ssh2 package in another. Peak memory must not follow the amount, and time must in proportion. `node bench/output.mjs`.
import { fork, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";

const [role, ...words] = process.argv.slice(2);
if (role === "node") serve();
else if (role === "run") await run(...words);
else await measure();

// --- internal ---

async function measure() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs1", format: "pem" });
  const node = fork(fileURLToPath(import.meta.url), ["node"], { env: { ...process.env, KEY: key } });
  const [{ port, hostKey }] = await once(node, "message");
  console.log("what the node prints".padEnd(40), "seconds".padStart(9), "peak MB".padStart(9));
  for (const [what, command] of [
    ["nothing", "x 0"],
    ["20 MB without a line end", "x 20"],
    ["200 MB without a line end", "x 200"],
    ["600 MB without a line end", "x 600"],
    ["20 MB in lines of 80", "lines 20"],
    ["200 MB in lines of 80", "lines 200"],
  ]) {
    const { stderr, status } = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), "run", String(port), hostKey, command],
      {
        encoding: "utf8",
        env: { ...process.env, KEY: key },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    if (status !== 0) throw new Error(stderr);
    const { seconds, peak } = JSON.parse(stderr.trim().split("\n").at(-1));
    console.log(what.padEnd(40), seconds.toFixed(1).padStart(9), peak.toFixed(0).padStart(9));
  }
  node.disconnect();
}

/** The command as its operation and its screen do it. */
async function run(port, hostKey, command) {
  const { runOnAll } = await import("../src/nodes/run.ts");
  const { nodeLines } = await import("../src/cli/screens/node-lines.ts");
  const output = { isTTY: false, columns: 80, rows: 24, write: (text) => process.stdout.write(text) };
  const target = {
    index: 0,
    name: "mycluster-coreos-0",
    host: "127.0.0.1",
    port: Number(port),
    user: "core",
    hostKeys: [hostKey],
    identity: { publicKey: "", privateKey: process.env.KEY },
    privateAddress: "10.0.0.4",
    role: "member",
    tls: false,
  };
  const clock = { now: Date.now, sleep };
  const before = performance.now();
  const onLine = nodeLines({ stdout: output, stderr: { ...output, write: () => undefined } }, 18);
  const { exit } = await runOnAll([target], command, { clock, timeoutMs: 600_000, keepBytes: 0, onLine });
  const seconds = (performance.now() - before) / 1000;
  process.stderr.write(`${JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS / 1024 })}\n`);
  process.exitCode = exit;
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/** A node that prints "x 200": 200 MB of x, or "lines 200". */
function serve() {
  // not ssh2's own generateKeyPairSync: one in two hundred of its Ed25519 keys is damaged
  const hostKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" });
  const parsed = ssh2.utils.parseKey(hostKey);
  const chunk = { x: Buffer.alloc(1 << 16, "x"), lines: Buffer.from(`${"x".repeat(79)}\n`.repeat(820)) };
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept) =>
      accept().on("exec", async (begin, _, { command }) => {
        const [kind, megabytes] = command.split(" ");
        const channel = begin();
        for (let left = Number(megabytes) * 1e6; left > 0; left -= chunk[kind].length)
          if (!channel.write(chunk[kind])) await once(channel, "drain");
        channel.exit(0);
        channel.end();
      }),
    );
  });
  server.listen(0, "127.0.0.1", () =>
    process.send({ port: server.address().port, hostKey: `${parsed.type} ${parsed.getPublicSSH().toString("base64")}` }),
  );
  process.once("disconnect", () => process.exit());
}
