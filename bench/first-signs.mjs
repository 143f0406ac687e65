// How soon a create shows itself: the first line on a terminal, and the first request at the other side, which never answers. The terminal
// is script's (util-linux); where that is not there, only the request is seen.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";

const hasTerminal = spawnSync("script", ["--version"]).status === 0;

/** Milliseconds from the start of the process; `line` is undefined without a terminal. @param dir one that is not there yet */
export async function firstSigns(command, dir) {
  const server = createServer(() => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const argv = [
    process.execPath,
    command,
    "mycluster",
    "--arm-endpoint",
    `http://127.0.0.1:${server.address().port}`,
    "--dir",
    dir,
    "--yes",
  ];
  const before = performance.now();
  const child = hasTerminal
    ? spawn("script", ["-qfec", argv.map((word) => `'${word}'`).join(" "), "/dev/null"], {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      })
    : spawn(argv[0], argv.slice(1), { stdio: "ignore" });
  const since = async (sign) => (await sign, performance.now() - before);
  try {
    const [request, line] = await Promise.all([
      since(once(server, "request")),
      hasTerminal ? since(once(child.stdout, "data")) : undefined,
    ]);
    return { request, line };
  } finally {
    // with the terminal its program goes, too
    child.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  }
}
