/**
 * SSH host keys that are known before first contact: Ed25519, made here and put into the node by cloud-config. The private
 * key is written in OpenSSH's own format (PROTOCOL.key), because sshd does not read Ed25519 in PKCS#8. Writes no file.
 */
import { type KeyObject, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { HostKey } from "../core/node-config.ts";
import { sshString, uint32 } from "./ssh-wire.ts";

const generate = promisify(generateKeyPair);

/** A new Ed25519 key pair; `comment` (the machine's name) ends the public line and must be printable ASCII. */
export async function generateHostKey(comment: string): Promise<HostKey> {
  return hostKeyOf((await generate("ed25519")).privateKey, comment);
}

export function hostKeyOf(privateKey: KeyObject, comment: string): HostKey {
  const { d = "", x = "" } = privateKey.export({ format: "jwk" });
  const publicBytes = Buffer.from(x, "base64url");
  const blob = Buffer.concat([sshString("ssh-ed25519"), sshString(publicBytes)]);
  return {
    privateKey: opensshPrivateKey(blob, Buffer.from(d, "base64url"), publicBytes, comment),
    publicKey: `ssh-ed25519 ${blob.toString("base64")} ${comment}`,
  };
}

/** openssh-key-v1 without encryption: public blob, then twice a check number, the key, the comment, padding 1, 2, 3, ... */
function opensshPrivateKey(blob: Buffer, seed: Buffer, publicBytes: Buffer, comment: string): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, blob, sshString(Buffer.concat([seed, publicBytes])), sshString(comment)]);
  // The cipher "none" counts as one with blocks of 8 bytes.
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  const key = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString("none"),
    sshString("none"),
    sshString(""),
    uint32(1),
    sshString(blob),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = key.toString("base64").replace(/.{1,70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----\n`;
}
