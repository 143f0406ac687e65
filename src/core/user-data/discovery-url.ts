/** What a discovery URL must look like, whoever gave it: it ends up in a systemd unit. */
import { ClusterError } from "../errors.ts";

/**
 * Returns the URL, trimmed, when a node can use it: http or https, any host, a path that ends in a token. Characters that
 * systemd would read otherwise (`%`, quotes, backslash, blanks) are refused; tokens of discovery servers have none.
 *
 * @throws ClusterError DiscoveryUrlInvalid
 */
export function discoveryUrlOf(text: string): string {
  const url = text.trim();
  if (/^https?:\/\/[A-Za-z0-9._~:[\]-]+(\/[A-Za-z0-9._~-]+)+$/.test(url) && URL.canParse(url)) return url;
  throw new ClusterError("DiscoveryUrlInvalid", `"${url}" is no discovery URL`, {
    advice:
      "Give http:// or https://, a host, and a path that ends in the token, as http://host/new?size=3 of a discovery server answers.",
  });
}
