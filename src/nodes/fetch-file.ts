/**
 * A file of a node, read as root: what a rerun from another machine needs of a cluster (the certificate authority's public
 * part, a rendered unit) is on the live nodes. The bytes go to the caller and nowhere else: they may be secret.
 */
import { shellWord } from "../core/quoting.ts";
import { ClusterError } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import type { CommandOptions } from "./command.ts";
import { sudo } from "./as-root.ts";

export interface FetchOptions extends Pick<CommandOptions, "timeoutMs" | "signal"> {
  /** 1 MiB by default; a larger file is an error. */
  readonly maxBytes?: number;
}

/** @throws ClusterError NodeFileMissing, NodeFileUnreadable, NodeFileTooLarge; what exec throws */
export async function fetchFile(connection: Connection, path: string, options: FetchOptions = {}): Promise<Buffer> {
  const { target } = connection;
  const root = sudo(target);
  const maxBytes = options.maxBytes ?? 1 << 20;
  // base64, for a file need not be text; one exit code for "not there", so that no locale's words are read.
  const file = shellWord(path);
  const command = `${root}true || exit 45; ${root}test -e ${file} || exit 44; ${root}base64 ${file}`;
  const result = await connection.exec(command, { ...options, maxBytes: Math.ceil(maxBytes * 1.4) + 100 });
  const error = (code: string, what: string, advice: string): ClusterError =>
    new ClusterError(code, `${target.name}: ${path} ${what}`, { source: "node", advice });
  if (result.code === 44)
    throw error("NodeFileMissing", "is not there", "Try another node, or copy the file from where the cluster was made.");
  if (result.code !== 0)
    throw error("NodeFileUnreadable", "cannot be read", `Does ${target.user} have sudo without a password there?`);
  const bytes = Buffer.from(result.stdout, "base64");
  if (result.truncated || bytes.length > maxBytes)
    throw error("NodeFileTooLarge", `is larger than ${maxBytes} bytes`, "Is it the right file?");
  return bytes;
}
