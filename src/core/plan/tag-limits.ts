/**
 * Azure takes 50 tags on a resource: the tool's, the user's, and what others have put there. Counted before the first write, for a
 * cluster that is refused at its tenth resource is half made. Pure.
 */
import { type ClusterError, usageError } from "../errors.ts";
import { refusal } from "../advice/preflight.ts";
import { type AnyResource, nameOf } from "./resource.ts";
import { FLAGS_TAG } from "./kept-flags.ts";
import { type Tags, escaped, gather, partCount } from "./tag-parts.ts";
import { USER_TAGS, foreignTags, userTagsOf } from "./user-tags.ts";

export const TAG_LIMIT = 50;

/** Of what is to be written: a resource, and the tags that are there. */
export interface Tagged {
  readonly resource: AnyResource;
  readonly live: Tags | undefined;
}

/** The first that would have too many: exit 2 where the flags alone are too much, 5 where others have put theirs there. */
export function tooManyTags(all: readonly Tagged[]): ClusterError | undefined {
  for (const { resource, live = {} } of all) {
    const { tags } = resource.body as { tags?: Tags };
    if (tags === undefined) continue;
    const given = userTagsOf(tags).length;
    const own = Object.keys(tags).length - given + TO_COME;
    const others = Object.keys(foreignTags(live, tags)).length;
    if (own + given > TAG_LIMIT)
      return usageError(
        `${given} tags are too many: the ${resource.label} carries ${own} of the tool's own, and Azure takes ${TAG_LIMIT}`,
        `Leave out ${Math.max(...all.map(({ resource: one }) => toLeaveOut(one)))} of the longest. What is kept of a tag is written once more, 256 characters in a tag.`,
      );
    if (own + given + others > TAG_LIMIT)
      return refusal([
        {
          check: "TooManyTags",
          message: `the ${resource.label} would have ${own + given + others} tags: ${own} of the tool's own, ${given} by --tag, ${others} that others put there; Azure takes ${TAG_LIMIT}`,
          advice: `Take ${own + given + others - TAG_LIMIT} away from ${nameOf(resource.id)} (the portal shows them under Tags), or give fewer with --tag.`,
        },
      ]);
  }
  return undefined;
}

// --- internal ---

/** The fingerprint, and the marks that stop and destroy set. */
const TO_COME = 3;

/** How many of the user's tags are to go, the longest first, until there is room: with each goes what the tool keeps of it. */
function toLeaveOut({ body }: AnyResource): number {
  const { tags = {} } = body as { tags?: Tags };
  let [names, flags] = [USER_TAGS, FLAGS_TAG].map((list) => gather(tags, list)?.length ?? 0) as [number, number];
  let room = TAG_LIMIT - TO_COME - Object.keys(tags).length + partCount(names) + partCount(flags);
  const texts = userTagsOf(tags)
    .map(([name, value]) => ({ name: escaped(name).length + 1, flag: escaped(`${name}=${value}`).length + "tag=;".length }))
    .sort((a, b) => b.flag - a.flag);
  let out = 0;
  for (const { name, flag } of texts) {
    if (room >= partCount(names) + partCount(flags)) break;
    room += 1;
    names -= name;
    if (flags > 0) flags -= flag;
    out += 1;
  }
  return out;
}
