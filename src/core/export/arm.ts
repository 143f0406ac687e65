/**
 * The plan as an ARM template, to be deployed into a resource group: references inside the group become expressions, so that it may be
 * a group of another name or subscription. User-data is a secure parameter, whose values Azure keeps in no deployment's history.
 */
import { nameOf } from "../plan/resource.ts";
import {
  type Exported,
  type Json,
  type JsonObject,
  type WireResource,
  mapTexts,
  mergeJson,
  nested,
  parseId,
  USER_DATA,
} from "./wire.ts";

const SCHEMAS = "https://schema.management.azure.com/schemas";

/** The template and its parameters file. The group itself is not in it: a template is deployed into one. */
export function armTemplate(resources: readonly WireResource[]): Exported {
  const inside = resources.filter(({ id }) => parseId(id) !== undefined);
  const known = new Set(inside.map(({ id }) => id));
  const group = parseId(inside[0]?.id ?? "")?.group ?? "";
  const machines = inside.filter(({ userData }) => userData !== undefined);
  const document: JsonObject = {
    $schema: `${SCHEMAS}/2019-04-01/deploymentTemplate.json#`,
    contentVersion: "1.0.0.0",
    ...(machines.length === 0
      ? {}
      : {
          parameters: {
            userData: {
              type: "secureObject",
              metadata: { description: "User-data of each machine, base64, by the machine's name. It holds private keys." },
            },
          },
        }),
    resources: inside.map((resource): Json => {
      const { id, type, apiVersion, dependsOn, userData } = resource;
      const body = mapTexts(resource.body, (text) => expression(text, group)) as JsonObject;
      const secret =
        userData === undefined ? body : mergeJson(body, nested(USER_DATA, `[parameters('userData')${property(nameOf(id))}]`));
      const needs = dependsOn.filter((other) => known.has(other)).map((other) => expression(other, group));
      return {
        type,
        apiVersion,
        name: parseId(id)?.names.join("/") ?? "",
        ...(secret as JsonObject),
        ...(needs.length === 0 ? {} : { dependsOn: needs }),
      };
    }),
  };
  const values: JsonObject = {
    $schema: `${SCHEMAS}/2019-04-01/deploymentParameters.json#`,
    contentVersion: "1.0.0.0",
    parameters:
      machines.length === 0
        ? {}
        : { userData: { value: Object.fromEntries(machines.map(({ id, userData }) => [nameOf(id), userData ?? ""])) } },
  };
  return { document, values };
}

// --- internal ---

/** An id in the group as `[resourceId(...)]`; a text that a template would take for an expression is escaped. */
function expression(text: string, group: string): string {
  const id = parseId(text);
  if (id === undefined || id.group.toLowerCase() !== group.toLowerCase()) return text.startsWith("[") ? `[${text}` : text;
  return `[resourceId(${[id.type, ...id.names].map(quoted).join(", ")})]`;
}

/** In an expression, a single quote in a text is doubled. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const property = (name: string): string => `[${quoted(name)}]`;
