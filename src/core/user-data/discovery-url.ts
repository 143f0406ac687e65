/** What a discovery URL must look like, whoever gave it: it ends up in a systemd unit. */
import { ClusterError } from "../errors.ts";

/** Quotes and angle brackets that came along when the URL was copied, straight or curly. */
const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^["'`<\u2018\u201c]+(.*?)["'`>\u2019\u201d]+$/s, "$1")
    .trim();

/** The address as everybody means it: no quotes, scheme and host in small letters, no slash at the end; undefined for no http(s) URL. */
export function tidyDiscoveryUrl(text: string): string | undefined {
  const address = unquoted(text);
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return undefined;
  // by hand: URL's own text leaves out a port that says nothing, and a cluster's URL is compared as it was kept
  return address.replace(/^https?:\/\/[^/?#]*/i, (origin) => origin.toLowerCase()).replace(/\/+(?=$|[?#])/, "");
}

/** A service that is asked for a URL, `https://host/new` or `https://host/new?size=3`, and no cluster's own URL. */
export const asksForUrl = (tidy: string): boolean => /\/new(\?[^#]*)?$/.test(tidy);

/**
 * Returns the URL, tidied, when a node can use it: http or https, any host, a path that ends in a token. Characters that
 * systemd would read otherwise (`%`, quotes, backslash, blanks) are refused; tokens of discovery servers have none.
 *
 * @throws ClusterError DiscoveryUrlInvalid
 */
export function discoveryUrlOf(text: string): string {
  const url = tidyDiscoveryUrl(text) ?? text.trim();
  if (!asksForUrl(url) && /^https?:\/\/[A-Za-z0-9._~:[\]-]+(\/[A-Za-z0-9._~-]+)+$/.test(url) && URL.canParse(url)) return url;
  throw new ClusterError("DiscoveryUrlInvalid", `"${url}" is no discovery URL`, {
    advice:
      "Give http:// or https://, a host, and a path that ends in the token, as http://host/new?size=3 of a discovery server answers.",
  });
}
