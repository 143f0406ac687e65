/**
 * The SSH key that people log in with: given by `--ssh-cert`, named by `--ssh-thumb`, kept from before, or made. One cluster
 * has one key: what the cluster in Azure already has wins over what lies here. Decides; the files are read and made by
 * ssh-given-key.ts and ssh-own-key.ts. Private keys never leave their files.
 */
import type { KeyObject } from "node:crypto";
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import { clusterSshKey, placeOf, withoutCertificate } from "./ssh-cluster-key.ts";
import { readGivenKey } from "./ssh-given-key.ts";
import { findOwnKey, makeOwnKey } from "./ssh-own-key.ts";
import type { SshKey } from "./ssh-key.ts";
import { sameSshKey, sshFingerprint, sshThumbprint } from "./ssh-public-key.ts";
import type { Subject } from "./subject.ts";

export type { SshKey } from "./ssh-key.ts";

export interface SshKeyOptions {
  /** Where ssh-cert.key, .pem, .cer and .pub lie. */
  readonly dir: string;
  /** `--ssh-cert`: certificate or public key; relative to the working directory of the process. */
  readonly sshCert?: string;
  /** The flag that named that file, for what is said of it. */
  readonly named?: "--ssh-cert" | "--ssh-key";
  /** `--ssh-thumb`. */
  readonly sshThumb?: string;
  /** Of a certificate that has to be made; asked for only then. The default subject when absent. */
  readonly subject?: () => Promise<Subject>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A key that was begun in case that one has to be made (`beginOwnKey`). */
  readonly begun?: Promise<KeyObject | undefined> | undefined;
  /** The public key that the cluster in Azure already has. */
  readonly clusterKey?: string;
  /** The SSH key stored in Azure whose `sshThumbprint` is `sshThumb`, when the caller found one. */
  readonly storedKey?: string;
  /** What was learnt while it was looked for, told when nothing is found. */
  readonly storedNote?: string;
}

/**
 * Without flags, `ssh-cert.*` in `dir` is used, and made when nothing of it is there. With `clusterKey` nothing is ever
 * made: the cluster's key is used, with a note when its private half is not here.
 * Throws ClusterError: bad files, thumbprints that disagree, a key that is not the cluster's (exit 5).
 */
export async function prepareSshKey(options: SshKeyOptions): Promise<SshKey> {
  const wanted = options.sshThumb === undefined ? undefined : parseThumbprint(options.sshThumb);
  if (options.sshCert !== undefined)
    return asClusterKey(agreeing(await readGivenKey(options.sshCert, options.named), wanted, options.sshCert), options);
  if (wanted !== undefined) return asClusterKey(await namedKey(wanted, options), options);
  if (options.clusterKey !== undefined) return clusterSshKey({ ...placeOf(options), clusterKey: options.clusterKey });
  return makeOwnKey({ ...placeOf(options), begun: options.begun });
}

/** What each of the two shows, parseThumbprint takes. */
const SHOW_ONE =
  "openssl x509 -noout -fingerprint -sha1 -in FILE shows that of a certificate, ssh-keygen -l -E sha1 -f FILE that of a public key";

/**
 * Upper-case hex of a SHA-1 thumbprint as people paste it: any case, with colons or spaces; base64, as ssh-keygen shows it; or the whole
 * line of openssl or ssh-keygen. Throws a usage error.
 */
export function parseThumbprint(text: string): string {
  // Windows' certificate dialog puts an invisible left-to-right mark in front of what it lets people copy.
  const plain = text
    .replace(/[\u200E\u200F]/g, "")
    .trim()
    .replace(/^sha1 Fingerprint=/i, "");
  const hex = plain.replace(/[\s:]/g, "").toUpperCase();
  if (/^[0-9A-F]{40}$/.test(hex)) return hex;
  const base64 = /^(?:\d+ )?(?:SHA1:)?([A-Za-z0-9+/]{27})=?(?: .*)?$/.exec(plain)?.[1];
  if (base64 !== undefined) return Buffer.from(base64, "base64").toString("hex").toUpperCase();
  throw usageError(`--ssh-thumb takes a SHA-1 thumbprint (40 hexadecimal digits, or SHA1:...), not "${text}".`, `${SHOW_ONE}.`);
}

/** Every thumbprint that can name a key: that of its certificate, and that of the key itself. */
const thumbprintsOf = (key: SshKey): string[] => [
  ...(key.thumbprint === undefined ? [] : [key.thumbprint]),
  sshThumbprint(key.publicKey),
];

function agreeing(key: SshKey, wanted: string | undefined, file: string): SshKey {
  // A certificate has one thumbprint; only a bare public key is named by its own.
  const actual = key.thumbprint ?? sshThumbprint(key.publicKey);
  if (wanted === undefined || wanted === actual) return key;
  throw usageError(
    `--ssh-thumb is ${wanted}, but ${file} has the thumbprint ${actual}.`,
    "Leave --ssh-thumb out, or give the file it belongs to.",
  );
}

async function namedKey(wanted: string, options: SshKeyOptions): Promise<SshKey> {
  const own = await findOwnKey(placeOf(options));
  if (own !== undefined && thumbprintsOf(own).includes(wanted)) return own;
  const stored = [options.storedKey, options.clusterKey].find((key) => key !== undefined && sshThumbprint(key) === wanted);
  if (stored !== undefined) return withoutCertificate(stored, own, options.dir);
  throw new ClusterError(
    "SshThumbprintNotFound",
    `No SSH key with the thumbprint ${wanted} was found, neither in ${options.dir} nor in Azure.${options.storedNote === undefined ? "" : ` ${options.storedNote}`}`,
    {
      advice: `Give the certificate or public key itself with --ssh-cert. ${SHOW_ONE}, and of a key stored in Azure, too.`,
      exit: EXIT.preflight,
    },
  );
}

function asClusterKey(key: SshKey, { clusterKey }: SshKeyOptions): SshKey {
  if (clusterKey === undefined) return key;
  if (sameSshKey(key.publicKey, clusterKey)) return { ...key, publicKey: clusterKey };
  throw new ClusterError(
    "SshKeyDiffers",
    `The cluster's SSH key is ${sshFingerprint(clusterKey)}, but ${sshFingerprint(key.publicKey)} was given: one cluster has one key.`,
    {
      advice: "Leave --ssh-cert and --ssh-thumb out to go on with the cluster's key, or give the key it was made with.",
      exit: EXIT.preflight,
    },
  );
}
