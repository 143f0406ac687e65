/**
 * export: the plan for another program, as an ARM template or Terraform JSON. Made like a create up to the first write, and there it
 * ends: keys and user-data are made and kept, Azure is only read. User-data holds private keys: it goes into a file for the owner
 * alone, and the document has a reference to it.
 */
import { join } from "node:path";
import { base64 } from "../core/base64.ts";
import { armTemplate } from "../core/export/arm.ts";
import { terraform } from "../core/export/terraform.ts";
import type { WireResource } from "../core/export/wire.ts";
import { FLAGS, type FlagValues } from "../core/spec/flags.ts";
import { groupId, nameOf } from "../core/plan/resource.ts";
import { PRIVATE } from "../prepare/kept-file.ts";
import { prepare } from "./create/prepare.ts";
import type { Prepared } from "./create/prepared.ts";
import { recordedRequests } from "./rehearsal/recorded-requests.ts";
import { replaceFile } from "./files/replace-file.ts";
import type { Run } from "./run.ts";
import { readWhole } from "../prepare/read-whole.ts";
import { FOLDER_FILES, userDataFile } from "../prepare/folder-files.ts";

export interface ExportedPlan {
  readonly format: "arm" | "terraform";
  /** The template, or main.tf.json. */
  readonly document: object;
  /** Absolute path of the values that belong to it, user-data among them; mode 0600. */
  readonly valuesFile: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** Of the group, where the plan makes it: an ARM template cannot. */
  readonly groupTags?: Readonly<Record<string, string>>;
  /** Machines that exist of which the user-data is not here. */
  readonly withoutUserData: number;
  /** Where an image of the user's own has to be before it is applied. */
  readonly imageUrl?: string;
  /** What was mapped or noticed, as sentences. */
  readonly notes: readonly string[];
}

/** @throws ClusterError what create's checks refuse */
export async function exportCluster(run: Run, name: string, given: Partial<FlagValues>): Promise<ExportedPlan> {
  const format = given.format ?? FLAGS.format.default;
  const prepared = await prepare(run, name, given, { mode: "keep" });
  const { facts } = prepared;
  const recorded = await recordedRequests(run, prepared.resources);
  const wire = await Promise.all(recorded.map((resource) => withKeptUserData(run, prepared, resource)));
  const { document, values } = format === "arm" ? armTemplate(wire) : terraform(wire, groupId(facts.subscription, facts.group));
  const valuesFile = join(run.dir, prepared.spec.name, format === "arm" ? FOLDER_FILES.armValues : FOLDER_FILES.terraformValues);
  await replaceFile(valuesFile, `${JSON.stringify(values, null, 2)}\n`, PRIVATE);
  const group = wire.find(({ type }) => type === "Microsoft.Resources/resourceGroups");
  return {
    format,
    document,
    valuesFile,
    subscription: facts.subscription,
    resourceGroup: facts.group,
    location: facts.location,
    ...(group === undefined ? {} : { groupTags: (group.body["tags"] ?? {}) as Record<string, string> }),
    withoutUserData: wire.filter(({ type, userData }) => type.endsWith("/virtualMachines") && userData === undefined).length,
    ...(prepared.stageImage !== undefined && "own" in facts.image ? { imageUrl: facts.image.own.blobUrl } : {}),
    notes: prepared.notes,
  };
}

// --- internal ---

/** A machine that exists was made with the user-data that the cluster's folder may still have. */
async function withKeptUserData({ dir }: Run, { spec, facts }: Prepared, resource: WireResource): Promise<WireResource> {
  const node = facts.nodes.find(({ name }) => name === nameOf(resource.id));
  if (node === undefined || !resource.type.endsWith("/virtualMachines") || resource.userData !== undefined) return resource;
  const sent = await readWhole(join(dir, spec.name, userDataFile(node.index)), 0).catch(() => undefined);
  return sent === undefined ? resource : { ...resource, userData: base64(sent) };
}
