/**
 * Which proxy an address is asked through: the variables of the environment as curl, pip and the Azure CLI read them. Pure. What a
 * variable holds may be a password: only `shown` is for people.
 */
import { BlockList, isIP } from "node:net";
import { usageError } from "../../core/errors.ts";
import { isLoopback } from "../../core/loopback.ts";

export interface Proxy {
  /** With the user name and password that it wants: for its connection alone. */
  readonly url: URL;
  /** "proxy.example:3128" */
  readonly shown: string;
  /** The variable that names it. */
  readonly variable: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** In this order, each in small letters first, as curl has it. Azure's own tools take another's variable where the address's own is not set. */
const VARIABLES = {
  "https:": ["https_proxy", "all_proxy", "http_proxy"],
  "http:": ["http_proxy", "all_proxy", "https_proxy"],
} as const;

/**
 * The proxy of an address; undefined where it is asked directly. This machine and its link (a managed identity's service) are never
 * asked through one.
 * @throws ClusterError Usage, for a variable that names none
 */
export function proxyOf(env: Env, address: string): Proxy | undefined {
  const url = new URL(address);
  const variable = VARIABLES[url.protocol === "http:" ? "http:" : "https:"]
    .flatMap((name) => [name, name.toUpperCase()])
    .find((name) => (env[name] ?? "").trim() !== "");
  if (variable === undefined || isNear(url) || isExcepted(env["no_proxy"] || env["NO_PROXY"] || "", url)) return undefined;
  return readProxy(variable, (env[variable] ?? "").trim());
}

// --- internal ---

/** `host:port` is `http://host:port`. */
function readProxy(variable: string, text: string): Proxy {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https")
    throw usageError(
      `${variable} names a proxy of the kind ${scheme}`,
      "This tool speaks to proxies over http and https: give http://HOST:PORT, or take the variable away for this command.",
    );
  const address = withLogin(scheme === undefined ? `http://${text}` : text);
  if (address === undefined || !URL.canParse(address) || !isHost(new URL(address)) || !isDecodable(new URL(address)))
    throw usageError(
      `${variable} holds no address of a proxy`,
      "Write HOST:PORT or http://USER:PASSWORD@HOST:PORT, without quotation marks in it; in the password / is %2F, ? is %3F, # is %23, @ is %40, : is %3A and % is %25.",
    );
  const url = new URL(address);
  return { url, shown: url.host, variable };
}

/**
 * User and password reach up to the last @, and a user may have a domain: DOMAIN\USER. Undefined where one of their characters would end
 * the address before: USER:12/PASSWORD@HOST is the host USER to a URL, and a part of the password its port, which is shown.
 */
function withLogin(address: string): string | undefined {
  const [, scheme = "", login = "", host = ""] = /^([a-z][a-z\d+.-]*:\/\/)(?:(.*)@)?(.*)$/is.exec(address) ?? [];
  if (/[/?#]/.test(login)) return undefined;
  return login === "" ? address : `${scheme}${login.replaceAll("\\", "%5C")}@${host}`;
}

/** No scheme that follows another one, nor what came along with it: quotation marks are none of a name. */
const isHost = ({ hostname, pathname }: URL): boolean =>
  /^(?:\[[\da-f:.]+\]|[\w.-]+)$/.test(hostname) && !pathname.startsWith("//");

/** A password with a bare % in it can be no percent-encoding. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

const near = new BlockList();
near.addSubnet("169.254.0.0", 16, "ipv4");
near.addSubnet("fe80::", 10, "ipv6");

function isNear(url: URL): boolean {
  const host = hostOf(url);
  return isLoopback(url.href) || host.endsWith(".localhost") || (isIP(host) !== 0 && near.check(host, family(host)));
}

/** Without the brackets of IPv6 and the dot at a name's end. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Names (and what is below them), addresses, ranges, each with a port or without; `*` is everything. */
function isExcepted(list: string, url: URL): boolean {
  const host = hostOf(url);
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, name = entry, at] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      return (at === undefined || at === port) && isCovered(host, name.replace(/^\[|\]$/g, ""));
    });
}

function isCovered(host: string, entry: string): boolean {
  if (entry === "*") return true;
  const [first = "", bits] = entry.replaceAll(/[[\]]/g, "").split("/");
  if (isIP(first) !== 0) return isIP(host) !== 0 && isInRange(host, first, bits);
  // ".example.com", "*.example.com" and "example.com" are the name and all below it
  const name = entry.replace(/^\*?\./, "").replace(/\.$/, "");
  if (name.includes("*")) return new RegExp(`^${name.split("*").map(escaped).join(".*")}$`).test(host);
  return name !== "" && (host === name || host.endsWith(`.${name}`));
}

function isInRange(host: string, first: string, bits: string | undefined): boolean {
  const range = new BlockList();
  const length = Number(bits ?? (isIP(first) === 6 ? 128 : 32));
  if (!Number.isInteger(length) || length < 0 || length > (isIP(first) === 6 ? 128 : 32)) return false;
  range.addSubnet(first, length, family(first));
  return range.check(host, family(host));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
