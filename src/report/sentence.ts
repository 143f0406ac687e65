/** One event as the words after its label: what both screens say about a failure, and the line report about all else. */
import type { Event } from "../engine/event.ts";
import { retryWords } from "./progress.ts";
import { short } from "./short.ts";
import { unnamed } from "./same-cause.ts";
import { changed, nameIn, plain } from "../core/words.ts";

/** "made", "failed: QuotaExceeded: ..."; secrets and control characters are taken out. */
function sentence(event: Event): string {
  const text = words(event);
  // a node's label ends with its name
  return plain(short(event.node === undefined ? text : unnamed(plain(nameIn(event.label)), text)));
}

/** Label, two blanks, sentence; a note is its own sentence. */
export function lineOf(event: Event): string {
  const said = sentence(event);
  if (event.kind === "note" || event.kind === "end") return said === "" ? plain(event.label) : said;
  return said === "" ? plain(event.label) : `${plain(event.label)}  ${said}`;
}

/** What is there is there still. */
export const failedWord = ({ change }: Pick<Event, "change">): string => (change === "updated" ? "NOT CHANGED" : "FAILED");

function words(event: Event): string {
  const reason = [event.code, event.message].filter((word) => word !== undefined && word !== "").join(": ");
  const more = event.detail ?? "";
  switch (event.kind) {
    case "plan":
      return event.count === undefined ? more : `${event.count} to see to${more === "" ? "" : `: ${more}`}`;
    case "phase":
      return more;
    case "started":
      return more === "" ? "asked for" : more;
    case "waiting":
      return more === "" ? "in work" : more;
    case "retrying":
      return retryWords(event);
    case "unchanged":
      return "there already";
    case "done":
      return more === "" ? changed(event.change) : `${changed(event.change)}: ${more}`;
    case "failed":
      return `${failedWord(event)}${reason === "" ? "" : `: ${reason}`}`;
    case "skipped":
      return `skipped${reason === "" ? (more === "" ? "" : `: ${more}`) : `: ${reason}`}`;
    default:
      return event.message ?? more;
  }
}
