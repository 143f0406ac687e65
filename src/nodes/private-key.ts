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
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    throw new ClusterError("SshKeyEncrypted", "the SSH private key is protected by a passphrase", {
      source: "user",
      advice: "Write a copy without one, readable by you alone: openssl pkey -in KEY -out KEY.plain (or ssh-keygen -p).",
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

const unreadable = (why: string, advice: string): ClusterError =>
  new ClusterError("SshKeyUnreadable", `the SSH private key cannot be read: ${why}`, { source: "user", advice });
