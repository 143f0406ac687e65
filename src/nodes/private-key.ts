/**
 * The private key in a form that ssh2 reads: OpenSSH or the old PEM forms, the block alone. Keys made by OpenSSL are often PKCS#8, which
 * it does not read. ssh2 itself has the last word, here and not when a node is reached: a key that it refuses is no node's fault. An error
 * here must never quote the key.
 */
import { createPrivateKey } from "node:crypto";
import { ClusterError } from "../core/errors.ts";
import { IN_OPENSSH_FORM } from "../core/openssh-form.ts";
import { type PemText, privateKeyIn } from "../core/pem.ts";

/** @throws ClusterError SshKeyEncrypted, SshKeyUnreadable */
export async function forSsh(text: string): Promise<string> {
  const block = privateKeyIn(text);
  if (block === undefined) {
    throw /BEGIN [A-Z ]*PRIVATE KEY/.test(text)
      ? unreadable("it has no END PRIVATE KEY line that fits", "It is cut off, or two are mixed up: copy the whole file again.")
      : unreadable(
          "it has no BEGIN PRIVATE KEY line",
          "Give the private key (ssh-cert.key), not the certificate or the .pub file.",
        );
  }
  if (block.label === "ENCRYPTED PRIVATE KEY" || block.encrypted || encryptedOpenSsh(block)) {
    throw new ClusterError("SshKeyEncrypted", "the SSH private key is protected by a passphrase", {
      source: "user",
      advice: "Add it to your agent, which is used: eval $(ssh-agent); ssh-add FILE",
    });
  }
  const pem = block.label === "PRIVATE KEY" ? oldForm(block.pem) : block.pem;
  // loaded here, for it takes a moment, and many a command reaches no node
  const { utils } = (await import("ssh2")).default;
  if (utils.parseKey(pem) instanceof Error) throw unreadable("it is damaged", DAMAGED);
  return pem;
}

const DAMAGED = "Check the file with: ssh-keygen -y -f FILE";

/** Of PKCS#8: PKCS#1, or SEC1. */
function oldForm(pem: string): string {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "rsa") return key.export({ format: "pem", type: "pkcs1" }).toString();
    if (key.asymmetricKeyType === "ec") return key.export({ format: "pem", type: "sec1" }).toString();
  } catch {
    throw unreadable("it is damaged", DAMAGED);
  }
  throw unreadable(
    "its type is not RSA or EC",
    `An Ed25519 key must be in OpenSSH's form. Write it so, and give that: (umask 077; ${IN_OPENSSH_FORM} > FILE.openssh)`,
  );
}

/** PROTOCOL.key of OpenSSH: after a magic word the name of the cipher, "none" for a key without a passphrase. */
function encryptedOpenSsh({ label, base64 }: PemText): boolean {
  if (label !== "OPENSSH PRIVATE KEY") return false;
  const bytes = Buffer.from(base64, "base64");
  const at = "openssh-key-v1\0".length;
  if (bytes.length < at + 4) return false;
  return bytes.toString("latin1", at + 4, at + 4 + bytes.readUInt32BE(at)) !== "none";
}

const unreadable = (why: string, advice: string): ClusterError =>
  new ClusterError("SshKeyUnreadable", `the SSH private key cannot be read: ${why}`, { source: "user", advice });
