/**
 * A file of root's on a node, written whole or not at all, and the unit that reads it started again. What is in the file travels on
 * stdin: it may be secret, and a command line can be read by everybody on the node.
 */
import { shellWord } from "../core/quoting.ts";
import { dirname } from "node:path/posix";
import { ClusterError } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import { asRoot, firstLine, sudo } from "./as-root.ts";

export interface PutFileOptions {
  /** "root:root" by default. */
  readonly owner?: string;
  /** As chmod takes it. */
  readonly mode: string;
  /** What is there stays. */
  readonly unlessThere?: boolean;
}

/** @throws ClusterError NodeFileNotWritten; what exec throws */
export async function putFile(connection: Connection, path: string, content: string, options: PutFileOptions): Promise<void> {
  const { target } = connection;
  const { owner = "root:root", mode, unlessThere = false } = options;
  // two may write it at once: each has a half of its own
  const [file, half] = [shellWord(path), `${shellWord(`${path}.new`)}.$$`];
  const script = [
    ...(unlessThere ? [`test -s ${file} && exit 0`] : []),
    `umask 077 && mkdir -p -m 0755 ${shellWord(dirname(path))} && cat >${half}`,
    `chown ${owner} ${half} && chmod ${mode} ${half} && mv ${half} ${file}`,
  ].join("\n");
  const { code, stderr } = await asRoot(connection, script, [], { stdin: content });
  if (code !== 0)
    throw new ClusterError("NodeFileNotWritten", `${target.name} did not take ${path}: ${firstLine(stderr)}`, {
      source: "node",
      advice: `Does ${target.user} have sudo without a password there? Running the same command again tries it again.`,
    });
}

/** Does not wait for it to be up. @throws ClusterError UnitNotStarted; what exec throws */
export async function restartUnit(connection: Connection, unit: string): Promise<void> {
  const { target } = connection;
  const { code, stderr } = await connection.exec(
    `${sudo(target)}systemctl daemon-reload && ${sudo(target)}systemctl restart --no-block ${unit}`,
  );
  if (code !== 0)
    throw new ClusterError("UnitNotStarted", `${target.name} did not start ${unit}: ${firstLine(stderr)}`, {
      source: "node",
      advice: `Log in and start it: sudo systemctl restart ${unit}`,
    });
}
