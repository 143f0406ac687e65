/**
 * Brings a member of etcd the certificate that it was made without: its machine was finished where the cluster's authority was
 * not (materials.ts, "bare").
 */
import { join } from "node:path";
import { ClusterError } from "../../core/errors.ts";
import { NODE_TLS_FILES } from "../../core/node-config.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { putFile, restartUnit } from "../../nodes/put-file.ts";
import { sudo } from "../../nodes/as-root.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { issueNodeCertificate, prepareEtcdTls } from "../../prepare/etcd-tls.ts";
import { onNode } from "../cluster/node-connection.ts";
import type { Run } from "../run.ts";

/** So long a machine that may be booting is waited for. */
const BOOT_MS = 60_000;

/**
 * Whether the node waits for its certificate still. Its machine may have been made a moment ago, and may be booting: how it joins etcd
 * depends on the answer, so that it is waited for a while. False where it cannot be asked.
 */
export async function lacksCertificate(run: Run, target: NodeTarget): Promise<boolean> {
  const { clock, tools } = run;
  const until = Math.min(clock.now() + BOOT_MS, run.deadline);
  for (let told = false; ; told = true)
    try {
      return await lacks(run, target);
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      if (clock.now() + RETRY_MS >= until) return false;
      if (!told)
        run.emit({
          kind: "note",
          id: `etcd/${target.name}`,
          label: "etcd",
          message: `${target.name} was made without its certificate for etcd, and does not answer yet: it is asked again for a minute.`,
        });
      await clock.sleep(RETRY_MS, tools.signal);
    }
}

/** Nothing is changed on a node that has its certificate. @throws ClusterError EtcdCaMissing, NodeFileNotWritten, UnitNotStarted */
export async function certify(
  run: Run,
  { name: cluster, platform }: Pick<ClusterSpec, "name" | "platform">,
  target: NodeTarget,
): Promise<void> {
  const now = run.outside.clock.now();
  const ca = await prepareEtcdTls({ folder: join(run.dir, cluster), cluster, exists: true, now });
  await onNode(
    run,
    target,
    async (connection) => {
      if ((await connection.exec(`${sudo(target)}test -s ${NODE_TLS_FILES.key}`)).code === 0) return;
      run.changesNodes();
      const own = await issueNodeCertificate(ca, { name: target.name, address: target.privateAddress, now });
      await putFile(connection, NODE_TLS_FILES.ca, own.ca, { mode: "0644" });
      await putFile(connection, NODE_TLS_FILES.certificate, own.certificate, { mode: "0644" });
      // last: who has the key has the others
      await putFile(connection, NODE_TLS_FILES.key, own.key, { owner: "etcd:etcd", mode: "0600" });
      await restartUnit(connection, PLATFORMS[platform].etcd.unit);
    },
    { timeoutMs: BOOTING_MS },
  );
}

// --- internal ---

const RETRY_MS = 2000;
/** It boots, and has other things to do than to log us in. */
const BOOTING_MS = 20_000;

/** @throws ClusterError what connect and exec throw */
async function lacks(run: Run, target: NodeTarget): Promise<boolean> {
  const { code } = await onNode(run, target, (connection) =>
    connection.exec(`${sudo(target)}true && ${sudo(target)}test -s ${NODE_TLS_FILES.key}`),
  );
  // 1 is test's own word; sudo and ssh have others
  return code === 1;
}
