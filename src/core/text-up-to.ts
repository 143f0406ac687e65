/** What a web server answers, which nobody of ours has written: read as far as such an answer goes, and no further. */

/** @throws Error where it is longer, or its connection breaks */
export async function textUpTo({ body }: Pick<Response, "body">, mostBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > mostBytes) throw new Error(`the answer is longer than ${words(mostBytes)}`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

// --- internal ---

const words = (bytes: number): string => (bytes < 1 << 20 ? `${bytes / 1024} KiB` : `${bytes / (1 << 20)} MiB`);
