/**
 * The cluster's etcd authority on its members: left there by who has it, and fetched from there by who has the cluster's private key
 * but not this file. Whoever loses NAME/, or goes on from another machine, so loses nothing. A member's root can do no more
 * with it than with the member's own key: everything that etcd holds.
 */
import { canLogIn } from "../../nodes/identity.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ClusterError } from "../../core/errors.ts";
import { AUTHORITY_FILE } from "../../core/node-config.ts";
import type { Connection } from "../../nodes/connection.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { fetchFile } from "../../nodes/fetch-file.ts";
import { putFile } from "../../nodes/put-file.ts";
import { type EtcdCa, adoptEtcdCa, etcdTlsFiles, fingerprintOf, prepareEtcdTls } from "../../prepare/etcd-tls.ts";
import { textAt } from "../../prepare/kept-file.ts";
import { withMembers } from "./membership.ts";
import type { Node } from "../../core/plan/cluster.ts";
import type { Reach } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";

/** The authority in the cluster's folder, if it is there and the one that the cluster was made with. */
export function authorityHere(run: Run, cluster: string, wanted: string | undefined): EtcdCa | undefined {
  const files = etcdTlsFiles(join(run.dir, cluster));
  const [key, certificate] = [textAt(files.caKey), textAt(files.ca)];
  if (key === undefined || certificate === undefined) return undefined;
  return wanted === fingerprintOf({ certificate }) ? { key, certificate } : undefined;
}

/** The first file that changing etcd's members takes, and that is not in the cluster's folder. */
export function missingFile(folder: string): string | undefined {
  const { ca, caKey, client, clientKey } = etcdTlsFiles(folder);
  return [ca, caKey, client, clientKey].find((file) => !existsSync(file));
}

/** Nothing is changed on a member that has it. @throws ClusterError NodeFileNotWritten; what exec throws */
const leaveAuthority = (connection: Connection, { key, certificate }: EtcdCa): Promise<void> =>
  putFile(connection, AUTHORITY_FILE, `${key.trim()}\n${certificate.trim()}\n`, { mode: "0600", unlessThere: true });

/** Leaves the authority on every member that is logged in to. */
export interface AuthorityKeeper {
  whenLoggedIn(connection: Connection, target: NodeTarget): Promise<void>;
  /** Says so when no member took it: then this machine alone has it. */
  tell(): void;
}

export function authorityKeeper(run: Run, cluster: string, authority: EtcdCa): AuthorityKeeper {
  let kept = false;
  let refused: Error | undefined;
  return {
    async whenLoggedIn(connection, target) {
      if (target.role !== "member") return;
      try {
        await leaveAuthority(connection, authority);
        kept = true;
      } catch (error) {
        refused ??= error as Error;
        throw error;
      }
    },
    tell() {
      if (kept || refused === undefined) return;
      run.emit({
        kind: "note",
        id: "etcd-ca",
        label: "etcd authority",
        message: `etcd's authority is in ${cluster}/ on this machine alone, for no member took it (${refused.message}). Keep etcd-ca.key: new members need it.`,
      });
    },
  };
}

/**
 * Fetches what is missing of the authority into the cluster's folder, from the first of the members that has it. Quietly does
 * nothing where that cannot be: what needs the file then names it.
 * @param alive members that exist
 */
export async function recoverAuthority(run: Run, reach: Reach, alive: readonly Node[]): Promise<void> {
  const cluster = reach.spec.name;
  const folder = join(run.dir, cluster);
  const files = etcdTlsFiles(folder);
  if (missingFile(folder) === undefined || run.simulated || !canLogIn(reach.identity) || reach.host === "" || alive.length === 0)
    return;
  try {
    if (!existsSync(files.ca) || !existsSync(files.caKey)) {
      const { ca, from } = await withMembers(run, { reach, alive, tls: undefined }, ({ connections }) =>
        fromAny(connections, reach.choices.etcdCa),
      );
      await adoptEtcdCa(folder, ca);
      run.emit({
        kind: "note",
        id: "etcd-ca",
        label: "etcd authority",
        message: `The etcd authority of ${cluster} was not in ${folder}: it was fetched from ${from}.`,
      });
    }
    await prepareEtcdTls({ folder, cluster, exists: true, now: run.outside.clock.now() });
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
  }
}

// --- internal ---

async function fromAny(connections: readonly Connection[], wanted: string | undefined): Promise<{ ca: EtcdCa; from: string }> {
  let last: unknown;
  for (const connection of connections)
    try {
      const ca = authorityOf((await fetchFile(connection, AUTHORITY_FILE)).toString("utf8"));
      if (wanted === undefined || fingerprintOf(ca) === wanted) return { ca, from: connection.target.name };
    } catch (error) {
      last = error;
    }
  throw new ClusterError("EtcdCaMissing", "no member has the cluster's etcd authority", { source: "node", cause: last });
}

function authorityOf(text: string): EtcdCa {
  const [key, certificate] = ["PRIVATE KEY", "CERTIFICATE"].map(
    (label) => new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(text)?.[0],
  );
  if (key === undefined || certificate === undefined)
    throw new ClusterError("EtcdCaMissing", `${AUTHORITY_FILE} holds no key with its certificate`, { source: "node" });
  return { key, certificate };
}
