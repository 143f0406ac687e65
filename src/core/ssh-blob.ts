/**
 * A public key in SSH's wire format (RFC 4253 section 6.6): strings, each with its length in four bytes before it, the first of which is
 * the type. Whether one is whole, so that sshd takes it.
 */

/** The strings that `bytes` consists of; undefined when they do not end where the bytes end. */
export function stringsIn<T extends Uint8Array>(bytes: T): T[] | undefined {
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: T[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + lengths.getUint32(at);
    if (end > bytes.length) return undefined;
    found.push(bytes.subarray(at + 4, end) as T);
    at = end;
  }
  return found;
}

/** What follows the type's name; undefined for what is no key of this type. Certificates, and types that are not known here, are not looked into. */
export function keyPartsOf<T extends Uint8Array>(type: string, blob: T): T[] | undefined {
  const shape = SHAPES.find(([known]) => known.test(type))?.[1];
  if (shape === undefined) return startsWith(blob, type) ? [] : undefined;
  const [name, ...parts] = stringsIn(blob) ?? [];
  const whole = name?.length === type.length && textOf(name) === type && parts.length === shape.length;
  return whole && parts.every((part, index) => shape[index]?.(part) === true) ? parts : undefined;
}

// --- internal ---

type Fits = (part: Uint8Array) => boolean;

const any: Fits = () => true;
const of32Bytes: Fits = ({ length }) => length === 32;
/** A positive number. */
const number: Fits = ([first]) => first !== undefined && first < 0x80;
/** Uncompressed (SEC 1, 2.3.3): of P-256, P-384 or P-521. */
const point: Fits = (part) => part[0] === 4 && [65, 97, 133].includes(part.length);

const SHAPES: readonly (readonly [type: RegExp, parts: readonly Fits[]])[] = [
  [/^ssh-rsa$/, [number, number]],
  [/^ssh-ed25519$/, [of32Bytes]],
  [/^ssh-dss$/, [number, number, number, number]],
  [/^ecdsa-sha2-nistp\d+$/, [any, point]],
  [/^sk-ssh-ed25519@openssh\.com$/, [of32Bytes, any]],
  [/^sk-ecdsa-sha2-nistp256@openssh\.com$/, [any, point, any]],
];

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const startsWith = (blob: Uint8Array, type: string): boolean =>
  textOf(blob.subarray(0, 4 + type.length)) === `\0\0\0${String.fromCharCode(type.length)}${type}`;
