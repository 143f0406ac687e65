/**
 * One spelling of what Azure may say in several, put in place once, where an answer comes in: null is absent, and the tool's own tags have
 * the names that it gave them. Azure takes names of tags without regard to case, and a policy may write them in another; values it does not.
 */
import { isToolTag } from "../core/plan/user-tags.ts";
import { type AnswerShape, isList } from "./shape.ts";

/** Whether a body may be spelt otherwise at all; to look into the text costs nothing beside reading it. */
export const maySayOtherwise = (text: string): boolean => text.includes("null") || OTHER_CASE.test(text);

/**
 * Changes a body of this shape, in what the shape names.
 * @returns whether there was anything to change
 */
export function putPlainly(value: unknown, shape: AnswerShape): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (shape === "tags") return putTags(value as Record<string, unknown>);
  if (typeof shape === "string") return false;
  if (isList(shape)) return (value as unknown[]).map((one) => putPlainly(one, shape[0])).includes(true);
  const members = value as Record<string, unknown>;
  let changed = false;
  for (const [said, inner] of Object.entries(shape)) {
    const name = said.replace(/!$/, "");
    if (members[name] !== null) changed = putPlainly(members[name], inner) || changed;
    else changed = delete members[name];
  }
  return changed;
}

// --- internal ---

const anyCase = (text: string): string => text.replaceAll(/[a-z]/g, (one) => `[${one}${one.toUpperCase()}]`);

const OTHER_CASE = new RegExp(`"(?!managed-by"|aoc-)(?:${anyCase('managed-by"')}|${anyCase("aoc-")})`);

function putTags(tags: Record<string, unknown>): boolean {
  let changed = false;
  for (const [name, value] of Object.entries(tags)) {
    const ours = name.toLowerCase();
    if (value !== null && (ours === name || !isToolTag(ours))) continue;
    delete tags[name];
    if (value !== null) tags[ours] ??= value;
    changed = true;
  }
  return changed;
}
