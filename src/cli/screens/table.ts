/** What each command does: nothing of one is loaded before it is asked for, so `--help` costs the parser alone. */
import type { CommandName } from "../commands.ts";
import type { Invocation } from "../invocation.ts";

type Screen = (invocation: Invocation) => Promise<number>;

export const SCREENS: { readonly [K in CommandName]: () => Promise<Screen> } = {
  create: async () => (await import("./create.ts")).createCommand,
  plan: async () => (await import("./create.ts")).planCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  list: async () => (await import("./list.ts")).listCommand,
  remove: async () => (await import("./remove.ts")).removeCommand,
  reboot: async () => (await import("./reboot.ts")).rebootCommand,
  replace: async () => (await import("./replace.ts")).replaceCommand,
  stop: async () => (await import("./stop.ts")).stopCommand,
  start: async () => (await import("./start.ts")).startCommand,
  destroy: async () => (await import("./destroy.ts")).destroyCommand,
  gc: async () => (await import("./gc.ts")).gcCommand,
  ssh: async () => (await import("./ssh.ts")).sshCommand,
  run: async () => (await import("./run.ts")).runCommand,
  logs: async () => (await import("./logs.ts")).logsCommand,
  platform: async () => (await import("./platform.ts")).platformCommand,
  kubeconfig: async () => (await import("./kubeconfig.ts")).kubeconfigCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  lint: async () => (await import("./lint.ts")).lint,
  "generate-mgmt-cert": async () => (await import("./certificate.ts")).generateManagementCertificateCommand,
  "create-azure-user-data": async () => (await import("./user-data.ts")).createAzureUserDataCommand,
  emulate: async () => (await import("./emulate.ts")).emulate,
  schema: async () => (await import("./schema.ts")).schema,
  completion: async () => (await import("./completion-command.ts")).completion,
};
