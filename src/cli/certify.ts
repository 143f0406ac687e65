/**
 * Brings a member of etcd the certificate that it was made without: its machine was finished where the cluster's authority was
 * not (materials.ts, "bare"). Over SSH, with what it needs on stdin: no key is in a command line or a file between.
 */
import { join } from "node:path";
import { ClusterError } from "../core/errors.ts";
import { NODE_TLS_FILES } from "../core/user-data/render.ts";
import { connect } from "../nodes/connection.ts";
import type { NodeTarget } from "../nodes/target.ts";
import { issueNodeCertificate, prepareEtcdTls } from "../prepare/etcd-tls.ts";
import type { Session } from "./session.ts";

/** Writes stdin to a file of root's, whole or not at all. */
const put = (path: string, owner: string, mode: string): string =>
  `sudo install -d -m 0755 /etc/etcd/tls && sudo tee ${path}.new >/dev/null && sudo chown ${owner} ${path}.new && sudo chmod ${mode} ${path}.new && sudo mv ${path}.new ${path}`;

/** Nothing is changed on a node that has its certificate. @throws ClusterError EtcdCaMissing, CertificateNotBrought */
export async function certify(session: Session, cluster: string, target: NodeTarget): Promise<void> {
  const { clock, tools } = session;
  const now = session.world.clock.now();
  const ca = await prepareEtcdTls({ folder: join(session.dir, cluster), cluster, exists: true, now });
  const connection = await connect(target, {
    clock,
    signal: tools.signal,
    trust: target.hostKeys.length === 0 ? "first-use" : "strict",
  });
  try {
    if ((await connection.exec(`sudo test -s ${NODE_TLS_FILES.key}`)).code === 0) return;
    const {
      certificate,
      key,
      ca: authority,
    } = await issueNodeCertificate(ca, { name: target.name, address: target.privateAddress, now });
    const steps: [string, string][] = [
      [put(NODE_TLS_FILES.ca, "root:root", "0644"), authority],
      [put(NODE_TLS_FILES.certificate, "root:root", "0644"), certificate],
      [put(NODE_TLS_FILES.key, "etcd:etcd", "0600"), key],
      ["sudo systemctl restart --no-block etcd-member.service", ""],
    ];
    for (const [command, stdin] of steps) {
      const { code, stderr } = await connection.exec(command, { stdin });
      if (code !== 0)
        throw new ClusterError(
          "CertificateNotBrought",
          `${target.name} did not take its etcd certificate: ${stderr.trim().split("\n")[0] ?? ""}`,
          {
            source: "node",
            advice: "Log in and look at /etc/etcd/tls; running the same command again tries it again.",
          },
        );
    }
  } finally {
    connection.close();
  }
}
