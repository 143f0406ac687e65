/** YAML that no node reads, but this program alone, such as `--config`: what one of js-yaml (YAML 1.2) and libyaml (1.1) takes is taken. */
import { parseEvents, YAMLException, type Event } from "js-yaml";
import { readEvents } from "./events.ts";
import { LIBYAML, withSeenBreaks } from "./reader.ts";

/**
 * The events of a text, and the source that js-yaml makes values of with them.
 *
 * @throws YAMLException with the line, in words that say what to do
 */
export function ownEvents(text: string): { readonly events: Event[]; readonly source: string } {
  try {
    return { events: parseEvents(text, {}), source: text };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { events: readEvents(text, LIBYAML), source: withSeenBreaks(text) };
  }
}
