/** Which pages of a page blob are there, and which writes are missing still: how an interrupted upload is gone on with. */
import type { PageBlobClient } from "@azure/storage-blob";

export interface Span {
  /** Bytes from the start of the file, a multiple of 512. */
  offset: number;
  length: number;
}

/** Up to 4 MiB of the file that are not all zero: what to write of it, and the SHA-256 it had when it was surveyed. */
export interface Window extends Span {
  sha256: string;
  writes: readonly Span[];
}

/**
 * The page ranges that were ever written, in order, neighbours joined. A Put Page is there as a whole or not at all: its body was checked
 * against its MD5 before any of it was stored.
 */
export async function presentRanges(blob: PageBlobClient, signal?: AbortSignal): Promise<Span[]> {
  const ranges: Span[] = [];
  // `end` is the last byte, not the one behind it.
  for await (const { start, end } of blob.listPageRanges(0, undefined, signal === undefined ? {} : { abortSignal: signal })) {
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === start) last.length += end - start + 1;
    else ranges.push({ offset: start, length: end - start + 1 });
  }
  return ranges;
}

/** The windows with what is not wholly inside one of `ranges`; a write that is there in part is sent again. Both are in order. */
export function missing(windows: readonly Window[], ranges: readonly Span[]): Window[] {
  let at = 0;
  const isThere = ({ offset, length }: Span): boolean => {
    while (at < ranges.length && endOf(ranges[at]) < offset + length) at++;
    const range = ranges[at];
    return range !== undefined && range.offset <= offset;
  };
  return windows
    .map((window) => ({ ...window, writes: window.writes.filter((span) => !isThere(span)) }))
    .filter(({ writes }) => writes.length > 0);
}

/** Bytes that the windows' writes carry. */
export const bytesOf = (windows: readonly Window[]): number =>
  windows.flatMap(({ writes }) => writes).reduce((sum, { length }) => sum + length, 0);

const endOf = (span: Span | undefined): number => (span === undefined ? 0 : span.offset + span.length);
