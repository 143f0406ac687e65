/**
 * SSH public keys that Azure takes for Linux: `ssh-rsa` of 2048 bits or more, and `ssh-ed25519` (since October 2024). Wrapped ones too: Azure
 * makes and stores keys in lines of 64 columns with CRLF itself (canonical/pycloudlib#89).
 */

/** What is wrong with the key, in Azure's tone, or undefined. */
export function sshKeyProblem(key: string): string | undefined {
  const [format = "", ...words] = key.trim().split(/\s+/);
  const fields = words.map((_, last) => fieldsOf(Buffer.from(words.slice(0, last + 1).join(""), "base64"))).find(isWhole);
  if (fields === undefined || fields[0]?.toString("latin1") !== format) {
    return "The SSH public key is not valid: it must be in the OpenSSH format.";
  }
  if (format === "ssh-ed25519") return fields[1]?.length === 32 ? undefined : "The ssh-ed25519 key has a wrong length.";
  if (format !== "ssh-rsa") return `The SSH public key type '${format}' is not supported. Use ssh-rsa or ssh-ed25519.`;
  const modulus = fields[2];
  if (modulus === undefined) return "The ssh-rsa key has no modulus.";
  const bits = BigInt(`0x${modulus.toString("hex") || "0"}`).toString(2).length;
  return bits >= 2048 ? undefined : `The ssh-rsa key has ${bits} bits; at least 2048 are required.`;
}

/** An RSA key has three fields, any other two or more. */
const isWhole = (fields: Buffer[] | undefined): boolean =>
  fields !== undefined && fields.length >= (fields[0]?.toString("latin1") === "ssh-rsa" ? 3 : 2);

/** RFC 4253: strings with a length of four bytes before each. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === bytes.length && fields.length > 1 ? fields : undefined;
}
