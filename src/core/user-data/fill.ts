/**
 * Placeholders of templates: `{{name}}` inside strings, filled in when the YAML has been read. So a value may span lines and
 * hold anything, and no text of a template, comment or not, is ever replaced.
 */
import { ClusterError } from "../errors.ts";
import { isYamlList, isMap, type Config, type Value } from "./cloud-config.ts";

/**
 * Fills every string value of `config`, at any depth; keys stay as they are.
 *
 * @param source what to call the templates in an error
 * @throws ClusterError TemplateInvalid for a placeholder that nobody fills in
 */
export function fill(config: Config, values: Readonly<Record<string, string>>, source: string): Config {
  const fillValue = (value: Value): Value => {
    if (typeof value === "string") return fillText(value, values, source);
    if (isYamlList(value)) return value.map(fillValue);
    return isMap(value) ? fill(value, values, source) : value;
  };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, fillValue(value)]));
}

/** A word in double braces. Go templates in a unit, `{{.State}}`, have a dot or a blank and are left alone. */
const PLACEHOLDER = /\{\{([A-Za-z][A-Za-z0-9]*)\}\}/g;

function fillText(text: string, values: Readonly<Record<string, string>>, source: string): string {
  return text.replace(PLACEHOLDER, (_all, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw new ClusterError("TemplateInvalid", `${source}: nothing is known to fill in for {{${name}}}`, {
      advice: `Known names: ${Object.keys(values).join(", ")}.`,
    });
  });
}
