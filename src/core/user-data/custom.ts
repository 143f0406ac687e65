/**
 * A user's own file (`--custom-data`). It comes through byte for byte, etcd or no etcd in it, but for the places that old files leave
 * for a discovery URL and a machine's name (places.ts); what is filled in is said, line by line.
 */
import { ClusterError } from "../errors.ts";
import type { Finding } from "./check/finding.ts";
import { discoveryUrlOf } from "./discovery-url.ts";
import { placesOf, type ValuePlace } from "./places.ts";

export interface CustomValues {
  /** The machine's name, for `{1}`. */
  readonly name: string;
  /** For `{0}` and `#DISCOVERY_URL`. */
  readonly discoveryUrl?: string;
}

/**
 * Fills in an old file for one node; a file without places is returned as it is.
 *
 * @throws ClusterError DiscoveryUrlMissing when the file wants a URL and there is none; DiscoveryUrlInvalid
 */
export function customUserData(text: string, values: CustomValues): string {
  const places = placesOf(text);
  const wants = places.find(({ takes }) => takes === "url");
  if (wants !== undefined && values.discoveryUrl === undefined) {
    throw new ClusterError(
      "DiscoveryUrlMissing",
      `the custom data has a place for a discovery URL (${wants.written} in line ${wants.line}), and there is no URL`,
      {
        advice:
          "Give --discovery-service-url, or write the URL into the file, or leave --custom-data out: the tool's own user-data needs none.",
      },
    );
  }
  const url = wants === undefined ? "" : discoveryUrlOf(values.discoveryUrl ?? "");
  return places.reduceRight(
    (filled, { takes, start, end }) => filled.slice(0, start) + (takes === "url" ? url : values.name) + filled.slice(end),
    text,
  );
}

/** What is said of the places. */
export const filledNotes = (text: string): readonly Finding[] =>
  placesOf(text).map(({ line, written, takes }: ValuePlace) => ({
    level: "note",
    line,
    message: `${written} becomes ${takes === "url" ? "the cluster's discovery URL" : "the machine's name"}`,
  }));
