/** What k3s is asked and told, as command lines for a server. A node's name is a machine's: letters, digits and hyphens. */
const KUBECTL = "k3s kubectl --request-timeout=20s";

/** NAME READY VERSION, a line a node. */
export const listNodes = `${KUBECTL} get nodes --no-headers -o 'custom-columns=N:.metadata.name,R:.status.conditions[?(@.type=="Ready")].status,V:.status.nodeInfo.kubeletVersion'`;

/** NAMESPACE NAME PHASE READY,READY, a line a pod. */
export const listPods = `${KUBECTL} get pods --all-namespaces --no-headers -o 'custom-columns=S:.metadata.namespace,N:.metadata.name,P:.status.phase,R:.status.containerStatuses[*].ready'`;

/** How long pods are given to go elsewhere. */
export const DRAIN_MS = 120_000;

export const drainNode = (name: string): string =>
  `k3s kubectl drain ${name} --ignore-daemonsets --delete-emptydir-data --force --timeout=${DRAIN_MS / 1000}s`;

/** k3s takes a server out of its etcd with it. */
export const deleteNode = (name: string): string => `${KUBECTL} delete node ${name} --ignore-not-found`;

/** Words of lines, without what a terminal would obey. */
export const rows = (text: string): string[][] =>
  text.split("\n").flatMap((line) => {
    const words = line
      .replaceAll(/[^\x20-\x7E]/g, "")
      .split(/\s+/)
      .filter(Boolean);
    return words.length === 0 ? [] : [words];
  });
