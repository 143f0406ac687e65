/**
 * The user's tags on resources. Each resource remembers which of its tags the user gave (`aoc-tags`, their names), so that one that is
 * taken away goes from everything, however often a run breaks off, and a tag that somebody else has put there is never taken for one.
 * Azure takes names without regard to case, and so does all of this. Pure.
 */
import { sameTag, tagWish } from "../spec/user-tags.ts";
import { type Tags, gather, joinTexts, splitTexts, spread, withoutParts } from "./tag-parts.ts";

/** Names of the tags that the user gave. */
export const USER_TAGS = "aoc-tags";

/** Whether the tool is who writes a tag of this name. */
export const isToolTag = (name: string): boolean => name === "managed-by" || name.startsWith("aoc-");

/** A resource's tags: the tool's own, and the user's beside them. @param texts "CostCenter=4711" */
export function withUserTags(own: Tags, texts: readonly string[]): Tags {
  const wishes = texts.map(tagWish).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (wishes.length === 0) return own;
  const all: Tags = { ...own };
  spread(all, USER_TAGS, joinTexts(wishes.map(({ name }) => name)));
  for (const { name, value } of wishes) all[name] = value ?? "";
  return all;
}

/** The user's among the tags that a resource is to have. */
export const userTagsOf = (wanted: Tags): [name: string, value: string][] =>
  Object.entries(wanted).filter(([name]) => !isToolTag(name));

/** Tags that are there and are nobody's of ours: neither the tool's, nor given by the user now or before. */
export function foreignTags(live: Tags, wanted: Tags): Tags {
  const ours = [...givenNames(live), ...Object.keys(wanted)];
  return Object.fromEntries(Object.entries(live).filter(([name]) => !isToolTag(name) && !ours.some((one) => sameTag(one, name))));
}

/** The tags that are to be there, with what others have put beside them. */
export const besideForeign = (wanted: Tags, live: Tags): Tags => ({ ...foreignTags(live, wanted), ...wanted });

/** The same for what has tags and no plan: disks, accounts. What the tool wrote there stays. */
export function retagged(live: Tags, own: Tags, texts: readonly string[]): Tags {
  const tool = Object.fromEntries(Object.entries(withoutParts(live, USER_TAGS)).filter(([name]) => isToolTag(name)));
  return besideForeign(withUserTags({ ...tool, ...own }, texts), live);
}

/** The user's tags that are not there as they are to be. @returns what is there instead, where something is */
export const lostTags = (wanted: Tags, live: Tags): { name: string; value: string; is: string | undefined }[] =>
  userTagsOf(wanted).flatMap(([name, value]) => {
    const is = Object.entries(live).find(([other]) => sameTag(other, name))?.[1];
    return is === value ? [] : [{ name, value, is }];
  });

/** Tags that the user gave, has taken away since, and that are there still. */
export const staleTags = (wanted: Tags, live: Tags): string[] =>
  givenNames(live).filter(
    (name) => !Object.keys(wanted).some((one) => sameTag(one, name)) && Object.keys(live).some((one) => sameTag(one, name)),
  );

/** Tags that the user gave, and gives in another spelling now: as it was, as it is to be. */
export const respeltTags = (wanted: Tags, live: Tags): [was: string, is: string][] =>
  userTagsOf(wanted).flatMap(([name]) =>
    givenNames(live)
      .filter((was) => was !== name && sameTag(was, name))
      .map((was): [string, string] => [was, name]),
  );

/** Whether the user's tags are other ones than are to be there. */
export const differInUserTags = (wanted: Tags, live: Tags): boolean =>
  lostTags(wanted, live).length > 0 || givenText(wanted) !== givenText(live);

// --- internal ---

const givenText = (tags: Tags): string => gather(tags, USER_TAGS) ?? "";

/** Somebody may have damaged it: what is no list names nothing. */
const givenNames = (live: Tags): readonly string[] =>
  (splitTexts(givenText(live)) ?? []).filter((name) => name !== "" && !isToolTag(name.toLowerCase()));
