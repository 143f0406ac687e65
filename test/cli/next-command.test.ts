/** A command that is advised goes to the same Azure as the one that was typed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withTypedFlags } from "../../src/cli/next-command.ts";
import { adviceContext } from "../../src/cli/typed-command.ts";
import type { World } from "../../src/cli/world.ts";
import { rerun } from "../../src/core/advice/row.ts";
import { ownAzure } from "./world.ts";

const WHERE = ["--simulate", "--resource-group", "shared"];
const typed = withTypedFlags({
  // oxlint-disable-next-line typescript/consistent-type-assertions -- of the world it reads what was typed
  world: { argv: ["status", "web", ...WHERE, "--", "--dir"] } as unknown as World,
  given: { simulate: true, resourceGroup: "shared", dir: "/from/the/environment" },
  args: ["web"],
});

test.each([
  ["start web", "start web --simulate --resource-group shared"],
  ["web --num-nodes 50", "web --num-nodes 50 --simulate --resource-group shared"],
  ["run web -- sudo reboot", "run web --simulate --resource-group shared -- sudo reboot"],
  // what stands there already stays, and another cluster may be in another group
  ["destroy web --resource-group=other", "destroy web --resource-group=other --simulate"],
  ["platform status web", "platform status web --simulate --resource-group shared"],
  ["destroy other", "destroy other --simulate"],
  ["list", "list --simulate"],
  // these ask no Azure
  ["generate-mgmt-cert", "generate-mgmt-cert"],
  ["lint FILE", "lint FILE"],
  ["start --help", "start --help"],
  ["--help", "--help"],
])("%s", (words, advised) => {
  expect(typed(`Type \`azure-coreos-cluster ${words}\`, or \`az login\`.`)).toBe(
    `Type \`azure-coreos-cluster ${advised}\`, or \`az login\`.`,
  );
});

test("errors and notes of whole commands say it so, as documents too", async () => {
  const azure = ownAzure();
  const where = "--resource-group mycluster";
  const start = `\`azure-coreos-cluster start mycluster ${where}\``;
  expect((await azure.run(`mycluster ${where} --wait-for machines`)).exit).toBe(0);
  expect((await azure.run(`stop mycluster ${where} --yes`)).exit).toBe(0);
  expect((await azure.run(`mycluster ${where} --num-nodes 5`)).stderr).toContain(start);
  expect((await azure.run(`status mycluster ${where}`)).stderr).toContain(start);
  const { document } = await azure.json<{ error: { advice: string } }>(`mycluster ${where} --num-nodes 5`);
  expect(document.error.advice).toContain(start);
});

test("what is noticed on the way says it so, with the group that the cluster was found in", async () => {
  // nothing listens on port 1 and up of this machine's loopback
  const azure = ownAzure({ rehearsal: false, publicAddress: "127.0.0.1" });
  const made = await azure.run("web --num-nodes 4 --etcd-members 3 --ssh 1 --wait-for machines --resource-group shared");
  expect(made.exit, made.stderr).toBe(0);
  const where = "--subscription 00000000-0000-0000-0000-000000000000";
  const { exit, stderr } = await azure.run(`remove web 1 --yes --force ${where} --events events.jsonl`);
  expect(exit, stderr).toBe(0);
  const create = `\`azure-coreos-cluster web --resource-group shared ${where}\` tells it`;
  const replace = `\`azure-coreos-cluster replace web 3 --resource-group shared ${where}\` makes it anew`;
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(create);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(replace);
  expect(readFileSync(join(azure.dir, "events.jsonl"), "utf8")).toContain(replace);
});

test.each([
  ["remove web 1 --timeout 5m", "azure-coreos-cluster remove web 1 --timeout 2h"],
  // the command on the nodes stays where it stood, and is not told again
  ["run web --timeout 5m -- echo --timeout 1m", "azure-coreos-cluster run web --timeout 2h -- CMD"],
  ["run web -- uptime", "azure-coreos-cluster run web --timeout 2h -- CMD"],
])("what was typed, with another value of a flag: %s", (line, advised) => {
  const argv = line.split(" ");
  // oxlint-disable-next-line typescript/consistent-type-assertions -- of the world it reads what was typed
  const typed = { world: { argv } as unknown as World, command: argv[0] ?? "", args: ["web"], given: {} };
  expect(rerun(adviceContext(typed), "--timeout 2h")).toBe(advised);
  const both = rerun(
    { command: "plan web --subnet-names a --virtual-network-name=b" },
    "--virtual-network-name V --subnet-names S",
  );
  expect(both).toBe("plan web --virtual-network-name V --subnet-names S");
});
