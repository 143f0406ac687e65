/** What people type who come from other tools: it makes nothing, and is answered with what is meant here. */
import { expect, test } from "vitest";
import { refuseForeignFlags } from "../../src/cli/foreign-flags.ts";
import { ALL_WORDS, commandMeantBy, isForeignWord } from "../../src/cli/foreign-words.ts";
import { commandFirst } from "../../src/cli/command-line.ts";
import { COMMANDS, commandNamed } from "../../src/cli/commands.ts";
import { fullNames } from "../../src/cli/full-names.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { actionNamed } from "../../src/cli/platform-actions.ts";
import type { World } from "../../src/cli/world.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { ownAzure } from "./world.ts";

function refusal(work: () => unknown): ClusterError {
  try {
    work();
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const typed = (line: string): string[] => line.split(" ");
const adviceOn = (line: string): string => {
  const [own = "", rest] = line.split(" -- ");
  const { exit, advice = "" } = refusal(() => commandFirst(typed(own), rest === undefined ? [] : typed(rest)));
  expect(exit).toBe(2);
  return advice;
};

const WORDS = (
  "start init login logout version update upgrade scale logs log delete rm down teardown up ls apply deploy exec stop restart reboot replace " +
  "kubeconfig platform schema config info show get describe events add new make build resume console connect attach port-forward proxy " +
  "validate test doctor install uninstall kill purge wipe undeploy top health rsync"
).split(" ");

test.each(WORDS.filter((word) => commandNamed(word) === undefined))(
  "%s makes no cluster, first or last, alone or with a name",
  (word) => {
    for (const line of [
      word,
      `--num-nodes 3 ${word}`,
      `${word} --deis`,
      `${word} mycluster`,
      `mycluster ${word}`,
      word.toUpperCase(),
    ])
      expect(refusal(() => commandFirst(typed(line))).exit).toBe(2);
    expect(adviceOn(`mycluster ${word}`)).not.toContain("NAME ");
  },
);

test.each(WORDS.filter((word) => commandNamed(word) === undefined))(
  "what %s is answered with is taken by the parser",
  async (word) => {
    const [, ...lines] = adviceOn(`${word} mycluster`).split(/azure-coreos-cluster (?=[a-z-]+ |list$|gc$)/);
    for (const line of lines) {
      const argv = line
        .replace(/[;`\n][^]*$/, "")
        .replace(" N", " 3")
        .replace("NODE", "1")
        .trim()
        .split(" ");
      const silent = { write: () => undefined, isTTY: false };
      const world = {
        argv: argv.includes("FILE.yaml") ? ["create", "x1x"] : argv,
        env: {},
        cwd: "/",
        stdout: silent,
        stderr: silent,
      };
      expect(await parseArguments(world as unknown as World, "0"), line).toHaveProperty("command");
    }
  },
);

test("a word that is a command is one, whatever other tools mean by it", () => {
  expect(COMMANDS.filter(({ name }) => isForeignWord(name))).toEqual([]);
});

test.each([
  ["delete mycluster", "azure-coreos-cluster destroy mycluster"],
  ["mycluster rm --resource-group g", "azure-coreos-cluster destroy mycluster --resource-group g"],
  ["down", "azure-coreos-cluster destroy NAME"],
  ["up mycluster --deis", "azure-coreos-cluster create mycluster --deis"],
  ["apply", "azure-coreos-cluster create NAME"],
  ["scale mycluster 5", "azure-coreos-cluster create mycluster --num-nodes 5"],
  ["scale mycluster --num-nodes 7", "azure-coreos-cluster create mycluster --num-nodes 7"],
  ["scale", "azure-coreos-cluster create NAME --num-nodes N"],
  ["ls", "azure-coreos-cluster list"],
  ["exec mycluster -- uptime -p", "azure-coreos-cluster run mycluster -- uptime -p"],
  ["exec mycluster uptime", "azure-coreos-cluster run mycluster -- uptime"],
  ["describe mycluster", "azure-coreos-cluster status mycluster"],
  ["console mycluster 2", "azure-coreos-cluster ssh mycluster 2"],
  ["port-forward mycluster", "ssh -F mycluster/ssh_config"],
  ["login", "`az login`; or azure-coreos-cluster ssh NAME"],
  ["version", "azure-coreos-cluster --version"],
  ["help delete", "azure-coreos-cluster destroy NAME"],
  ["help ls", "azure-coreos-cluster list"],
  ["rm my;cluster", "azure-coreos-cluster destroy 'my;cluster'"],
])("%s: %s", (line, advice) => expect(adviceOn(line)).toContain(advice));

test.each([
  ["install platform foo", "platform install foo"],
  ["uninstall platform foo --resource-group g", "platform uninstall foo --resource-group g"],
  ["upgrade platform foo", "platform upgrade foo"],
  ["uninstall foo", "destroy foo; or azure-coreos-cluster platform uninstall foo"],
  ["node add foo", "create foo --num-nodes ALL"],
  ["add nodes foo --num-nodes 5", "create foo --num-nodes 5"],
  ["node remove foo 1", "remove foo 1"],
  ["delete node foo 1 2", "remove foo 1 2"],
  ["cluster create foo --deis", "create foo --deis"],
  ["create cluster foo", "create foo"],
  ["delete cluster foo", "destroy foo"],
  ["destroy cluster foo --yes", "destroy foo --yes"],
  ["list clusters", "list"],
  ["cluster list", "list"],
  ["vm list", "status NAME"],
  ["get nodes", "status NAME"],
  ["foo platform install", "platform install foo"],
  ["kubectl foo get nodes", "kubeconfig foo -- kubectl get nodes"],
  ["kubectl get nodes", "kubeconfig NAME -- kubectl get nodes"],
  ["kubectl foo -- get pods -A", "kubeconfig foo -- kubectl get pods -A"],
  ["kubectl foo", "kubeconfig foo"],
  ["restart foo 1", "reboot foo 1"],
  ["console foo 2 -- uptime", "ssh foo 2 -- uptime"],
  ["ls foo", "status foo"],
])("all that was said has its place, and what is no name is none: %s", (line, meant) =>
  expect(`${adviceOn(line)}\n`).toContain(`What is meant here: azure-coreos-cluster ${meant}\n`),
);

test.each([
  ["add foo 5", "Not understood: 5. What there is here: azure-coreos-cluster create NAME"],
  ["delete foo bar", "Not understood: bar. What there is here: azure-coreos-cluster destroy NAME"],
  ["delete foo -- bar", "Not understood: -- bar. What there is here: azure-coreos-cluster destroy NAME"],
  ["resize foo Large", "Not understood: Large. What there is here: azure-coreos-cluster create NAME --num-nodes N"],
  ["foo stop 1", "Not understood: 1. What there is here: azure-coreos-cluster stop NAME"],
  ["delete platform foo", "`azure-coreos-cluster --help` lists the commands."],
  ["drain foo 1", "`azure-coreos-cluster --help` lists the commands."],
])("what is not understood is said, and no line is there to be copied: %s", (line, advice) =>
  expect(adviceOn(line)).toBe(advice),
);

test("no word leads to a command that deletes but those of deletion", () => {
  const deletion =
    "delete del rm down teardown terminate uninstall clean cleanup kill purge nuke undeploy wipe prune recreate rebuild reimage";
  const words = ALL_WORDS().filter((word) => commandMeantBy(word)?.deletes === true);
  expect(words.filter((word) => !deletion.split(" ").includes(word))).toEqual([]);
});

test("the name and what platform is to do may stand the other way round", () => {
  expect(refusal(() => actionNamed("foo", "install", {})).advice).toBe("azure-coreos-cluster platform install foo");
});

test.each([
  ["delete foo --region westus", "destroy foo"],
  ["delete foo --num-nodes 3 --force", "destroy foo --yes"],
  ["foo rm -g rg --vm-size Large", "destroy foo --resource-group rg"],
  ["up foo --region westus --count 5", "create foo --location westus --num-nodes 5"],
  ["describe foo --vm-size Large --verbose", "status foo --verbose"],
  ["scale foo -n 5", "create foo --num-nodes 5"],
  ["ls foo --num-nodes 3 -g rg", "status foo --resource-group rg"],
])("%s: flags by their names here, without those that the command meant has not: %s", async (line, meant) => {
  const { exit, stderr } = await ownAzure().run(line);
  expect(exit).toBe(2);
  expect(stderr).toContain(`What is meant here: azure-coreos-cluster ${meant}\n`);
});

test("whoever wants a cluster of that name is told how", () => {
  expect(refusal(() => commandFirst(["status "])).advice).toBe("`azure-coreos-cluster --help` lists the commands.");
  expect(adviceOn("upgrade --num-nodes 3")).toContain("azure-coreos-cluster create upgrade --num-nodes 3");
});

test.each([
  ["mycluster --region westus", "azure-coreos-cluster mycluster --location westus"],
  ["mycluster --nodes=5 --size Large", "azure-coreos-cluster mycluster --num-nodes 5 --vm-size Large"],
  ["mycluster --count 5", "azure-coreos-cluster mycluster --num-nodes 5"],
  ["create --name mycluster -g rg -l westus", "azure-coreos-cluster create mycluster --resource-group rg --location westus"],
  ["-n mycluster -n 3", "azure-coreos-cluster mycluster --num-nodes 3"],
  ["mycluster --image a:b:c:d --key id", "azure-coreos-cluster mycluster --coreos-image a:b:c:d --ssh-key id"],
  ["mycluster --ssh-key-file id --disk-size 9", "azure-coreos-cluster mycluster --ssh-key id --data-disk-size 9"],
  ["mycluster --node-count 2 --node-vm-size B", "azure-coreos-cluster mycluster --num-nodes 2 --vm-size B"],
  ["mycluster --generate-ssh-keys --admin-username me", "azure-coreos-cluster mycluster"],
  ["mycluster --vnet hub --no-wait", "azure-coreos-cluster mycluster --virtual-network-name hub --wait-for machines"],
  ["destroy --force mycluster", "azure-coreos-cluster destroy --yes mycluster"],
  ["destroy mycluster -y", "azure-coreos-cluster destroy mycluster --yes"],
  ["destroy mycluster -f", "azure-coreos-cluster destroy mycluster --yes"],
  ["mycluster -f flags.yaml", "azure-coreos-cluster mycluster --config flags.yaml"],
  ["status mycluster -o json", "azure-coreos-cluster status mycluster --json"],
  ["status mycluster --output yaml", "azure-coreos-cluster status mycluster --json"],
  ["mycluster --output table", "azure-coreos-cluster mycluster --json"],
  ["mycluster --output=json --num-nodes 2", "azure-coreos-cluster mycluster --json --num-nodes 2"],
  ["--region", "azure-coreos-cluster NAME --location L"],
  ["mycluster --no-deis", "azure-coreos-cluster mycluster --deis=false"],
  ["mycluster --no-simulate --yes", "azure-coreos-cluster mycluster --simulate=false --yes"],
  ["mycluster -num-nodes 4", "azure-coreos-cluster mycluster --num-nodes 4"],
  ["mycluster -num-nodes=4 -pip", "azure-coreos-cluster mycluster --num-nodes=4 --pip"],
  ["mycluster --NUM-NODES 4", "azure-coreos-cluster mycluster --num-nodes 4"],
  ["mycluster —num-nodes 4", "azure-coreos-cluster mycluster --num-nodes 4"],
  ["mycluster –-region westus –y", "azure-coreos-cluster mycluster --location westus --yes"],
  ["run mycluster — uptime", "azure-coreos-cluster run mycluster -- uptime"],
  ["run mycluster --debug -- rm -f x", "azure-coreos-cluster run mycluster --verbose -- rm -f x"],
])("flags of other tools: %s is %s", (line, meant) => {
  const error = refusal(() => refuseForeignFlags(typed(line)));
  expect({ exit: error.exit, advice: error.advice }).toEqual({ exit: 2, advice: meant });
});

test.each([
  "remove mycluster 1 --force",
  "mycluster --num 3",
  "run mycluster -- ls -n -f --force",
  "mycluster --output --name.json --config -n",
  "mycluster --output ./json --pip",
  "mycluster --output",
  "-h",
  "-V",
  "export mycluster --format arm",
  "mycluster --no-https --no-input --no-host-keys",
  "mycluster --no-vm-size",
])("none of another tool's: %s", (line) => expect(() => refuseForeignFlags(typed(line))).not.toThrow());

test.each(["upgrade", "delete mycluster", "mycluster --region westus", "delte"])("%s asks nothing of Azure", async (line) => {
  const azure = ownAzure();
  const { exit, stdout } = await azure.run(`${line} --json`);
  expect([exit, azure.exchanges.length]).toEqual([2, 0]);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "Usage", source: "user" } });
});

const COMMANDS_TYPED = ["mycluster", ...COMMANDS.map(({ name }) => name)];
/** Each with a word of its own to be corrected, and beside it what is right, wrong, or there already. */
const SLIPS = [
  "--force",
  "--force --yes",
  "--region westus --location eastus",
  "--nodes abc",
  "-g rg --wait-for machines",
  "--no-wait --wait-for ssh",
  "--force --frobnicate",
  "-o json --json",
  "--count",
];
const TYPED = COMMANDS_TYPED.flatMap((command) => [
  ...SLIPS.flatMap((slip) => [`${command} ${slip}`, `${command} mycluster 1 ${slip}`]),
  `${command.toUpperCase()} mycluster --wait-for machines`,
  `mycluster ${command} --wait-for machines`,
  `mycluster ${command} 1 --yes --yes`,
  `${command} cluster mycluster --wait-for ssh`,
  `${command}x mycluster 1 --location westus`,
  `${command} --wait-for machines -- mycluster`,
]);
const FOREIGN = ALL_WORDS().flatMap((word) => [
  `${word} mycluster --num-nodes abc`,
  `${word} --wait-for never`,
  `${word} mycluster --force --yes`,
]);

test("a whole line that corrects another one is taken when it is typed, and says no switch twice", async () => {
  const azure = ownAzure();
  let lines = 0;
  for (const typed of [...TYPED, ...FOREIGN]) {
    const world = { argv: typed.split(" "), env: {}, cwd: azure.dir, stdout: silent, stderr: silent };
    const { advice = "" } = await readAll(world).then(
      () => ({ advice: "" }),
      (error: unknown) => error as ClusterError,
    );
    for (const line of wholeLines(advice)) {
      lines += 1;
      const words = line.split(" ");
      const switches = words.filter((word) => word === "--yes" || word === "--json");
      expect(new Set(switches).size, `${typed}: ${line}`).toBe(switches.length);
      await expect(readAll({ ...world, argv: words }), `${typed}: ${line}`).resolves.toBeDefined();
    }
  }
  expect(lines).toBeGreaterThan(100);
});

const silent = { write: () => undefined, isTTY: false };

/** As main does. */
const readAll = async (world: object & { argv: string[] }): Promise<unknown> =>
  parseArguments({ ...world, argv: fullNames(refuseForeignFlags(world.argv)).words } as unknown as World, "0");

/** Those that stand by themselves, not as an example of use. */
const wholeLines = (advice: string): string[] =>
  advice
    .split(/\n|; or /)
    .flatMap(
      (text) => /^(?:What is meant here: |To make a cluster of that name: )?azure-coreos-cluster (.*)$/.exec(text)?.[1] ?? [],
    )
    .map((line) =>
      line
        .replace(/ (?:N|ALL)(?= |$)/, " 3")
        .replace("FILE.yaml", "/dev/null")
        .replace("LOCATION", "westus"),
    );

test.each([
  [
    "replace kpair 1 --force --yes --wait-for machines",
    "--force is --yes here; unknown option '--wait-for'",
    "`azure-coreos-cluster replace --help`",
  ],
  ["replace kpair 1 --force --yes", "--force is --yes here", "azure-coreos-cluster replace kpair 1 --yes\n"],
  [
    "platform upgrade foo --force --domain apps.example.com",
    "--force is --yes here; --domain is no flag of platform upgrade",
    "",
  ],
  ["platform --force", "--force is --yes here", "azure-coreos-cluster platform ACTION NAME --yes\n"],
  ["destroy --force", "--force is --yes here", "azure-coreos-cluster destroy NAME --yes\n"],
  ["mycluster --nodes abc", "--nodes is --num-nodes here; --num-nodes: ", ""],
  [
    "mycluster destroy --wait-for ssh",
    "the command comes first",
    "Not understood: unknown option '--wait-for'. What there is here: azure-coreos-cluster destroy NAME\n",
  ],
  [
    "ssh mycluster --debug -L 8080:localhost:80",
    "--debug is --verbose here",
    "azure-coreos-cluster ssh mycluster --verbose -L 8080:localhost:80\n",
  ],
])("what else is wrong is said with it: %s", async (line, message, advice) => {
  const { exit, stderr } = await ownAzure().run(line);
  expect(exit).toBe(2);
  expect(stderr.replaceAll(/\n(?!$)/g, " ")).toContain(message);
  expect(stderr).toContain(advice);
});
