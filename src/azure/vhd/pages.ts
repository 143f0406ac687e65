/** Which pages of a page blob are there, and which writes are missing still: how an interrupted upload is gone on with. */
import { defined } from "../../core/defined.ts";
import type { PageBlobClient } from "@azure/storage-blob";

export interface Span {
  /** Bytes from the start of the file, a multiple of 512. */
  offset: number;
  length: number;
}

/** One request's worth of data, at most 4 MiB, and the SHA-256 it had when the file was surveyed. */
export interface Write extends Span {
  sha256: string;
}

/**
 * The page ranges that were ever written, in order, neighbours joined. A Put Page is there as a whole or not at all: its body was checked
 * against its MD5 before any of it was stored.
 */
export async function presentRanges(blob: PageBlobClient, signal?: AbortSignal): Promise<Span[]> {
  const ranges: Span[] = [];
  // `end` is the last byte, not the one behind it.
  for await (const { start, end } of blob.listPageRanges(0, undefined, defined({ abortSignal: signal }))) {
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === start) last.length += end - start + 1;
    else ranges.push({ offset: start, length: end - start + 1 });
  }
  return ranges;
}

/** What of `writes` is not wholly inside one of `ranges`; what is there in part is sent again. Both are in order. */
export function missingPages(writes: readonly Write[], ranges: readonly Span[]): Write[] {
  let at = 0;
  return writes.filter(({ offset, length }) => {
    while (at < ranges.length && endOf(ranges[at]) < offset + length) at++;
    const range = ranges[at];
    return range === undefined || range.offset > offset;
  });
}

export const bytesOf = (spans: readonly Span[]): number => spans.reduce((sum, { length }) => sum + length, 0);

const endOf = (span: Span | undefined): number => (span === undefined ? 0 : span.offset + span.length);
