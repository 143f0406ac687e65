/**
 * THE COMMANDS TABLE: names, what they take, what they are for, and how to load what they do. Nothing of a command is loaded
 * before it is asked for, so `--help` costs the parser alone.
 */
import type { FlagScope } from "../core/spec/flag.ts";
import type { Invocation } from "./invocation.ts";

export interface Command {
  readonly name: string;
  /** Positional arguments as commander writes them: "<name> [nodes...]". */
  readonly takes: string;
  readonly about: string;
  readonly scopes: readonly FlagScope[];
  /** Everything after `--` is a command line for a node. */
  readonly rest?: boolean;
  readonly load: () => Promise<(invocation: Invocation) => Promise<number>>;
}

export const COMMANDS: readonly Command[] = [
  {
    name: "create",
    takes: "<name>",
    about: "make the cluster, or finish or grow it: running it again is always safe",
    scopes: ["azure", "create"],
    load: async () => (await import("./create.ts")).create,
  },
  {
    name: "plan",
    takes: "<name>",
    about: "same as `create --dry-run`: preflight and plan, no write",
    scopes: ["azure", "create"],
    load: async () => (await import("./create.ts")).plan,
  },
  {
    name: "status",
    takes: "<name>",
    about: "nodes, their state and health, endpoints; found from Azure alone",
    scopes: ["azure", "nodes", "status"],
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "list",
    takes: "",
    about: "clusters of this tool in the subscription",
    scopes: ["azure"],
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "remove",
    takes: "<name> <nodes...>",
    about: "take named nodes out, etcd membership first",
    scopes: ["azure", "nodes", "remove"],
    load: async () => (await import("./remove.ts")).removeNodes,
  },
  {
    name: "destroy",
    takes: "<name>",
    about: "remove everything, and prove that nothing is left",
    scopes: ["azure", "destroy"],
    load: async () => (await import("./destroy.ts")).destroy,
  },
  {
    name: "gc",
    takes: "",
    about: "destroy clusters whose --ttl has passed",
    scopes: ["azure", "gc"],
    load: async () => (await import("./gc.ts")).gc,
  },
  {
    name: "ssh",
    takes: "<name> [node]",
    about: "log in to a node (0 by default), or run a command there",
    scopes: ["azure", "nodes"],
    rest: true,
    load: async () => (await import("./ssh.ts")).ssh,
  },
  {
    name: "run",
    takes: "<name>",
    about: "run a command on every node at once, output labelled by node",
    scopes: ["azure", "nodes", "run"],
    rest: true,
    load: async () => (await import("./run.ts")).run,
  },
  {
    name: "export",
    takes: "<name>",
    about: "the plan as an ARM template or Terraform JSON (azapi)",
    scopes: ["azure", "create", "export"],
    load: async () => (await import("./export.ts")).exportPlan,
  },
  {
    name: "lint",
    takes: "<file>",
    about: "check a cloud-config file as a node would read it",
    scopes: ["lint"],
    load: async () => (await import("./lint.ts")).lint,
  },
  {
    name: "generate-mgmt-cert",
    takes: "",
    about: "make azure-cert.pem (key + certificate) and azure-cert.cer",
    scopes: ["keys", "certificate"],
    load: async () => (await import("./certificate.ts")).generateManagementCertificateCommand,
  },
  {
    name: "create-azure-user-data",
    takes: "[url]",
    about: "write azure-user-data from the templates",
    scopes: ["keys"],
    load: async () => (await import("./user-data.ts")).createAzureUserDataCommand,
  },
  {
    name: "emulate",
    takes: "",
    about: "serve the simulated ARM on loopback for other programs",
    scopes: ["emulate", "keys"],
    load: async () => (await import("./emulate.ts")).emulate,
  },
  {
    name: "completion",
    takes: "<shell>",
    about: "completion script for bash, zsh or fish",
    scopes: [],
    load: async () => (await import("./completion-command.ts")).completion,
  },
];

export const commandNamed = (name: string): Command | undefined => COMMANDS.find((command) => command.name === name);
