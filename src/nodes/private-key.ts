/**
 * The private key in a form that ssh2 reads: OpenSSH or the old PEM forms. Keys made by OpenSSL are often PKCS#8, which it
 * does not read. An error here must never quote the key.
 */
import { createPrivateKey } from "node:crypto";
import { ClusterError } from "../core/errors.ts";

/** @throws ClusterError SshKeyEncrypted, SshKeyUnreadable */
export function forSsh(text: string): string {
  const label = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/.exec(text)?.[1];
  if (label === undefined) {
    throw unreadable(
      "it has no BEGIN PRIVATE KEY line",
      "Give the private key (ssh-cert.key), not the certificate or the .pub file.",
    );
  }
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(text) || encryptedOpenSsh(text)) {
    throw new ClusterError("SshKeyEncrypted", "the SSH private key is protected by a passphrase", {
      source: "user",
      advice: "Add it to your agent, which is used: eval $(ssh-agent); ssh-add FILE",
    });
  }
  if (label !== "PRIVATE KEY") return text;
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "rsa") return key.export({ format: "pem", type: "pkcs1" }).toString();
    if (key.asymmetricKeyType === "ec") return key.export({ format: "pem", type: "sec1" }).toString();
  } catch {
    throw unreadable("it is damaged", "Check the file with: ssh-keygen -y -f FILE");
  }
  throw unreadable("its type is not RSA or EC", "Ed25519 keys must be in OpenSSH form: make one with ssh-keygen -t ed25519.");
}

/** PROTOCOL.key of OpenSSH: after a magic word the name of the cipher, "none" for a key without a passphrase. */
function encryptedOpenSsh(text: string): boolean {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, "base64");
  const at = "openssh-key-v1\0".length;
  if (bytes.length < at + 4) return false;
  return bytes.toString("latin1", at + 4, at + 4 + bytes.readUInt32BE(at)) !== "none";
}

const unreadable = (why: string, advice: string): ClusterError =>
  new ClusterError("SshKeyUnreadable", `the SSH private key cannot be read: ${why}`, { source: "user", advice });
