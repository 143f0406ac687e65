/** Parsers of flags that are a URL. No message shows what may be a secret in it. */
import { bareAddress } from "../bare-address.ts";
import { usageError } from "../errors.ts";
import { tidyDiscoveryUrl } from "../user-data/discovery-url.ts";
import { type Accepts, type Parse, accepting, file } from "./parse.ts";

const HTTP = "[Hh][Tt][Tt][Pp][Ss]?:";
const WEB: Accepts = { type: "string", pattern: `^\\s*${HTTP}` };

/** With a query, if it has one: a shared access signature. */
export const url: Parse<string> = accepting(WEB, (value) => {
  webAddress(value);
  return value;
});

/** Of a service: scheme, host, port and a path, without a slash at its end. */
export const endpoint: Parse<string> = accepting(WEB, (value) => {
  const { origin, pathname, search, hash } = webAddress(value);
  if (search !== "" || hash !== "")
    throw usageError(`${bareAddress(value)} has a query or a fragment`, "Leave out everything from ? or # on.");
  return `${origin}${pathname}`.replace(/\/+$/, "");
});

/** etcd's: tidied, so that the same URL is the same text. In quotes it is one, too. */
export const discoveryAddress: Parse<string> = accepting({ type: "string", pattern: `^\\W*${HTTP}` }, (value) => {
  const address = tidyDiscoveryUrl(value);
  if (address === undefined) throw noAddress(value);
  webAddress(address);
  return address;
});

export const fileOrUrl: Parse<string> = accepting(file.accepts ?? { type: "string" }, (value) => {
  if (/^https?:/i.test(value)) webAddress(value);
  return file(value);
});

// --- internal ---

function webAddress(value: string): URL {
  const address = URL.canParse(value) ? new URL(value) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol)) throw noAddress(value);
  if (address.username !== "" || address.password !== "")
    throw usageError(
      `${bareAddress(value)} is given with a user name or password`,
      "Leave them out: they are not used, and a command line is no place for a secret.",
    );
  return address;
}

const noAddress = (value: string): Error => usageError(`"${bareAddress(value)}" is no http or https URL`);
