/**
 * The file of `--ssh-cert`: a certificate (DER or PEM) or a public key, told apart by what is in it, not by its name; and the
 * private key that lies beside it. Reads only.
 */
import { createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { ClusterError } from "../core/errors.ts";
import { thumbprint } from "./certificate.ts";
import { readableByOthers, readKept } from "./kept-file.ts";
import { inspectPrivateKey } from "./private-key-file.ts";
import type { SshKey } from "./ssh-key.ts";
import { parseOpenSshPublicKey, sameSshKey, usableSshPublicKey } from "./ssh-public-key.ts";

/** Throws ClusterError `SshCertificate...` and `SshKeyRefused`, with what to give instead. */
export async function readGivenKey(file: string): Promise<SshKey> {
  const bytes = await readKept(file);
  if (bytes === undefined)
    throw new ClusterError("SshCertificateMissing", `--ssh-cert ${file} does not exist.`, { advice: "Check the path." });
  const { publicKey, thumbprint } = publicPart(file, bytes);
  const own = await privateKeyBeside(file, publicKey);
  return {
    publicKey,
    ...(own.file === undefined ? {} : { privateKeyFile: own.file }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
    made: false,
    files: own.file === undefined || own.file === file ? [file] : [file, own.file],
    notes: own.notes,
  };
}

function publicPart(file: string, bytes: Buffer): { publicKey: string; thumbprint?: string } {
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (text.includes("-----BEGIN CERTIFICATE-----") || bytes[0] === 0x30) return fromCertificate(file, bytes);
  if (/-----BEGIN (RSA )?PUBLIC KEY-----/.test(text))
    return { publicKey: readable(file, () => lineOf(file, createPublicKey(text))) };
  if (inspectPrivateKey(text).kind !== "none" || text.includes("PRIVATE KEY-----"))
    throw new ClusterError("SshCertificatePrivate", `--ssh-cert ${file} is a private key; the public half is wanted.`, {
      advice: `Give ${file}.pub; if there is none: ssh-keygen -y -f ${file} > ${file}.pub`,
    });
  parseOpenSshPublicKey(text, file);
  return {
    publicKey:
      text
        .split(/\r?\n/)
        .find((line) => line.trim() !== "" && !line.startsWith("#"))
        ?.trim() ?? "",
  };
}

function fromCertificate(file: string, bytes: Buffer): { publicKey: string; thumbprint: string } {
  return readable(file, () => {
    const certificate = new X509Certificate(bytes);
    return { publicKey: lineOf(file, certificate.publicKey), thumbprint: thumbprint(certificate.raw) };
  });
}

const lineOf = (file: string, key: KeyObject): string =>
  usableSshPublicKey(key, basename(file, extname(file)).replaceAll(/[^\w.@-]/g, "-"), `The key in ${file}`);

function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause;
    throw new ClusterError("SshCertificateUnreadable", `${file} is no certificate or public key that can be read.`, {
      advice:
        "A .cer (DER), a PEM certificate or an OpenSSH .pub file is wanted; of a .pfx, take the certificate out: openssl pkcs12 -in FILE.pfx -nokeys -out FILE.pem",
      cause,
    });
  }
}

/** `x.cer` has `x.key`, as the original assumed; `id_ed25519.pub` has `id_ed25519`; a PEM may hold both. */
async function privateKeyBeside(file: string, publicKey: string): Promise<{ file?: string; notes: string[] }> {
  const stem = join(dirname(file), basename(file, extname(file)));
  const candidates = [file, `${stem}.key`, ...(extname(file) === ".pub" ? [stem] : []), `${stem}.pem`];
  for (const candidate of new Set(candidates)) {
    const text = (await readKept(candidate).catch(() => undefined))?.toString("utf8");
    const found = inspectPrivateKey(text ?? "");
    if (found.kind === "none") continue;
    if (found.kind === "key" && (found.publicKey === undefined || !sameSshKey(found.publicKey, publicKey)))
      throw new ClusterError("SshKeyMismatch", `${candidate} is not the private key of ${file}.`, {
        advice: "Put the private key that belongs to it beside it under that name, or move the other one away.",
      });
    const warning = await readableByOthers(candidate);
    return { file: candidate, notes: warning === undefined ? [] : [warning] };
  }
  return {
    notes: [`No private key was found beside ${file} (${candidates.slice(1).join(", ")}): logging in is left to ssh's agent.`],
  };
}
