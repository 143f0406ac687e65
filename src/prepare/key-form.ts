/**
 * The form that a key file is written in, where we read it and other programs (ssh, openssl) do not: what is odd about it, and the
 * commands, as filters one after the other, that make of it what they read. A row a form.
 */
import { createPrivateKey } from "node:crypto";
import { extname } from "node:path";
import { IN_OPENSSH_FORM } from "../core/openssh-form.ts";
import { pemTexts, privateKeyIn } from "../core/pem.ts";
import { shellWord } from "../core/quoting.ts";
import { unusedBeside } from "./beside.ts";
import { looksLikeDer } from "./der-file.ts";
import { readableByOthers, readKept } from "./kept-file.ts";
import { bareBase64, textEncodingOf, textOf } from "./key-text.ts";

/** What is to be said of a private key's file: that others may read it, or that ssh, which is to log in with it, does not read its form. */
export async function notesOn(file: string): Promise<string[]> {
  const [others, bytes] = await Promise.all([readableByOthers(file), readKept(file).catch(() => undefined)]);
  if (bytes !== undefined && isEd25519InPkcs8(bytes))
    return [others, ed25519Note(file, bytes)].filter((one) => one !== undefined);
  const form = bytes === undefined ? undefined : formFor(bytes, sshReads, "[A-Z0-9 ]*PRIVATE KEY");
  const note =
    form === undefined
      ? undefined
      : `${file} holds a private key that this tool reads, and ssh does not: it is ${form.is}. ${ANEW}: (umask 077; ${piped(file, form.filters)} > ${anewAs(file)})`;
  return [others, note].filter((one) => one !== undefined);
}

/** What openssl is asked, "openssl pkey -in FILE", through what makes this file readable to it first. */
export function throughFilters(commands: string, bytes: Buffer): string {
  const filters = formFor(bytes, opensslReads, "[A-Z0-9 ]+")?.filters ?? [];
  if (filters.length === 0) return commands;
  return commands.replaceAll(/openssl [^;|]*?-in FILE/g, (one) => `${piped("FILE", filters)} | ${one.replace(" -in FILE", "")}`);
}

/** The same for a shell. */
export const opensslReading = (commands: string, file: string, bytes: Buffer): string =>
  throughFilters(commands, bytes).replaceAll(/\bFILE\b/g, () => shellWord(file));

// --- internal ---

const ed25519Note = (file: string, bytes: Buffer): string =>
  `${file} holds an Ed25519 key in PKCS#8, with which this tool cannot log in to a node, nor ssh before OpenSSH 9.6. ${ANEW}: (umask 077; ${opensslReading(IN_OPENSSH_FORM, file, bytes)} > ${anewAs(file)})`;

const ANEW = "Write it anew, and put that in its place or give it";
const anewAs = (file: string): string => unusedBeside(file, extname(file) || ".key");

/** Whatever stands around it. */
function isEd25519InPkcs8(bytes: Buffer): boolean {
  const block = privateKeyIn(textOf(bytes));
  if (block?.label !== "PRIVATE KEY") return false;
  try {
    return createPrivateKey(block.pem).asymmetricKeyType === "ed25519";
  } catch {
    return false;
  }
}

interface Form {
  readonly is: string;
  /** What undoes it; of the bytes, and of the labels of the PEM blocks that are wanted. */
  readonly filter: (bytes: Buffer, labels: string) => string;
  /** The same here; the bytes themselves for a file that is not of this form. */
  readonly undone: (bytes: Buffer, labels: string) => Buffer;
}

