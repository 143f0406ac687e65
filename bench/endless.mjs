/**
 * What `list` needs in memory where the other side does not stop: a body without an end, one that unpacks to very much, a list of pages
 * without an end, an error of twenty megabytes. Prints seconds, exit code, what was written and the peak of memory.
 *   node bench/endless.mjs        (after npm run build)
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";

const BIN = fileURLToPath(new URL("../bin/azure-coreos-cluster.js", import.meta.url));
const JSON_TYPE = { "content-type": "application/json" };

/** Writes for as long as anybody takes it. */
function endless(stream, piece) {
  const write = () => {
    while (!stream.destroyed && stream.write(piece));
  };
  stream.on("drain", write);
  write();
}

const SERVERS = {
  "a body without an end": (_, response) => {
    response.writeHead(200, JSON_TYPE).write('{"value":[');
    endless(response, '{"id":"/subscriptions/x","name":"x"},'.repeat(2000));
  },
  "zeros, packed, without an end": (_, response) => {
    response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" });
    const gzip = createGzip();
    gzip.pipe(response);
    response.on("close", () => gzip.destroy());
    endless(gzip, Buffer.alloc(1 << 20));
  },
  "pages without an end": (request, response) => {
    const nextLink = `http://${request.headers.host}${request.url.replace(/&page=\d+/, "")}&page=${Date.now()}${Math.random() * 1e9}`;
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ value: [], nextLink: nextLink.replace(/\.\d+$/, "") }));
  },
  "an error of 20 MB": (_, response) =>
    response
      .writeHead(409, JSON_TYPE)
      .end(JSON.stringify({ error: { code: "Whatever", message: "All work and no play. ".repeat(950_000) } })),
};

for (const [what, answer] of Object.entries(SERVERS)) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const since = performance.now();
  const args = ["list", "--arm-endpoint", `http://127.0.0.1:${server.address().port}`, "--timeout", "2m"];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let [peak, written] = [0, 0];
  child.stderr.on("data", (data) => (written += data.length));
  const watch = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0));
    } catch {
      // it has ended
    }
  }, 20);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(watch);
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  console.log(
    `${what.padEnd(32)} ${seconds.padStart(6)} s  exit ${code}  ${written} bytes on stderr  ${Math.round(peak / 1024)} MB`,
  );
  server.closeAllConnections();
  server.close();
}
