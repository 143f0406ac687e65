/** export on a terminal: the document on stdout, and how to use it on stderr. The work is operations/export.ts. */
import { relative } from "node:path";
import { EXIT, usageError } from "../../core/errors.ts";
import { jsonText } from "../../core/shown.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { type ExportedPlan, exportCluster as exported } from "../../operations/export.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { inSession } from "../session.ts";
import { shellWord } from "../../core/quoting.ts";

export async function exportCommand(invocation: Invocation): Promise<number> {
  const { world, given } = invocation;
  refuseUnwritten(invocation);
  return inSession(invocation, async (session) => {
    const made = await exported(session, nameArgument(invocation), given);
    world.stdout.write(`${jsonText(made.document, 2)}\n`);
    for (const event of session.events) if (event.kind === "note") session.say(event.message ?? "");
    for (const note of made.notes) session.say(note);
    session.say(howTo(made, world.cwd));
    return EXIT.done;
  });
}

// --- internal ---

/**
 * Who types a file that this command does not write waits for it. In a configuration file, or the environment, it may be meant for create.
 * @throws ClusterError Usage
 */
function refuseUnwritten({ world, given }: Invocation): void {
  const typed = (name: string): boolean => world.argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const { output, timings } = FLAGS;
  const found = [output, timings].find(({ name }) => typed(name));
  if (found === undefined) return;
  const file = found === output && given.output !== undefined && given.output !== "" ? given.output : "export.json";
  throw usageError(
    `--${found.name} is create's: export writes no such file`,
    `What is exported is on stdout: type > ${shellWord(file)} in its place.`,
  );
}

function howTo(made: ExportedPlan, cwd: string): string {
  const file = made.format === "arm" ? relative(cwd, made.valuesFile) : made.valuesFile;
  const bare = made.withoutUserData;
  return [
    ...(made.format === "arm" ? armCommands(made, file) : terraformCommands(file)),
    `The user-data holds private keys. It is in ${file}, for you alone (mode 0600), and belongs to this output: another export makes other keys.`,
    ...(bare === 0
      ? []
      : [
          `The user-data of ${bare === 1 ? "a machine" : `${bare} machines`} that exist${bare === 1 ? "s" : ""} is not here: exported without it.`,
        ]),
    ...(made.imageUrl === undefined
      ? []
      : [`The image is made from ${made.imageUrl}, which has to be there first: create uploads it, export does not.`]),
  ].join("\n");
}

function armCommands({ subscription, resourceGroup, location, groupTags }: ExportedPlan, file: string): string[] {
  const where = `--subscription ${subscription}`;
  const group = shellWord(resourceGroup);
  const tags = Object.entries(groupTags ?? {}).map(([name, value]) => shellWord(`${name}=${value}`));
  return [
    "A template is deployed into a resource group, so that the group is not in it. With the template in export.json:",
    ...(groupTags === undefined
      ? []
      : [`  az group create ${where} --name ${group} --location ${location} --tags ${tags.join(" ")}`]),
    `  az deployment group create ${where} --resource-group ${group} --template-file export.json --parameters ${shellWord(`@${file}`)}`,
  ];
}

const terraformCommands = (file: string): string[] => [
  "With the output in a folder of its own, as main.tf.json (Terraform 1.11 or newer):",
  "  terraform init",
  `  terraform apply -var-file ${shellWord(file)}`,
];
