/**
 * What runs under a node, as it says itself: its system's version, whether a restart would bring another, and how long its etcd
 * certificate lasts. One command over a connection that stands. What it answers is input: what is not understood is left out.
 */
import { defined } from "../core/defined.ts";
import { NODE_TLS_FILES } from "../core/node-config.ts";
import { sudo } from "./as-root.ts";
import type { Connection } from "./connection.ts";
import type { NodeTarget } from "./target.ts";

export interface SystemFacts {
  /** "flatcar 4459.2.1". */
  readonly system?: string;
  /** The version that a restart brings; "unknown" where the system only says that one is needed. */
  readonly rebootTo?: string;
  /** End of the node's etcd certificate, in ms since 1970. */
  readonly certificateEnds?: number;
}

/**
 * @param asksReboot the platform's own commands that tell whether a reboot is waited for (plan/platforms.ts)
 * @throws ClusterError ConnectionLost, CommandTimeout
 */
export async function systemFacts(
  connection: Connection,
  asksReboot: readonly string[],
  signal?: AbortSignal,
): Promise<SystemFacts> {
  const { stdout } = await connection.exec(question(connection.target, asksReboot), {
    timeoutMs: 5000,
    ...defined({ signal }),
  });
  return factsIn(stdout);
}

/** Of what the command prints. Public for its test. */
export function factsIn(text: string): SystemFacts {
  const value = (name: string, pattern: RegExp): string | undefined => {
    const found = new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, "m").exec(text)?.[1];
    return found !== undefined && pattern.test(found) ? found : undefined;
  };
  const [id, version] = [value("ID", WORD), value("VERSION_ID", WORD)];
  const update =
    value("CURRENT_OP", WORD) === "UPDATE_STATUS_UPDATED_NEED_REBOOT" ? (value("NEW_VERSION", WORD) ?? "unknown") : undefined;
  const rebootTo = update ?? (value("REBOOT_REQUIRED", WORD) === undefined ? undefined : "unknown");
  const ends = Date.parse(value("notAfter", DATE) ?? "");
  return {
    ...(id === undefined ? {} : { system: version === undefined ? id : `${id} ${version}` }),
    ...defined({ rebootTo }),
    ...(Number.isNaN(ends) ? {} : { certificateEnds: ends }),
  };
}

// --- internal ---

const WORD = /^[\w.+~-]{1,40}$/;
/** As openssl prints it: "Nov 28 20:41:06 2036 GMT". */
const DATE = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/;

/** Each may be missing: then its line is. The certificate is root's. */
const question = (target: NodeTarget, asksReboot: readonly string[]): string =>
  [
    "grep -E '^(ID|VERSION_ID)=' /etc/os-release",
    ...asksReboot,
    ...(target.tls ? [`${sudo(target)}openssl x509 -noout -enddate -in ${NODE_TLS_FILES.certificate} 2>/dev/null`] : []),
    "true",
  ].join("; ");
