/**
 * Why a node is not ready: a class, a sentence and what to do, from how far it came and from what its logs say (log-rows.ts). Pure:
 * text in, one diagnosis out; the line shown as evidence is redacted.
 */
import { LOG_ROWS } from "./log-rows.ts";
import type { NodeState } from "./node-state.ts";
import { redact } from "./redact.ts";

export interface Evidence {
  readonly state: NodeState;
  /** Of NodeReadiness. */
  readonly code?: string;
  /** The serial console's log; undefined when it could not be had, empty when the machine wrote nothing. */
  readonly serial?: string | undefined;
  /** `systemctl --failed --plain --no-legend`. */
  readonly failedUnits?: string | undefined;
  /** `journalctl` of the units that matter. */
  readonly journal?: string | undefined;
  /** Why the journal could not be had, as "could not be read" goes on. */
  readonly unread?: string;
}

export interface Diagnosis {
  readonly class: string;
  readonly summary: string;
  readonly advice: string;
  /** The log line that says it. */
  readonly evidence?: string;
}

/** One line of `systemctl --failed`. */
const FAILED_UNIT = /^\W*(\S+\.(?:service|mount|socket|target|timer|swap|device))\s+(?:loaded|not-found|masked)\s+failed/m;

export function classify(found: Evidence): Diagnosis {
  const reached = fromState(found);
  // that Azure gave a machine up says little: what it wrote before may say why
  if (reached !== undefined && reached.class !== "machine-failed") return reached;
  for (const text of [found.journal, found.serial]) {
    const hit = text === undefined ? undefined : fromLog(text);
    if (hit !== undefined) return hit;
  }
  if (reached !== undefined) return reached;
  const unit = FAILED_UNIT.exec(found.failedUnits ?? "")?.[1];
  if (unit !== undefined) {
    return {
      class: "unit-failed",
      summary: `${unit} failed`,
      advice: `Log in and look at: systemctl status ${unit}; journalctl -b -u ${unit}`,
    };
  }
  return fallback(found);
}

/** What needs no log. */
function fromState({ state, code }: Evidence): Diagnosis | undefined {
  if (state === "wrong-host-key") {
    return {
      class: "wrong-host-key",
      summary: "somebody answers with another host key than the one this node was given",
      advice: "If cloud-config did not reach the node, its serial console log shows its own key; else do not log in.",
    };
  }
  if (code === "MachineFailed") {
    return {
      class: "machine-failed",
      summary: "Azure could not make the machine",
      advice: "Run the command again: it makes it anew.",
    };
  }
  if (code === "MachineStopped") {
    return {
      class: "machine-stopped",
      summary: "the machine is switched off",
      advice:
        "`azure-coreos-cluster start NAME` gives power to every machine of the cluster that has none. Then run the same command again.",
    };
  }
  if (code === "EtcdClientCertificateMissing") {
    return {
      class: "client-certificate",
      summary: "etcd could not be asked: the operator's certificate is not here",
      advice: "Copy etcd-ca.pem, etcd-client.pem and etcd-client.key into the cluster's folder from where it was made.",
    };
  }
  return undefined;
}

function fromLog(text: string): Diagnosis | undefined {
  // a line may be megabytes long, and patterns would take the square of that
  const lines = text.split("\n").map((line) => line.slice(0, 4096));
  for (const { pattern, ...row } of LOG_ROWS) {
    const line = lines.findLast((one) => pattern.test(one));
    if (line !== undefined) return { ...row, evidence: redact(line) };
  }
  return undefined;
}

function fallback({ state, code, serial, unread }: Evidence): Diagnosis {
  if (code === "FirstBoot")
    return {
      class: "booting",
      summary: "SSH answers, and its first boot is still at work",
      advice: "Run the command again: it goes on waiting. What it is at: sudo tail /var/log/cloud-init-output.log",
    };
  if (state === "ssh") {
    return {
      class: "etcd-unknown",
      summary: `SSH answers, etcd is not healthy, and its log ${unread === undefined ? "does not say why" : `could not be read ${unread}`}`,
      advice:
        "Log in and look at: systemctl status etcd-member etcd-gateway; journalctl -b -u etcd-member -u etcd-gateway (a node that is no member has the gateway alone; if the members that it knows of are gone, `azure-coreos-cluster replace NAME NODE` makes it anew)",
    };
  }
  if (code === "SshAuthentication") {
    return {
      class: "key-refused",
      summary: "the node does not accept our SSH key",
      advice: "It must be the key that the cluster was made with. On a first boot the key may come late: run the command again.",
    };
  }
  if (serial === undefined) {
    return {
      class: "no-ssh",
      summary: "SSH does not answer, and its serial console log could not be had",
      advice: "Look at the machine in Azure.",
    };
  }
  if (serial.trim() === "") {
    return {
      class: "no-boot",
      summary: "the machine has written nothing to its console",
      advice: "It may not have been started yet: wait, or restart it.",
    };
  }
  return / login:/.test(serial)
    ? {
        class: "no-ssh",
        summary: "the machine has booted, but SSH is not reached",
        advice: "Check --ssh-from, the security group and the NAT rule, and that your own network lets this port out.",
      }
    : { class: "booting", summary: "the machine was still booting", advice: "Run the command again: it goes on waiting." };
}