const FORMS: readonly Form[] = [
  {
    is: "in UTF-16",
    filter: (bytes) => `iconv -f ${textEncodingOf(bytes)} -t UTF-8`,
    undone: (bytes) => (textEncodingOf(bytes) === "UTF-8" ? bytes : Buffer.from(textOf(bytes))),
  },
  {
    is: "with the line ends of Windows",
    filter: () => "tr -d '\\r'",
    undone: (bytes) => (looksLikeDer(bytes) ? bytes : Buffer.from(bytes.filter((byte) => byte !== 0x0d))),
  },
  {
    is: "in base64",
    filter: () => "base64 -d",
    undone(bytes) {
      const inside = bareBase64(bytes.toString("latin1"));
      return inside !== undefined && (looksLikeDer(inside) || pemTexts(textOf(inside)).length > 0) ? inside : bytes;
    },
  },
  {
    is: "without the end of its last line",
    filter: () => "awk 1",
    undone: (bytes) => (/-----\n[^]*-----$/.test(bytes.toString("latin1")) ? Buffer.concat([bytes, Buffer.from("\n")]) : bytes),
  },
  {
    is: "with other characters before or between its lines",
    filter: (_, labels) =>
      `perl -0777 -ne 's/\\\\+[rn]/\\n/g; while (/-----BEGIN (${labels})-----(.*?)-----END \\1-----/sg) { ($l, $b) = ($1, $2); $b =~ tr/A-Za-z0-9+\\/=//cd; $b =~ s/.{64}(?=.)/$&\\n/g; print "-----BEGIN $l-----\\n$b\\n-----END $l-----\\n" }'`,
    undone(bytes, labels) {
      const blocks = pemTexts(textOf(bytes)).filter(({ label }) => new RegExp(`^${labels}$`).test(label));
      // of headers, which such a key has, nothing would be left
      if (blocks.length === 0 || blocks.some(({ encrypted }) => encrypted)) return bytes;
      return Buffer.from(blocks.map(({ pem }) => pem).join(""));
    },
  },
];

/** Row after row, until it is read; undefined where it is read as it is, or never will be. */
function formFor(
  bytes: Buffer,
  reads: (bytes: Buffer) => boolean,
  labels: string,
): { readonly is: string; readonly filters: readonly string[] } | undefined {
  const found: { is: string; filter: string }[] = [];
  let now = bytes;
  while (!reads(now)) {
    const form = FORMS.find(({ undone }) => !undone(now, labels).equals(now));
    if (form === undefined) return undefined;
    found.push({ is: form.is, filter: form.filter(now, labels) });
    now = form.undone(now, labels);
  }
  if (found.length === 0) return undefined;
  return { is: found.map(({ is }) => is).join(", "), filters: found.map(({ filter }) => filter) };
}

const piped = (file: string, [first, ...rest]: readonly string[]): string =>
  [`${first} < ${shellWord(file)}`, ...rest].join(" | ");

/** Its own form from the first byte to the end of its line, and no CR in between; PEM as openssl reads it. What holds no key is not judged. */
function sshReads(bytes: Buffer): boolean {
  const block = privateKeyIn(textOf(bytes));
  if (block === undefined) return true;
  const text = bytes.toString("utf8");
  const { label } = block;
  if (label !== "OPENSSH PRIVATE KEY") return blocksInLines(text).includes(label);
  return text.startsWith(`-----BEGIN ${label}-----\n`) && text.includes(`\n-----END ${label}-----\n`);
}

/** DER, or PEM of which every block stands in lines. */
function opensslReads(bytes: Buffer): boolean {
  const blocks = blocksInLines(bytes.toString("utf8")).length;
  return looksLikeDer(bytes) || (blocks > 0 && blocks === pemTexts(textOf(bytes)).length);
}

/** The labels of the blocks that begin and end in column 0, without an empty line but that after headers. */
function blocksInLines(text: string): string[] {
  const found: string[] = [];
  let open: { label: string; headers: boolean } | undefined;
  for (const line of text.split("\n").map((one) => one.trimEnd())) {
    const label = /^\uFEFF?-----BEGIN ([A-Z0-9 ]+)-----$/.exec(line)?.[1];
    if (label !== undefined) open = { label, headers: false };
    else if (open !== undefined && line.startsWith(`-----END ${open.label}-----`)) {
      found.push(open.label);
      open = undefined;
    } else if (line.includes(":") && open !== undefined) open.headers = true;
    else if (line === "" && open?.headers === true) open.headers = false;
    else if (line === "") open = undefined;
  }
  return found;
}
