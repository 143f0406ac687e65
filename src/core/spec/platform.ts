/** Parsers of what a platform is asked to be. Each value ends in another program's environment: nothing passes that a shell or YAML takes for more. */
import { usageError } from "../errors.ts";
import { prefixAround } from "../ipv4.ts";
import { type Parse, accepting } from "./parse.ts";

/** A domain as DNS writes it, in lower case, of two words at least. */
export const DOMAIN = /^(?=.{4,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
export const ADMIN = /^[a-z][a-z0-9_-]{0,30}$/;
export const SHA256 = /^[0-9a-f]{64}$/;
/** A range, not an address in it. */
export const RANGE = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;

export const domain: Parse<string> = (value) => {
  const name = value.trim().toLowerCase().replace(/^\*\./, "").replace(/\.$/, "");
  if (DOMAIN.test(name)) return name;
  throw usageError(`"${value}" is no domain`, "For example apps.example.com, with a wildcard record *.apps.example.com.");
};

export const adminName: Parse<string> = accepting({ type: "string", pattern: ADMIN.source }, (value) => {
  if (ADMIN.test(value)) return value;
  throw usageError(`"${value}" is no user name`, "Lower-case letters, digits, - and _; it starts with a letter.");
});

export const sha256: Parse<string> = (value) => {
  const digest = value.trim().toLowerCase();
  if (SHA256.test(digest)) return digest;
  throw usageError(`"${value}" is no SHA-256`, "64 hexadecimal digits, as `sha256sum install.sh` prints them.");
};

export const privateRange: Parse<string> = (value) => {
  if (RANGE.test(value) && prefixAround(value) !== undefined) return value;
  throw usageError(`"${value}" is no IPv4 range`, "For example 10.42.0.0/16.");
};
