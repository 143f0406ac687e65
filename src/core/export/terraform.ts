/**
 * The plan as Terraform JSON with azapi_resource blocks: the same bodies, sent by another program. User-data is an ephemeral variable that
 * goes into `sensitive_body`, a write-only argument (Terraform 1.11, azapi 2.5): it stands neither in a plan file nor in the state.
 */
import { defined } from "../defined.ts";
import { nameOf } from "../plan/resource.ts";
import {
  type Exported,
  type Json,
  type JsonObject,
  type WireResource,
  isObject,
  mapTexts,
  nested,
  parseId,
  USER_DATA,
} from "./wire.ts";

/** @param group `/subscriptions/S/resourceGroups/G`: in `resources` when the cluster makes it */
export function terraform(resources: readonly WireResource[], group: string): Exported {
  const labels = labelsOf(resources);
  const machines = resources.filter(({ userData }) => userData !== undefined);
  const block = (resource: WireResource): Json => {
    const { location, tags, ...body } = resource.body;
    const refer = (text: string): string => reference(text, labels, resource.id);
    const needs = resource.dependsOn.flatMap((other) => labels.get(other) ?? []);
    return {
      type: `${resource.type}@${resource.apiVersion}`,
      name: parseId(resource.id)?.names.at(-1) ?? nameOf(resource.id),
      parent_id: resource.id === group ? group.replace(/\/resourceGroups\/.*$/, "") : refer(group),
      ...defined({ location }),
      ...(isObject(tags) ? { tags: mapTexts(tags, literal) } : {}),
      ...(Object.keys(body).length === 0 ? {} : { body: mapTexts(body, refer) }),
      ...(resource.userData === undefined
        ? {}
        : {
            sensitive_body: nested(USER_DATA, `\${var.user_data["${nameOf(resource.id)}"]}`),
            // sent when the machine is made and never again: Azure refuses a change of it
            sensitive_body_version: { [USER_DATA.join(".")]: "1" },
          }),
      // the provider may not know the newest versions of the types yet
      schema_validation_enabled: false,
      // Azure gives an availability set's id back in capitals, which is no difference
      ...(resource.userData === undefined ? {} : { ignore_casing: true }),
      ...(needs.length === 0 ? {} : { depends_on: needs.map((label) => `azapi_resource.${label}`) }),
    };
  };
  const document: JsonObject = {
    terraform: { required_version: ">= 1.11", required_providers: { azapi: { source: "Azure/azapi", version: "~> 2.5" } } },
    provider: { azapi: { subscription_id: group.split("/")[2] ?? "" } },
    ...(machines.length === 0
      ? {}
      : {
          variable: {
            user_data: {
              type: "map(string)",
              sensitive: true,
              ephemeral: true,
              description: "User-data of each machine, base64, by the machine's name. It holds private keys.",
            },
          },
        }),
    resource: {
      azapi_resource: Object.fromEntries(resources.map((resource) => [labels.get(resource.id) ?? "", block(resource)])),
    },
  };
  return {
    document,
    values:
      machines.length === 0
        ? {}
        : { user_data: Object.fromEntries(machines.map(({ id, userData }) => [nameOf(id), userData ?? ""])) },
  };
}

// --- internal ---

/** "virtualMachines_mycluster_coreos_0", by id. Names in one group differ by more than case and punctuation, or get a number. */
function labelsOf(resources: readonly WireResource[]): Map<string, string> {
  const taken = new Set<string>();
  const labels = new Map<string, string>();
  for (const { id, type } of resources) {
    const stem = `${nameOf(type)}_${nameOf(id)}`.replaceAll(/\W/g, "_");
    let label = stem;
    for (let number = 2; taken.has(label.toLowerCase()); number++) label = `${stem}_${number}`;
    taken.add(label.toLowerCase());
    labels.set(id, label);
  }
  return labels;
}

/** An id of, or below, another resource of the plan by that resource; one's own id as it is, for nothing may refer to itself. */
function reference(text: string, labels: ReadonlyMap<string, string>, own: string): string {
  for (let id = text; id.startsWith("/subscriptions/"); id = id.slice(0, id.lastIndexOf("/"))) {
    const label = id === own ? undefined : labels.get(id);
    if (id === own) return literal(text);
    if (label !== undefined) return `\${azapi_resource.${label}.id}${literal(text.slice(id.length))}`;
  }
  return literal(text);
}

/** What Terraform would read as a template is escaped by doubling its first character. */
const literal = (text: string): string => text.replaceAll(/([$%])\{/g, "$1$1{");
