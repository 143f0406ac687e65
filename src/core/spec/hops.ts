/** `--jump`: the hosts that SSH goes through on its way to the nodes, in their order, as ssh's ProxyJump takes them; each is said in full. */
import { usageError } from "../errors.ts";
import { type Parse, accepting } from "./parse.ts";

export interface Hop {
  readonly user: string;
  /** A name that DNS knows, or an address; no alias of ~/.ssh/config. */
  readonly host: string;
  readonly port: number;
}

/** "user@host[:port]", several with commas between them; "none" for no hop where one was kept. */
export const hops = (value: string): readonly Hop[] => (value.trim().toLowerCase() === "none" ? [] : value.split(",").map(hop));

/** One of them, as it is typed: who, an address in brackets, or a name or address, and a port. */
const HOP =
  "([A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,127})@(?:\\[([\\da-f:.]+)\\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?))(?::(\\d{1,5}))?";
const ONE_HOP = new RegExp(`^${HOP}$`);

/** The flag's value: the same in one spelling. */
export const jump: Parse<string> = accepting(
  { type: "string", pattern: `^\\s*(${HOP}(\\s*,\\s*${HOP})*|[Nn][Oo][Nn][Ee])\\s*$` },
  (value) => hops(value).map(hopText).join(",") || "none",
);

/** As it is typed: "core@127.0.0.1:2222". */
export const hopText = ({ user, host, port }: Hop): string =>
  `${user}@${host.includes(":") ? `[${host}]` : host}${port === 22 ? "" : `:${port}`}`;

/** Whether it is at the end of a tunnel on this machine, as that of Azure Bastion. */
export const isTunnel = ({ host }: Hop): boolean => host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

// --- internal ---

function hop(text: string): Hop {
  const [, user, six, name, port = "22"] = ONE_HOP.exec(text.trim()) ?? [];
  const host = six ?? name;
  if (user === undefined || host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw usageError(
      `"${text.trim()}" is no jump host`,
      "Write user@host or user@host:port, several with commas between them, or none. What ~/.ssh/config calls a host is not looked up.",
    );
  return { user, host: host.toLowerCase(), port: Number(port) };
}
