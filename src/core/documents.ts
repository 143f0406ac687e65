/**
 * The documents: exactly what `--json` prints and the library returns, for other people's programs. Names and meanings stay;
 * documents gain fields, and lose none. Their JSON Schemas (schema/NAME.json) are made from these types and their comments by
 * .ci/schemas.mjs: a document is described here once.
 */
import type { ClusterDocument, ListDocument, PlanDocument, StateFile, StatusDocument } from "./documents/cluster.ts";
import type { ErrorDocument, EventLine, LintDocument } from "./documents/command.ts";
import type {
  DestroyDocument,
  FailedDocument,
  RebootDocument,
  RemoveDocument,
  ReplaceDocument,
  StartDocument,
  StopDocument,
} from "./documents/life.ts";
import type { LogsDocument, RunDocument } from "./documents/nodes.ts";
import type { KubeconfigDocument, PlatformDocument, PlatformStatusDocument } from "./documents/platform.ts";

export type * from "./documents/cluster.ts";
export type * from "./documents/command.ts";
export type * from "./documents/life.ts";
export type * from "./documents/nodes.ts";
export type * from "./documents/parts.ts";
export type * from "./documents/platform.ts";

/** Every document by the name of its schema. Whoever prints one has a row here; a row is all that its schema needs. */
export interface Documents {
  /** What `create --json` prints: the cluster, its nodes and how to reach them. */
  readonly create: ClusterDocument;
  /** What `plan --json` and `create --dry-run --json` print: what would be done, and what it would cost. */
  readonly plan: PlanDocument;
  /** What `status --json` prints, and each line of `status --watch --json`: how the cluster is. */
  readonly status: StatusDocument;
  /** What `list --json` and `gc --dry-run --json` print: the clusters that were found. */
  readonly list: readonly ListDocument[];
  /** What `remove --json` prints: which nodes went. */
  readonly remove: RemoveDocument;
  /** What `reboot --json` prints: which nodes were rebooted, and which are left. */
  readonly reboot: RebootDocument;
  /** What `replace --json` prints: which nodes were made anew, and which are left. */
  readonly replace: ReplaceDocument;
  /** What `stop --json` prints: which machines were deallocated, and what is still paid for. */
  readonly stop: StopDocument;
  /** What `start --json` prints: which machines were started, and which nodes are ready. */
  readonly start: StartDocument;
  /** What `destroy --json` prints: what was deleted, and what is left. */
  readonly destroy: DestroyDocument;
  /** What `gc --json` prints: how each cluster ended. */
  readonly gc: readonly (DestroyDocument | FailedDocument)[];
  /** What `run --json` prints: exit code and output of each node. */
  readonly run: RunDocument;
  /** What `logs --json` prints: the last lines of each node. */
  readonly logs: LogsDocument;
  /** What `platform install --json` prints, and upgrade and uninstall: the platform, and what each step took. */
  readonly platform: PlatformDocument;
  /** What `platform status --json` prints: k3s' nodes, what is not ready, and whether the gateway answers. */
  readonly "platform-status": PlatformStatusDocument;
  /** What `kubeconfig --json` prints: where the file is, and how it reaches the API. */
  readonly kubeconfig: KubeconfigDocument;
  /** What `lint --json` prints: what a node would refuse of a cloud-config. */
  readonly lint: LintDocument;
  /** What any command with `--json` prints when it fails. */
  readonly error: ErrorDocument;
  /** The file of `create --output`: create's document, and the names that the script of 2015 wrote. */
  readonly "state-file": StateFile;
  /** A line of the file of `--events`: something that happened. */
  readonly event: EventLine;
}
