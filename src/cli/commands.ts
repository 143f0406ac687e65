/**
 * THE COMMANDS TABLE: names, what they take, and what they are for. What they do is in screens.ts, which loads it.
 */
import type { Flag, FlagScope } from "../core/spec/flag.ts";
import { type FlagKey, flagRows } from "../core/spec/flags.ts";

interface CommandRow {
  readonly name: string;
  /** Positional arguments as commander writes them: "<name> [nodes...]". */
  readonly takes: string;
  readonly about: string;
  readonly scopes: readonly FlagScope[];
  /** What is said at once, on a terminal, until the first answer is there. */
  readonly busy?: string;
  /** Everything after `--` is a command line: how its usage shows that. */
  readonly rest?: "-- CMD" | "[-- CMD]";
  /** It deletes: a guess at what a slip of the hand was meant to be names it, and gives no line to copy. */
  readonly deletes?: boolean;
}

const ROWS = [
  {
    name: "create",
    takes: "<name>",
    about: "make the cluster, or finish or grow it: running it again is always safe",
    scopes: ["azure", "create"],
    busy: "Checking location, quota and name",
  },
  {
    name: "plan",
    takes: "<name>",
    about: "same as `create --dry-run`: preflight and plan, no write",
    scopes: ["azure", "create"],
    busy: "Checking location, quota and name",
  },
  {
    name: "status",
    takes: "<name>",
    about: "nodes, their state and health, endpoints; found from Azure alone",
    scopes: ["azure", "nodes", "status"],
    busy: "Asking Azure and the nodes",
  },
  {
    name: "list",
    takes: "",
    about: "clusters of this tool in the subscription",
    scopes: ["azure"],
    busy: "Asking Azure",
  },
  {
    name: "remove",
    takes: "<name> <nodes...>",
    about: "take named nodes out, etcd membership first",
    scopes: ["azure", "nodes", "remove"],
    busy: "Looking at what is there",
    deletes: true,
  },
  {
    name: "reboot",
    takes: "<name> [nodes...]",
    about: "reboot nodes one at a time, healthy in between (all of them by default)",
    scopes: ["azure", "nodes", "reboot"],
  },
  {
    name: "replace",
    takes: "<name> <nodes...>",
    about: "make nodes anew, one after the other: out of etcd, away, made with today's choices, back in",
    scopes: ["azure", "nodes", "replace"],
    deletes: true,
  },
  {
    name: "stop",
    takes: "<name>",
    about: "end etcd, and deallocate all machines: data and addresses stay",
    scopes: ["azure", "nodes"],
  },
  {
    name: "start",
    takes: "<name>",
    about: "start a stopped cluster, and wait until etcd is healthy",
    scopes: ["azure", "nodes"],
  },
  {
    name: "destroy",
    takes: "<name>",
    about: "remove everything, and prove that nothing is left",
    scopes: ["azure", "destroy"],
    busy: "Looking at what is there",
    deletes: true,
  },
  {
    name: "gc",
    takes: "",
    about: "destroy clusters whose --ttl has passed",
    scopes: ["azure", "gc"],
    busy: "Looking for clusters whose time is over",
    deletes: true,
  },
  {
    name: "ssh",
    takes: "<name> [node]",
    about: "log in to a node (0 by default), or run a command there",
    scopes: ["azure", "nodes"],
    rest: "[-- CMD]",
  },
  {
    name: "run",
    takes: "<name>",
    about: "run a command on every node at once, output labelled by node",
    scopes: ["azure", "nodes", "run"],
    rest: "-- CMD",
  },
  {
    name: "logs",
    takes: "<name> [node]",
    about: "the serial console of a node, or of all; with --unit the journal",
    scopes: ["azure", "nodes", "logs"],
    busy: "Asking for the consoles",
  },
  {
    name: "platform",
    takes: "<action> <name>",
    about: "install, status, upgrade or uninstall: Drycc Workflow, Deis' heir, with k3s on Ubuntu or Debian",
    scopes: ["azure", "nodes", "platform"],
    busy: "Looking at what is there",
  },
  {
    name: "kubeconfig",
    takes: "<name>",
    about: "write NAME/kubeconfig for the platform's k3s, or run a command with it",
    scopes: ["azure", "nodes"],
    rest: "[-- CMD]",
  },
  {
    name: "export",
    takes: "<name>",
    about: "the plan as an ARM template or Terraform JSON (azapi), on stdout",
    scopes: ["azure", "create", "export"],
    busy: "Checking location, quota and name",
  },
  {
    name: "lint",
    takes: "<file>",
    about: "check a cloud-config file as a node would read it",
    scopes: ["lint"],
  },
  {
    name: "generate-mgmt-cert",
    takes: "",
    about: "make azure-cert.pem (key + certificate) and azure-cert.cer",
    scopes: ["keys", "certificate"],
  },
  {
    name: "create-azure-user-data",
    takes: "[url]",
    about: "write azure-user-data from the templates",
    scopes: ["keys"],
  },
  {
    name: "emulate",
    takes: "",
    about: "serve the simulated ARM on loopback for other programs",
    scopes: ["emulate", "keys"],
  },
  {
    name: "schema",
    takes: "[name]",
    about: "the JSON Schema of a document of --json, or of --config's file; without a name their names",
    scopes: [],
  },
  {
    name: "completion",
    takes: "<shell>",
    about: "completion script for bash, zsh, fish or powershell",
    scopes: [],
  },
] as const satisfies readonly CommandRow[];

export type CommandName = (typeof ROWS)[number]["name"];

export interface Command extends CommandRow {
  readonly name: CommandName;
}

export const COMMANDS: readonly Command[] = ROWS;

export const commandNamed = (name: string): Command | undefined => COMMANDS.find((command) => command.name === name);

/** Flags that a command takes. */
export const flagsOf = (command: Command): (readonly [FlagKey, Flag<unknown>])[] =>
  flagRows.filter(([, flag]) => flag.on.some((scope) => command.scopes.includes(scope)));
