/**
 * What a domain's wildcard record leads to: a name below it is asked for that nobody has made. In a rehearsal nobody is asked: no record
 * leads to an address that is made up.
 */
import type { Run } from "../run.ts";

/** @returns the addresses; undefined where nobody could be asked, which is no word about the record */
export async function recordOf(run: Run, domain: string, address: string): Promise<string[] | undefined> {
  if (run.simulated) return [address];
  const name = `azure-coreos-cluster-${Buffer.from(run.outside.random(4)).toString("hex")}.${domain}`;
  const resolve = run.outside.resolve ?? (async (host: string) => (await import("node:dns/promises")).resolve4(host));
  return resolve(name).catch((error: NodeJS.ErrnoException) => (NO_RECORD.has(error.code ?? "") ? [] : undefined));
}

// --- internal ---

const NO_RECORD: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);
