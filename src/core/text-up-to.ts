/** What a web server answers, which nobody of ours has written: read as far as such an answer goes, and no further. */

/** @throws Error where it is longer, or its connection breaks */
export async function textUpTo({ body }: Pick<Response, "body">, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > mostBytes) throw new Error(`the answer is longer than ${mostBytes / 1024} KiB`);
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
