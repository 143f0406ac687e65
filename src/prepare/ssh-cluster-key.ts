/**
 * The SSH key of a cluster that exists, as every command but create meets it: known from Azure, and its private half perhaps here as
 * ssh-cert.key. Nothing is chosen, and no key is ever made.
 */
import { join } from "node:path";
import { readKept } from "./kept-file.ts";
import { textOf } from "./key-text.ts";
import { inspectPrivateKey } from "./private-key-file.ts";
import type { SshKey } from "./ssh-key.ts";
import { findOwnKey } from "./ssh-own-key.ts";
import { sameSshKey, sshFingerprint } from "./ssh-public-key.ts";
import { DEFAULT_SUBJECT, type Subject } from "./subject.ts";

export interface OwnPlace {
  /** Where ssh-cert.key, .pem, .cer and .pub lie. */
  readonly dir: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly subject?: () => Promise<Subject>;
}

/** With a note when its private half is not here. */
export async function clusterSshKey(options: OwnPlace & { readonly clusterKey: string }): Promise<SshKey> {
  const { clusterKey, dir } = options;
  const own = await findOwnKey(placeOf(options));
  if (own !== undefined && sameSshKey(own.publicKey, clusterKey)) return { ...own, publicKey: clusterKey };
  return withoutCertificate(clusterKey, own, dir);
}

/** Whose certificate, if one has to be made, has the default subject unless another is given. */
export const placeOf = ({ dir, now, subject }: OwnPlace) => ({
  dir,
  now,
  subject: subject ?? (() => Promise.resolve(DEFAULT_SUBJECT)),
});

/** A key known from Azure alone. Its private half may still be `ssh-cert.key`; else the user must have it elsewhere. */
export async function withoutCertificate(publicKey: string, own: SshKey | undefined, dir: string): Promise<SshKey> {
  const file = join(dir, "ssh-cert.key");
  const local = inspectPrivateKey(textOf((await readKept(file)) ?? Buffer.alloc(0)));
  if (local.kind === "key" && local.publicKey !== undefined && sameSshKey(local.publicKey, publicKey))
    return { publicKey, privateKeyFile: file, made: false, files: [file], notes: [] };
  const other = own === undefined ? "is not here" : `is not here (ssh-cert.key in ${dir} is another one)`;
  const note = `The private key of ${sshFingerprint(publicKey)}, the cluster's SSH key, ${other}: name it with --ssh-key FILE, or log in with an agent that has it.`;
  return { publicKey, made: false, files: [], notes: [note] };
}
