/**
 * A command's output cut into lines of bytes, for printing with the node's name before each, and its beginning kept for `--json`. A line
 * longer than 64 KiB is cut, and its length told: a node that never ends a line costs no memory. What the bytes mean is not known here.
 */
export interface OutputLine {
  readonly index: number;
  readonly name: string;
  readonly stream: "stdout" | "stderr";
  /** Without the line's end; at most LINE_BYTES. */
  readonly bytes: Buffer;
  /** How long the line was, where it was cut. */
  readonly cutFrom?: number;
}

export const LINE_BYTES = 64 << 10;

export interface LineSplitter {
  add(chunk: Buffer): void;
  /** Hands on a last line without an end. May be called twice. */
  end(): void;
}

export function lineSplitter(onLine: (bytes: Buffer, length: number) => void): LineSplitter {
  /** The line's beginning, where it came in an earlier chunk; one buffer for all lines. */
  let begun: Buffer | undefined;
  let held = 0;
  let length = 0;
  const take = (piece: Buffer): void => {
    begun ??= Buffer.allocUnsafe(LINE_BYTES);
    held += piece.copy(begun, held, 0, LINE_BYTES - held);
    length += piece.length;
  };
  const flush = (): void => {
    onLine(Buffer.from(begun?.subarray(0, held) ?? []), length);
    [held, length] = [0, 0];
  };
  return {
    add(chunk) {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        const piece = chunk.subarray(from, end);
        if (length === 0 && piece.length <= LINE_BYTES) onLine(Buffer.from(piece), piece.length);
        else {
          take(piece);
          flush();
        }
        from = end + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    },
    end() {
      if (length > 0) flush();
      begun = undefined;
    },
  };
}

export interface Beginning {
  add(chunk: Buffer): void;
  /** As UTF-8; a character that the limit would cut in two is left out. */
  text(): string;
  /** Bytes that came, kept or not. */
  bytes(): number;
}

/** Keeps the first `most` bytes of a stream. */
export function beginning(most: number): Beginning {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    add(chunk) {
      const room = most - bytes;
      bytes += chunk.length;
      // a copy: a slice would keep all of what it was cut from
      if (room > 0) chunks.push(Buffer.from(chunk.subarray(0, room)));
    },
    text() {
      const whole = Buffer.concat(chunks);
      return whole.toString("utf8", 0, bytes > most ? lastWhole(whole) : whole.length);
    },
    bytes: () => bytes,
  };
}

/** The length without a last character that lacks its end: the first of its 2 to 4 bytes says how many there are. */
function lastWhole(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
