/** Which word is the command: nobody pays for a cluster called "lits". */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { commandFirst } from "../../src/cli/command-line.ts";
import { fullNames } from "../../src/cli/full-names.ts";
import { slips } from "../../src/core/nearest.ts";
import { flagRows } from "../../src/core/spec/flags.ts";
import { type TestAzure, testAzure } from "./world.ts";

const opened: TestAzure[] = [];
const azure = (): TestAzure => {
  const one = testAzure();
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

test.each([
  ["list", "list", 0],
  ["lits", "list", 1],
  ["crate", "create", 1],
  ["planet", "plan", 2],
  ["", "run", 3],
  ["abc", "", 3],
])("from %j to %j it takes %i slips", (a, b, count) => expect(slips(a, b)).toBe(count));

test.each([
  ["lits", "list"],
  ["lsit", "list"],
  ["lst", "list"],
  ["listt", "list"],
  ["crate", "create"],
  ["statsu", "status"],
  ["stats", "status"],
  ["pln", "plan"],
  ["plna", "plan"],
  ["shs", "ssh"],
  ["exprot", "export"],
  ["crteae", "create"],
  ["palns", "plan"],
  ["plans", "plan"],
  ["hlep", "help"],
  ["LITS", "list"],
  ["udpate", 'update", which is create here'],
  ["lits --simulate --json", "list"],
  ["lits --num-nodes 1", "list"],
  ["--simulate crate", "create"],
])("%s is taken for a mistyped command, and makes nothing", async (argv, meant) => {
  const one = azure();
  const { exit, stdout, stderr } = await one.run(argv);
  expect(exit).toBe(2);
  expect(stdout + stderr).toContain(argv.includes("--json") ? `did you mean \\"${meant}` : `did you mean "${meant}`);
  expect(stdout + stderr).toMatch(/To make a cluster of that name: azure-coreos-cluster create \w+/);
  expect(one.exchanges).toEqual([]);
});

test.each([
  ["destory", "destroy"],
  ["remvoe", "remove"],
  ["repalce", "replace"],
  ["cg", "gc"],
  ["gcc", "gc"],
  ["destory mycluster", "destroy"],
  ["remvoe mycluster 1", "remove"],
  ["destroyy x", "destroy"],
  ["gcs x", "gc"],
  ["delte", 'delete", which is destroy here'],
  ["delte x", 'delete", which is destroy here'],
])("%s: what is meant is said, and where it deletes no line is there to be copied", async (argv, meant) => {
  const one = azure();
  const { exit, stderr } = await one.run(argv);
  expect(exit).toBe(2);
  expect(stderr).toContain(`"${argv.split(" ")[0]}" is no command: did you mean "${meant}`);
  expect(stderr).toContain("`azure-coreos-cluster --help` lists the commands.");
  expect(stderr).not.toMatch(/azure-coreos-cluster (destroy|remove|replace|gc)\b/);
  expect(one.exchanges).toEqual([]);
});

test.each([
  ["STATUS --simulate", "status", "status NAME --simulate"],
  ["LIST", "list", "list"],
  ["Gc", "gc", "gc"],
  ["DESTROY", "destroy", "destroy NAME"],
  ["HELP", "help", "help"],
  ["STATUS mycluster --json", "status", "status mycluster --json"],
  ["--num-nodes 1 CREATE mycluster", "create", "create --num-nodes 1 mycluster"],
  ["Destroy mycluster", "destroy", "destroy mycluster"],
])("a command in capitals is none, and no cluster either: %s", (argv, meant, line) => {
  expect(() => commandFirst(argv.split(" "))).toThrow(
    expect.objectContaining({
      exit: 2,
      message: `"${argv.split(" ").find((word) => /^[A-Z]/.test(word))}" is no command: did you mean "${meant}"?`,
      advice: `azure-coreos-cluster ${line}`,
    }),
  );
});

test("help is asked for behind flags, too", () => {
  expect(commandFirst(["--simulate", "help"])).toEqual(["help"]);
  expect(commandFirst(["--simulate", "help", "plan"])).toEqual(["help", "plan"]);
});

test.each([
  "lisa",
  "planet",
  "plane",
  "plant",
  "runner",
  "line",
  "state",
  "mycluster",
  "test1",
  "prod",
  "dev",
  "staging",
  "demo",
  "web",
  "apple",
  "guild",
  "scala",
  "event",
  "consul",
  "atlas",
  "create lits",
  "plan crate",
  "create delete",
  "create start",
  "create help",
  "create destroy",
  "plan list",
  "export version",
])("%s names a cluster", async (argv) => {
  const { exit, stderr } = await azure().run(argv.startsWith("export") ? argv : `${argv} --dry-run`);
  expect(exit, stderr).toBe(0);
});

test.each([
  ["statsu mycluster", 'did you mean "status"?', "azure-coreos-cluster status mycluster"],
  ["creat mycluster", 'did you mean "create"?', "azure-coreos-cluster create mycluster"],
  ["lisa mycluster", 'did you mean "list"?', "And then: too many arguments for 'list'."],
  ["mycluster STATUS", "the command comes first", "azure-coreos-cluster status mycluster"],
  ["mycluster status", "the command comes first", "azure-coreos-cluster status mycluster"],
  ["mycluster --simulate destroy", "the command comes first", "azure-coreos-cluster destroy mycluster --simulate"],
  ["mycluster --num-nods 3", "unknown option '--num-nods'", "create --help"],
  ["mycluster other", '"mycluster" is no command', "--help"],
  ["mycluster --pip=maybe", '--pip: "maybe" is neither true nor false', "Write --pip for yes, --pip=false for no"],
  ["mycluster --pip=", '--pip: "" is neither true nor false', "Write --pip for yes"],
  ["mycluster --pip --pip=no", "--pip and --pip=false contradict each other", "Give one of them"],
  ["plan mycluster --location West US", "too many arguments", '--location "West US"'],
  ["-- mycluster", "a name stands before --", "azure-coreos-cluster mycluster\n"],
  ["--simulate -- mycluster", "a name stands before --", "azure-coreos-cluster mycluster --simulate\n"],
  ["plan -- mycluster --simulate", "a name stands before --", "azure-coreos-cluster plan mycluster --simulate\n"],
  ["remove mycluster --yes -- 1", "a name stands before --", "azure-coreos-cluster remove mycluster 1 --yes\n"],
  ["run --quiet -- uptime -p", "a name stands before --", "azure-coreos-cluster run NAME --quiet -- uptime -p\n"],
  ["help nonsense", '"nonsense" is no command', "--help"],
  ["help lits", 'did you mean "list"?', "--help"],
])("%s: %s", async (argv, message, advice) => {
  const one = azure();
  const { exit, stderr } = await one.run(argv);
  expect(exit).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain(advice);
  expect(one.exchanges).toEqual([]);
});

test.each([
  ["mycluster --num 3 --dry-run", "--num is short for --num-nodes"],
  ["mycluster --num=3 --dry", "--dry is short for --dry-run"],
  ["--num 3 plan mycluster --loc eastus", "--loc is short for --location"],
  ["list --tim 5m", "--tim is short for --timeout"],
])("what begins one flag only is taken for it, and said: %s", async (argv, said) => {
  const { exit, stderr } = await azure().run(argv);
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain(`${said}.\n`);
  expect((await azure().run(`${argv} --quiet`)).stderr).not.toContain("is short for");
});

test.each([
  ["mycluster --data", "--data begins several flags: --data-disk, --data-disk-size, --data-disk-mount"],
  ["mycluster --no-h", "--no-h begins several flags: --no-host-keys, --nohttps"],
  ["list --force", "--force is --yes here"],
  ["list --forc", "unknown option '--forc'"],
  ["mycluster --", "azure-coreos-cluster"],
  ["mycluster --resource-group --json", "--resource-group needs a value, and --json is a flag"],
])("what begins several flags, or none, is refused: %s", async (argv, message) => {
  const one = azure();
  const { stdout, stderr } = await one.run(argv);
  expect(stdout + stderr).toContain(message);
});

describe("a flag that takes one value and is given twice", () => {
  const once = flagRows.filter(([, flag]) => flag.value !== undefined && flag.many !== true);

  test.each(once.map(([, { name }]) => name))("--%s", (name) => {
    expect(() => fullNames([`--${name}`, "x", `--${name}=y`])).toThrow(`--${name} is given twice`);
  });

  test("is refused where a file gives it two values, or two names", async () => {
    for (const [lines, message] of [
      ["platform: [flatcar, coreos]", "flags.yaml: platform takes one value"],
      ["platform: [flatcar, coreos]", 'Write it as "platform: P".'],
      ["ssh: 1\nssh-port: 2", "ssh is there twice"],
      ["simulate: 10x", "how fast is simulate-speed"],
    ] as const) {
      const one = azure();
      writeFileSync(join(one.dir, "flags.yaml"), lines);
      const { exit, stderr } = await one.run("mycluster --config flags.yaml --dry-run");
      expect([exit, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  test("is refused where two variables differ", async () => {
    const env = { AZURE_COREOS_CLUSTER_SSH: "30000", AZURE_COREOS_CLUSTER_SSH_PORT: "30001" };
    const { exit, stderr } = await azure().run("mycluster --dry-run", { env });
    expect([exit, stderr]).toEqual([2, expect.stringContaining("are the same flag")]);
  });

  test("a switch may be, and a value after another flag's name is a value", () => {
    expect(fullNames(["--yes", "--yes", "--output", "--json"]).words).toEqual(["--yes", "--output", "--json"]);
    expect(fullNames(["run", "x", "--", "--num", "--num"]).words).toEqual(["run", "x", "--", "--num", "--num"]);
  });
});

test("a switch that a cluster keeps, or that the environment says, is turned off by =false; =true is the switch", async () => {
  const one = azure();
  const rules = () => one.puts().get("loadBalancers/mycluster-lb")?.properties.loadBalancingRules.length;
  expect((await one.run("mycluster --num-nodes 1 --http=true --pip=no")).exit).toBe(0);
  expect(rules()).toBe(2);
  one.exchanges.length = 0;
  const env = { AZURE_COREOS_CLUSTER_HTTP: "true" };
  // the word after it is the cluster's name
  const { exit, stderr } = await one.run("create --http=false mycluster", { env });
  expect([exit, rules()], stderr).toEqual([0, 0]);
  one.exchanges.length = 0;
  expect((await one.run("mycluster")).exit).toBe(0);
  expect(rules()).toBeUndefined();
  expect((await one.run("mycluster --private=false")).exit).toBe(0);
  expect((await one.run("mycluster --etcd-plain=false --dry-run=off --simulate=false --quiet=yes")).stderr).toBe("");
});

test("a switch of another tool that is turned off is turned off here", async () => {
  expect((await azure().run("mycluster --public-ip=false")).stderr).toContain("azure-coreos-cluster mycluster --pip=false");
  expect((await azure().run("create --name=off")).stderr).toContain("azure-coreos-cluster create off\n");
});

describe("flags may stand before the command", () => {
  test.each([
    ["--dry-run --num-nodes 1 create mycluster", "mycluster: 1 machine"],
    ["--quiet --json list", "[]\n"],
    ["--output out.json --num-nodes 1 --dry-run mycluster", "mycluster: 1 machine"],
  ])("%s", async (argv, said) => {
    const { exit, stdout, stderr } = await azure().run(argv);
    expect(exit, stderr).toBe(0);
    expect(stdout + stderr).toContain(said);
  });
});

test.each([
  ["mycluster --ssh 1 --ssh-port 2", "--ssh and --ssh-port are the same flag"],
  ["mycluster --nohttps --no-https", "--nohttps and --no-https are the same flag"],
])("one flag by two of its names is refused: %s", async (argv, message) =>
  expect(await azure().run(argv)).toMatchObject({ exit: 2, stderr: expect.stringContaining(message) }),
);

test("what Windows puts at the end of a script's lines is left out, and said", async () => {
  const { exit, stdout, stderr } = await azure().run(["list", "--json\r"]);
  expect([exit, JSON.parse(stdout)]).toEqual([0, []]);
  expect(stderr).toContain("dos2unix SCRIPT");
  expect((await azure().run(["list", "--quiet", "--json", "\r"])).stderr).toBe("");
});

test.each([
  ["a word", ["plan", "abc", "--tag", "Owner=M\uFFFDller"], {}, "a word of this command is not UTF-8: Owner=M\uFFFDller"],
  ["a command for nodes", ["run", "abc", "--", "touch", "M\uFFFDller"], {}, "a word of this command is not UTF-8: M\uFFFDller"],
  [
    "a variable of ours",
    ["plan", "abc"],
    { AZURE_COREOS_CLUSTER_TAG: "Owner=M\uFFFDller" },
    "AZURE_COREOS_CLUSTER_TAG is not UTF-8",
  ],
  ["a variable of Azure's", ["list"], { AZURE_TENANT_ID: "M\uFFFDller" }, "AZURE_TENANT_ID is not UTF-8"],
])("%s with bytes that are no UTF-8 is refused: Node has put a sign in their place", async (_name, words, env, said) => {
  const one = azure();
  const { exit, stderr } = await one.run(words, { env });
  expect([exit, stderr]).toEqual([2, expect.stringContaining(said)]);
  expect(stderr).toContain("iconv -f WINDOWS-1252 -t UTF-8");
  expect(one.exchanges).toEqual([]);
});

test.each([
  ["--coreos-image Canonical:ubuntu-24_04-lts:server:latest", "ubuntu"],
  ["--platform ubuntu --coreos-image FlatcarLinuxFreeGen2", "flatcar"],
])("an image of another system is refused, with the platform that it is for: %s", async (flags, platform) => {
  const { exit, stderr } = await azure().run(`plan mycluster ${flags}`);
  expect(exit).toBe(2);
  expect(stderr).toContain(`Give --platform ${platform} with it`);
});

test("a size as the portal writes it", async () => {
  const { exit, stderr } = await azure().run(["plan", "mycluster", "--vm-size", "Standard D4s v5"]);
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("Standard_D4s_v5");
});
