/**
 * export: the plan for another program, as an ARM template or Terraform JSON on stdout. Made like a create up to the first write, and
 * there it ends: keys and user-data are made and kept, Azure is only read. User-data holds private keys: it goes into a file for
 * the owner alone, and stdout has a reference to it.
 */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { EXIT } from "../core/errors.ts";
import { base64 } from "../core/base64.ts";
import { armTemplate } from "../core/export/arm.ts";
import { terraform } from "../core/export/terraform.ts";
import type { WireResource } from "../core/export/wire.ts";
import { FLAGS } from "../core/spec/flags.ts";
import { groupId, nameOf } from "../core/plan/resource.ts";
import { PRIVATE } from "../prepare/kept-file.ts";
import { EXPORTED_VALUES } from "../operations/export-values.ts";
import { type Prepared, prepare } from "../operations/create/prepare.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { recordedRequests } from "../operations/recorded-requests.ts";
import { replaceFile } from "../operations/replace-file.ts";
import { type Session, openSession } from "./session.ts";

export async function exportPlan(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  const format = given.format ?? FLAGS.format.default;
  const session = await openSession(invocation);
  try {
    const prepared = await prepare(session, nameArgument(invocation), given, "keep");
    const recorded = await recordedRequests(session, prepared.resources);
    const wire = await Promise.all(recorded.map((resource) => withKeptUserData(session, prepared, resource)));
    const group = groupId(prepared.facts.subscription, prepared.facts.group);
    const { document, values } = format === "arm" ? armTemplate(wire) : terraform(wire, group);
    const file = join(session.dir, prepared.spec.name, EXPORTED_VALUES[format]);
    await replaceFile(file, `${JSON.stringify(values, null, 2)}\n`, PRIVATE);
    world.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    for (const event of session.events) if (event.kind === "note") session.say(event.message ?? "");
    for (const note of prepared.notes) session.say(note);
    session.say(howTo(prepared, wire, format, format === "arm" ? relative(world.cwd, file) : file));
    return EXIT.done;
  } finally {
    await session.close();
  }
}

// --- internal ---

/** A machine that exists was made with the user-data that the cluster's folder may still have. */
async function withKeptUserData({ dir }: Session, { spec, facts }: Prepared, resource: WireResource): Promise<WireResource> {
  const node = facts.nodes.find(({ name }) => name === nameOf(resource.id));
  if (node === undefined || !resource.type.endsWith("/virtualMachines") || resource.userData !== undefined) return resource;
  const text = await readFile(join(dir, spec.name, `user-data-${node.index}.yaml`), "utf8").catch(() => undefined);
  return text === undefined ? resource : { ...resource, userData: base64(text) };
}

function howTo(
  { facts, stageImage }: Prepared,
  wire: readonly WireResource[],
  format: keyof typeof EXPORTED_VALUES,
  file: string,
): string {
  const group = wire.find(({ type }) => type === "Microsoft.Resources/resourceGroups");
  const tags = Object.entries((group?.body["tags"] ?? {}) as Record<string, string>).map(([name, value]) => `${name}=${value}`);
  const subscription = `--subscription ${facts.subscription}`;
  const bare = wire.filter(({ type, userData }) => type.endsWith("/virtualMachines") && userData === undefined).length;
  const lines =
    format === "arm"
      ? [
          "A template is deployed into a resource group, so that the group is not in it. With the template in export.json:",
          ...(group === undefined
            ? []
            : [`  az group create ${subscription} --name ${facts.group} --location ${facts.location} --tags ${tags.join(" ")}`]),
          `  az deployment group create ${subscription} --resource-group ${facts.group} --template-file export.json --parameters @${file}`,
        ]
      : [
          "With the output in a folder of its own, as main.tf.json (Terraform 1.11 or newer):",
          "  terraform init",
          `  terraform apply -var-file ${file}`,
        ];
  return [
    ...lines,
    `The user-data holds private keys. It is in ${file}, for you alone (mode 0600), and belongs to this output: another export makes other keys.`,
    ...(bare === 0
      ? []
      : [
          `The user-data of ${bare === 1 ? "a machine" : `${bare} machines`} that exist${bare === 1 ? "s" : ""} is not here: exported without it.`,
        ]),
    ...(stageImage === undefined || !("own" in facts.image)
      ? []
      : [`The image is made from ${facts.image.own.blobUrl}, which has to be there first: create uploads it, export does not.`]),
  ].join("\n");
}
