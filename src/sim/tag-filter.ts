/** The `$filter` of groups and resources: `tagName eq 'x' and tagValue eq 'y'`, and `resourceType eq '...'`. */
import { refuse } from "./arm-error.ts";
import { keyOf } from "./arm-id.ts";
import type { StoredResource } from "./cloud-index.ts";
import { object } from "./json.ts";

const TERM = /^(tagName|tagValue|resourceType|resourceGroup|name|location)\s+eq\s+'((?:[^']|'')*)'$/i;

/** @throws ArmError 400 InvalidFilterInQueryString for terms that are not simulated */
export function taggedAs(filter: string | undefined): (entry: StoredResource) => boolean {
  if (filter === undefined || filter.trim() === "") return () => true;
  const terms = new Map<string, string>();
  for (const part of filter.split(/\s+and\s+/i)) {
    const match = TERM.exec(part.trim());
    if (match === null) refuse(400, "InvalidFilterInQueryString", `Invalid $filter '${filter}' specified in the query string.`);
    terms.set(match[1]?.toLowerCase() ?? "", match[2]?.replaceAll("''", "'") ?? "");
  }
  const is = (term: string, value: string): boolean => {
    const wanted = terms.get(term);
    return wanted === undefined || keyOf(wanted) === keyOf(value);
  };
  return (entry) => {
    const [tag, value] = [terms.get("tagname"), terms.get("tagvalue")];
    const tags = Object.entries(object(entry.resource["tags"]));
    // Tag names are compared without case, tag values with it.
    const tagged =
      tag === undefined || tags.some(([name, has]) => keyOf(name) === keyOf(tag) && (value === undefined || has === value));
    const group = entry.group?.split("/").at(-1) ?? "";
    return (
      tagged &&
      is("resourcetype", entry.type) &&
      is("resourcegroup", group) &&
      is("name", entry.name) &&
      is("location", entry.location)
    );
  };
}
