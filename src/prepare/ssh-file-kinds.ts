/**
 * KINDS OF FILES THAT PEOPLE HOLD FOR AN SSH PUBLIC KEY: one row a kind, how it is known, what it is, and the command that makes of it
 * what is wanted. Looked at before anything is counted or parsed. What a file holds is never quoted: it may be a secret.
 */
import { ClusterError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import { unusedBeside } from "./beside.ts";
import { throughFilters } from "./key-form.ts";
import { pemBlocks, textOf } from "./key-text.ts";
import { parseOpenSshPublicKey, type OpenSshPublicKey } from "./ssh-public-key.ts";

export interface ForeignKind {
  readonly is: string;
  readonly advice: string;
}

/** The kind of a file that holds no public key that is read here; undefined for all others. */
export function foreignKind(file: string, bytes: Buffer): ForeignKind | undefined {
  const text = textOf(bytes);
  const labels = new Set(pemBlocks(text).map(({ label }) => label));
  const row = ROWS.find(([looks]) => (looks instanceof RegExp ? looks.test(text) : labels.has(looks)));
  if (row === undefined) return undefined;
  const [, is, advice] = row;
  return { is, advice: inPlace(throughFilters(advice, bytes), file) };
}

/** The key of a text that is no other kind of file: what it is refused with has the command for this file. */
export function parsePublicKeyFile(text: string, file: string): OpenSshPublicKey {
  try {
    return parseOpenSshPublicKey(text, file);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new ClusterError(error.code, error.message, { advice: inPlace(error.advice ?? "", file) });
  }
}

/** DER has no first line to be known by. */
export const DER_KINDS = {
  pkcs12: [
    "a PKCS#12 file (.pfx, .p12), which holds a private key too",
    "Take the certificate out, with -legacy for a file of old Windows: openssl pkcs12 -in FILE -nokeys -clcerts -out STEM.pem",
    "Take the private key out, with -legacy for a file of old Windows: (umask 077; openssl pkcs12 -in FILE -nocerts -noenc -out STEM.key)",
  ],
  "private key": [
    "a private key in DER",
    "Write it as PEM, and give that: (umask 077; openssl pkey -inform DER -in FILE -out STEM.key)",
  ],
  "encrypted private key": [
    "a private key in DER, under a passphrase",
    "Give its public half: openssl pkey -inform DER -in FILE -pubout -out STEM.pub",
    "Write it as PEM without the passphrase, and give that: (umask 077; openssl pkey -inform DER -in FILE -out STEM.key)",
  ],
  chain: [
    "a PKCS#7 file with several certificates, and which of them is meant is not to be seen",
    "Take the one out that is meant: openssl pkcs7 -print_certs -in FILE (with -inform DER for a binary one)",
  ],
  unknown: [
    "no certificate or key that can be read",
    "A .cer (DER), a PEM certificate or an OpenSSH .pub file is wanted.",
    "A private key is wanted, as OpenSSH or PEM has it.",
  ],
} as const satisfies Record<string, readonly [is: string, advice: string, ofPrivate?: string]>;

/** @param wanted the half of the key that is asked for */
export function derKind(file: string, bytes: Buffer, kind: keyof typeof DER_KINDS, wanted: "public" | "private"): ForeignKind {
  const [is, advice, ofPrivate = advice]: readonly [string, string, string?] = DER_KINDS[kind];
  return { is, advice: inPlace(throughFilters(wanted === "private" ? ofPrivate : advice, bytes), file) };
}

/** FILE is the file, and STEM.pem one beside it that is not there. Words for a shell. */
const inPlace = (advice: string, file: string): string =>
  advice.replaceAll(/\bFILE\b|\bSTEM(\.\w+)/g, (_, extension?: string) =>
    extension === undefined ? shellWord(file) : unusedBeside(file, extension),
  );

// --- internal ---

const OPENSSH = "Make it one for OpenSSH, and give that:";

/** A pattern of the text, or the label of a PEM block. */
const ROWS: readonly (readonly [looks: RegExp | string, is: string, advice: string])[] = [
  [/^\s*$/, "empty", "Give the file with the public key (.pub), or of the private one."],
  [
    /^PuTTY-User-Key-File-/,
    "a PuTTY private key (.ppk)",
    `${OPENSSH} (umask 077; puttygen FILE -O private-openssh -o STEM.key); its public half alone: puttygen FILE -O public-openssh -o STEM.pub`,
  ],
  [
    /^---- BEGIN SSH2 (ENCRYPTED )?PRIVATE KEY ----/,
    "a private key in the form of ssh.com (SSH2)",
    `${OPENSSH} (umask 077; puttygen FILE -O private-openssh -o STEM.key)`,
  ],
  [
    /^SSH PRIVATE KEY FILE FORMAT 1\.1/,
    "a private key of SSH version 1, which nothing takes today",
    "Make a new one: ssh-keygen -t ed25519",
  ],
  [
    /<PublishData[\s>]/,
    "a .publishsettings file, whose certificate signed in to classic Azure, which is gone",
    "Give a public key or certificate for SSH.",
  ],
  [
    /^\s*["']?(?:(?:~|\.{1,2})?[\\/]|[A-Za-z]:\\)(?=\S*[._~\\-])[^\r\n]*\s*$|^\s*\S+\.pub["']?\s*$/,
    "the path of a file, and no key itself",
    "Give the file that it names.",
  ],
  [/^-----BEGIN PGP /m, "a PGP key", "Of a key that can sign in: gpg --export-ssh-key KEYID > STEM.pub"],
  ["CERTIFICATE REQUEST", "a certificate request", "Take its public key out: openssl req -in FILE -noout -pubkey -out STEM.pub"],
  [
    "NEW CERTIFICATE REQUEST",
    "a certificate request",
    "Take its public key out: openssl req -in FILE -noout -pubkey -out STEM.pub",
  ],
  ["X509 CRL", "a list of revoked certificates", "It holds no key: give the certificate itself."],
  [
    /^\s*<RSAKeyValue>/,
    "an RSA key in .NET's XML",
    "In PowerShell 7: $r=[System.Security.Cryptography.RSA]::Create(); $r.FromXmlString((Get-Content -Raw FILE)); $r.ExportSubjectPublicKeyInfoPem()",
  ],
  [
    /^\s*[{[]/,
    "JSON",
    "Of a key stored in Azure: az sshkey show --name KEY --resource-group GROUP --query publicKey --output tsv > STEM.pub",
  ],
  [
    /^\s*<(!doctype|html|\?xml)/i,
    "a web page or XML",
    "Download the key itself: curl -fsSL https://github.com/USER.keys > STEM.pub",
  ],
  [
    /^\d{3,5} (SHA256:|MD5:|([0-9a-f]{2}:){15})/,
    "a fingerprint, from which no key can be made again",
    "Give the .pub file that it was shown of.",
  ],
  [/^\d{3,5} \d+ \d{50,}/, "a public key of SSH version 1, which nothing takes today", "Make a new one: ssh-keygen -t ed25519"],
  [
    /^(ssh|ecdsa|sk)-\S+-cert-v01@openssh\.com /m,
    "an OpenSSH certificate, which Azure does not take",
    "Give the key's own .pub file: it has the same name without -cert.",
  ],
  [
    /-----BEGIN [A-Z0-9 ]+-----/,
    "a PEM file without the END line that fits its BEGIN line",
    "It is cut off, or two are mixed up: copy the whole file again.",
  ],
];
