/**
 * `--ssh-from me`: the address that Azure would see. A machine behind a router does not know it, so a service is asked, and only when
 * it is said. api.ipify.org answers with the caller's IPv4 address and nothing else, and keeps none (https://www.ipify.org).
 */
import { textUpTo } from "../../core/text-up-to.ts";
import { isIPv4 } from "node:net";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { ME } from "../../core/spec/ranges.ts";
import type { Run } from "../run.ts";

const SERVICE = "https://api.ipify.org";
const DEADLINE_MS = 5000;
/** An address, or a page that says why not. */
const MOST_BYTES = 64 << 10;
/** A rehearsal asks nobody; this one is for documentation (RFC 5737). */
const REHEARSED = "203.0.113.7";

/** The flags with the address in the place of the word. @throws ClusterError OwnAddressUnknown (exit 5) */
export async function withOwnAddress<T extends Partial<Pick<FlagValues, "sshFrom" | "kubeApi">>>(run: Run, given: T): Promise<T> {
  const asked = (["sshFrom", "kubeApi"] as const).filter((key) => given[key]?.includes(ME) === true);
  if (asked.length === 0) return given;
  const range = `${await ownAddress(run)}/32`;
  const filled = asked.map((key) => [key, [...new Set(given[key]?.map((one) => (one === ME ? range : one)))]]);
  return { ...given, ...(Object.fromEntries(filled) as Partial<T>) };
}

// --- internal ---

async function ownAddress(run: Run): Promise<string> {
  const note = (message: string): void => run.emit({ kind: "note", id: "ssh-from", label: "SSH", message });
  if (run.simulated) {
    note(`--ssh-from me: in a rehearsal nobody is asked; ${REHEARSED} stands for your address.`);
    return REHEARSED;
  }
  const address = await asked(run);
  const { proxy } = run.wayOut.through(SERVICE);
  note(
    `--ssh-from me: ${SERVICE} sees you as ${address}` +
      (proxy === undefined ? "." : `, through the proxy ${proxy}; SSH goes without it, and may come from elsewhere.`),
  );
  return address;
}

async function asked({ wayOut, tools }: Run): Promise<string> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const answer = await wayOut.fetch(SERVICE, { signal: AbortSignal.any([tools.signal, deadline]) });
    const text = answer.ok ? (await textUpTo(answer, MOST_BYTES)).trim() : `status ${answer.status}`;
    if (isIPv4(text)) return text;
    throw new Error(`it answered "${text.slice(0, 60)}"`);
  } catch (cause) {
    tools.signal.throwIfAborted();
    const why = deadline.aborted ? `no answer within ${DEADLINE_MS / 1000} s` : cause instanceof Error ? cause.message : "";
    throw new ClusterError("OwnAddressUnknown", `--ssh-from me: ${SERVICE} could not tell your address (${why})`, {
      exit: EXIT.preflight,
      advice: "Give the range itself, for example --ssh-from 203.0.113.7/32. Nothing was written to Azure.",
      cause,
    });
  }
}
