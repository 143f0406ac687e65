/** A file that somebody named, whole: read up to a limit, for a device or a pipe may have no end, and reading it takes all memory. */
import { open } from "node:fs/promises";

const MOST_MIB = 64;

/** @throws what the system refuses it with, and an Error for one that is larger than any file of this kind */
export async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of file.createReadStream({ autoClose: false })) {
      size += (part as Buffer).length;
      if (size > MOST_MIB * 2 ** 20) throw new Error(`it has more than ${MOST_MIB} MiB`);
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}
