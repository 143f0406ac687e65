/**
 * What a node needs to be made a platform of, where the internet, apt, systemd and k3s are not: programs of the tests' own in its /bin. The
 * installer behaves as Drycc's pages say (steps, environment, token, units), leaks what it can, and fails or hangs where a test says so.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { PoweredMachine } from "./power.ts";

/** What the nodes' k3s knows in common, and what was called on them, in order. */
export interface Book {
  readonly folder: string;
  /** "node step", as the installer was called. */
  calls(): string[];
  /** What the installer was given there, by variable. */
  environment(node: string, step: string): Record<string, string>;
  kubectl(): string[];
  /** All command lines that there were while it ran. */
  arguments(): string;
  /** Names of k3s' nodes. */
  nodes(): string[];
}

const INSTALLER = `#!/usr/bin/env bash
set -eo pipefail
book=BOOK
me=$(cat /etc/me)
for step in "$@"; do
  echo "$me $step" >>"$book/calls"
  env >"$book/$me.$step.environment"
  ps -ewwo args >>"$book/arguments" 2>/dev/null || cat /proc/[0-9]*/cmdline | tr '\\0' ' ' >>"$book/arguments"
  echo "---> Start $step with token $K3S_TOKEN"
  echo "Helmbroker password: $DRYCC_ADMIN_PASSWORD$K3S_TOKEN"
  if [ -e /etc/fail ] && [ "$(cat /etc/fail)" = "$step" ]; then echo "no route to $K3S_TOKEN $DRYCC_ADMIN_PASSWORD"; exit 7; fi
  while [ -e /etc/hang ] && [ "$(cat /etc/hang)" = "$step" ]; do sleep 0.05; done
  case $step in
    install_k3s_server)
      mkdir -p /etc/systemd/system /etc/rancher/k3s /var/lib/rancher/k3s/server
      if [ -z "$K3S_URL" ]; then echo "K10$RANDOM$RANDOM$RANDOM::server:topsecret$RANDOM" >"$book/token"; fi
      [ -z "$K3S_URL" ] || [ "$K3S_TOKEN" = "$(cat $book/token)" ]
      (umask 077; cp "$book/token" /var/lib/rancher/k3s/server/node-token)
      cat >/etc/rancher/k3s/k3s.yaml <<KUBE
apiVersion: v1
kind: Config
clusters: [{ name: default, cluster: { certificate-authority-data: Y2E=, server: "https://127.0.0.1:6443" } }]
users: [{ name: default, user: { client-certificate-data: Y2VydA==, client-key-data: c2VjcmV0a2V5 } }]
contexts: [{ name: default, context: { cluster: default, user: default } }]
current-context: default
KUBE
      echo "[Unit]" >/etc/systemd/system/k3s.service
      echo server >"$book/nodes/$K3S_NODE_NAME" ;;
    install_k3s_agent)
      [ "$K3S_TOKEN" = "$(cat $book/token)" ]
      echo "[Unit]" >/etc/systemd/system/k3s-agent.service
      echo agent >"$book/nodes/$K3S_NODE_NAME" ;;
    install_drycc) [ -n "$PLATFORM_DOMAIN" ] && [ -n "$DRYCC_ADMIN_USERNAME" ] && [ -n "$DRYCC_ADMIN_PASSWORD" ] ;;
    upgrade) [ -n "$DRYCC_ADMIN_PASSWORD" ] ;;
    install_helm|install_components|install_longhorn|install_mountpoint|install_helmbroker) ;;
    *) exit 127 ;;
  esac
done
`;

const UNINSTALLER = `#!/usr/bin/env bash
book=BOOK
echo "$(cat /etc/me) uninstall" >>"$book/calls"
rm -f "$book/nodes/$(cat /etc/me)" /etc/systemd/system/k3s.service /etc/systemd/system/k3s-agent.service
rm -rf /etc/rancher /var/lib/rancher/k3s
`;

const PROGRAMS: Readonly<Record<string, string>> = {
  // what a transient unit is to us: it goes on when the session is over, and its name is taken for as long
  "systemd-run": `for a in "$@"; do case $a in --unit=*) unit=\${a#--unit=} ;; esac; done
while [ "\${1#--}" != "$1" ]; do shift; done
setsid "$@" </dev/null >/dev/null 2>&1 &
echo $! >"/etc/unit-$unit"`,
  systemctl: `case "$*" in
  "is-active --quiet"*) [ -e "/etc/unit-$3" ] && grep -qs '^State:.[^Z]' "/proc/$(cat "/etc/unit-$3")/status" ;;
  "enable --now iscsid") ;;
  *) exec "$(dirname "$0")/systemctl.old" "$@" ;;
esac`,
  "apt-get": `[ "$1" = update ] || for program in iscsiadm bc; do printf '#!/bin/sh\\n' >"$(dirname "$0")/$program"; chmod +x "$(dirname "$0")/$program"; done`,
  k3s: `book=BOOK
shift; [ "\${1#--}" = "$1" ] || shift
echo "$*" >>"$book/kubectl"
case "$1 $2" in
  "get nodes") for node in $(ls "$book/nodes"); do echo "$node True v1.33.1+k3s1"; done ;;
  "get pods") echo "drycc drycc-controller-0 Running true,true"; cat "$book/pods" 2>/dev/null || true ;;
  "delete node") rm -f "$book/nodes/$3" ;;
esac`,
};

export function newBook(folder: string): Book {
  mkdirSync(join(folder, "nodes"), { recursive: true });
  chmodSync(folder, 0o777);
  const lines = (name: string): string[] =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n") : [];
  return {
    folder,
    calls: () => lines("calls"),
    kubectl: () => lines("kubectl"),
    arguments: () => lines("arguments").join("\n"),
    nodes: () => readdirSync(join(folder, "nodes")).sort(),
    environment: (node, step) =>
      Object.fromEntries(
        lines(`${node}.${step}.environment`).map((line) => [line.split("=")[0] ?? "", line.replace(/^[^=]*=/, "")]),
      ),
  };
}

/** Puts the programs onto a machine. */
export function equip({ root, order }: PoweredMachine, book: Book): void {
  const bin = join(root, "bin");
  renameSync(join(bin, "systemctl"), join(bin, "systemctl.old"));
  for (const [name, text] of Object.entries(PROGRAMS))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text.replaceAll("BOOK", book.folder)}\n`, { mode: 0o755 });
  writeFileSync(join(root, "etc/me"), order.name);
}

/** Serves both scripts. @returns the installer's address */
export async function serveInstaller(book: Book): Promise<{ url: string; close: () => void }> {
  const texts: Record<string, string> = { "/install.sh": INSTALLER, "/uninstall.sh": UNINSTALLER };
  const server = createServer((request, response) => {
    const text = texts[request.url ?? ""];
    response.writeHead(text === undefined ? 404 : 200).end((text ?? "").replaceAll("BOOK", book.folder));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/install.sh`, close: () => server.close() };
}
