/** Commands that ask nothing of Azure: what they print, write and answer. */
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, constants, openSync, readFileSync, readSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { has } from "../programs.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { START, type TestAzure, testAzure } from "./world.ts";

const opened: TestAzure[] = [];
const azure = (options: Parameters<typeof testAzure>[0] = {}): TestAzure => {
  const one = testAzure(options);
  opened.push(one);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) {
    expect(one.exchanges).toEqual([]);
    one.close();
  }
});
const file = (one: TestAzure, name: string): string => readFileSync(join(one.dir, name), "utf8");

describe("lint", () => {
  const lint = (text: string, flags = ""): ReturnType<TestAzure["run"]> => {
    const one = azure();
    writeFileSync(join(one.dir, "f.yaml"), text);
    return one.run(`lint f.yaml ${flags}`);
  };
  test.each([
    ["a good file", "#cloud-config\nhostname: a\n", "", 0, ""],
    ["an error", "#cloud-config\ncoreos:\n  units:\n    - name: a.service\n      command: begin\n", "", 1, "f.yaml:5: error: "],
    ["a warning alone", "#cloud-config\nwrite_files:\n  - path: /a\n    content: $public_ipv4\n", "", 0, "f.yaml:4: warning: "],
    ["a tab", "#cloud-config\n\thostname: a\n", "", 1, "f.yaml:2: error: a tab in the indentation"],
    [
      "the places of an old file",
      "#cloud-config\ncoreos:\n  etcd2:\n    discovery: {0}\n",
      "--platform coreos",
      0,
      "f.yaml:4: note: {0} becomes",
    ],
    ["a key of old CoreOS, read by a Flatcar node", "#cloud-config\ncoreos:\n  fleet: {}\n", "", 1, "f.yaml:3: error: "],
    ["the same, read by a CoreOS node", "#cloud-config\ncoreos:\n  fleet: {}\n", "--platform coreos", 0, ""],
  ])("%s", async (_name, text, flags, exit, stdout) => {
    const result = await lint(text, flags);
    expect([result.exit, result.stdout.slice(0, stdout.length || undefined)]).toEqual([exit, stdout]);
  });
  test("--json is a document with the same findings", async () => {
    const { exit, stdout } = await lint("#cloud-confg\n", "--json");
    expect([exit, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        schema: "azure-coreos-cluster/lint/1",
        file: "f.yaml",
        platform: "flatcar",
        errors: 1,
        findings: [{ level: "error", line: 1 }],
      },
    ]);
  });
  test("a missing file is bad usage", async () => {
    expect(await azure().run("lint nowhere.yaml")).toMatchObject({
      exit: 2,
      stdout: "",
      stderr: expect.stringContaining("nowhere.yaml"),
    });
  });
  test("a folder is bad usage too", async () => {
    expect(await azure().run("lint -")).toMatchObject({ exit: 2, stderr: expect.stringContaining("give /dev/stdin") });
    expect(await azure().run("lint .")).toMatchObject({ exit: 2, stderr: expect.stringContaining("It is a folder") });
  });
});

describe("create-azure-user-data", () => {
  const url = "http://10.0.0.9:8087/0123456789abcdef";
  test("writes a file that passes lint, and prints its name", async () => {
    const one = azure();
    const { exit, stdout } = await one.run(`create-azure-user-data ${url}`);
    expect([exit, stdout]).toEqual([0, "azure-user-data\n"]);
    expect(file(one, "azure-user-data")).toContain(`ETCD_DISCOVERY=${url}`);
    expect(await one.run("lint azure-user-data")).toMatchObject({ exit: 0, stdout: "" });
  });
  test("without a URL leaves {0} in its place, which lint takes for filled in", async () => {
    const one = azure();
    const { stderr } = await one.run("create-azure-user-data --dir .");
    expect(stderr).toContain("--discovery-service-url");
    expect(file(one, "azure-user-data")).toContain("ETCD_DISCOVERY={0}");
    const { exit, stdout } = await one.run("lint azure-user-data");
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/^azure-user-data:\d+: note: \{0\} becomes the cluster's discovery URL\n$/),
    ]);
  });
  test("keeps beside it what somebody wrote, and says so", async () => {
    const one = azure();
    writeFileSync(join(one.dir, "azure-user-data"), "mine");
    expect((await one.run(`create-azure-user-data ${url}`)).stderr).toContain("is kept as azure-user-data.bak\n");
    expect(file(one, "azure-user-data")).toMatch(/^#cloud-config\n/);
    expect(file(one, "azure-user-data.bak")).toBe("mine");
    expect((await one.run(`create-azure-user-data ${url}`)).stderr).toContain("unchanged");
    writeFileSync(join(one.dir, "azure-user-data"), "mine again");
    expect((await one.run(`create-azure-user-data ${url}`)).stderr).toContain("azure-user-data.bak2");
    expect([file(one, "azure-user-data.bak"), file(one, "azure-user-data.bak2")]).toEqual(["mine", "mine again"]);
  });
  test("a URL that no node could use is refused, and nothing is written", async () => {
    const one = azure();
    writeFileSync(join(one.dir, "azure-user-data"), "mine");
    expect((await one.run("create-azure-user-data discovery.etcd.io/new")).exit).toBe(2);
    expect(file(one, "azure-user-data")).toBe("mine");
  });

  test("what a link leads to is kept as well, whole and beside the link", async () => {
    const one = azure();
    writeFileSync(join(one.dir, "theirs"), "theirs");
    symlinkSync("theirs", join(one.dir, "azure-user-data"));
    expect((await one.run("create-azure-user-data")).exit).toBe(0);
    expect([file(one, "azure-user-data.bak"), file(one, "theirs").slice(0, 13)]).toEqual(["theirs", "#cloud-config"]);
  });
});

describe("generate-mgmt-cert", () => {
  test("makes key and certificate, prints the files and the thumbprint, and how to sign in", async () => {
    const one = azure();
    writeFileSync(
      join(one.dir, "cert.conf"),
      "[ req ]\nprompt = no\ndistinguished_name = dn\n[ dn ]\nO = Acme\nCN = www.test.com\n",
    );
    const { exit, stdout, stderr } = await one.run("generate-mgmt-cert --bits 3072 --days 30");
    const certificate = new X509Certificate(readFileSync(join(one.dir, "azure-cert.cer")));
    expect(exit, stderr).toBe(0);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "azure-cert.pem",
      "azure-cert.cer",
      `thumbprint ${certificate.fingerprint.replaceAll(":", "")}`,
    ]);
    expect(stderr).toContain("--azure-cert azure-cert.pem --tenant TENANT --client-id APPID");
    expect(certificate.subject).toBe("O=Acme\nCN=www.test.com");
    expect(Math.round((certificate.validToDate.getTime() - Date.UTC(2026, 10, 22, 12)) / 86_400_000)).toBe(30);
    const key = createPrivateKey(file(one, "azure-cert.pem"));
    expect([key.asymmetricKeyDetails?.modulusLength, certificate.checkPrivateKey(key)]).toEqual([3072, true]);
    expect(statSync(join(one.dir, "azure-cert.pem")).mode & 0o777).toBe(0o600);
    expect(stdout + stderr).not.toContain("PRIVATE KEY");
  });
  test("--subject wins over cert.conf", async () => {
    const one = azure();
    writeFileSync(join(one.dir, "cert.conf"), "[ req ]\ndistinguished_name = missing\n");
    expect((await one.run("generate-mgmt-cert --subject /C=DE/CN=me")).exit).toBe(0);
    expect(new X509Certificate(readFileSync(join(one.dir, "azure-cert.cer"))).subject).toBe("C=DE\nCN=me");
  });
  test("what is there is kept, and flags without effect are named", async () => {
    const one = azure();
    await one.run("generate-mgmt-cert");
    const before = file(one, "azure-cert.pem");
    expect((await one.run("generate-mgmt-cert --days 5")).stderr).toContain("--days had no effect");
    expect(file(one, "azure-cert.pem")).toBe(before);
  });
});

describe("completion", () => {
  test.each(["bash", "zsh", "fish"])("knows every command and flag: %s", async (shell) => {
    const { exit, stdout } = await azure().run(`completion ${shell}`);
    expect(exit).toBe(0);
    for (const word of [
      "create-azure-user-data",
      "generate-mgmt-cert",
      "num-nodes",
      "node-timeout",
      "AzureChinaCloud",
      "terraform",
      "help",
    ])
      expect(stdout).toContain(word);
  });
  test.skipIf(!has("bash"))("completes a command line in bash", async () => {
    const { stdout } = await azure().run("completion bash");
    const ask = `${stdout}\nCOMP_WORDS=(azure-coreos-cluster mycluster --platform f); COMP_CWORD=3; _azure_coreos_cluster; echo "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["-c", ask], { encoding: "utf8" })).toBe("flatcar\n");
  });
  test("another shell is bad usage", async () => expect((await azure().run("completion tcsh")).exit).toBe(2));
});

describe("emulate", () => {
  /** Runs it until `use` is done, then interrupts. */
  async function emulated(one: TestAzure, use: (url: string) => Promise<void>, flags = ""): Promise<number> {
    let interrupt = (): void => undefined;
    const url = Promise.withResolvers<string>();
    const running = one.run(`emulate ${flags}`, {
      onInterrupt: (stop) => (interrupt = stop),
      onStdout: (text) => url.resolve(text.trim()),
    });
    try {
      await use(await Promise.race([url.promise, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]));
    } finally {
      interrupt();
    }
    return (await running).exit;
  }
  const group = (url: string, put?: object): Promise<Response> =>
    fetch(`${url}/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/g?api-version=2025-04-01`, {
      headers: { authorization: "Bearer loopback", "content-type": "application/json" },
      ...(put === undefined ? {} : { method: "PUT", body: JSON.stringify(put) }),
    });

  test("serves on loopback until interrupted, and keeps what was made", async () => {
    const one = azure();
    expect(
      await emulated(one, async (url) => {
        expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
        expect((await group(url, { location: "westus" })).status).toBe(201);
      }),
    ).toBe(0);
    await emulated(one, async (url) => expect(await (await group(url)).json()).toMatchObject({ location: "westus" }));
    expect(statSync(join(one.dir, ".simulated-azure.json")).mode & 0o777).toBe(0o600);
  });
  test("is as quick as a profile says, and writes down what was asked, without headers and bodies", async () => {
    const one = azure();
    const network = "Microsoft.Network/virtualNetworks";
    writeFileSync(join(one.dir, "p.json"), JSON.stringify({ latencyMs: [0, 0], seconds: { [network]: [0, 0] } }));
    const use = async (url: string): Promise<void> => {
      await group(url, { location: "westus" });
      const vnet = `${url}/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/${network}/v?api-version=2026-01-01`;
      const headers = { authorization: "Bearer loopback", "content-type": "application/json" };
      const body = JSON.stringify({ location: "westus", properties: { addressSpace: { addressPrefixes: ["10.0.0.0/16"] } } });
      await fetch(vnet, { method: "PUT", headers, body });
      expect(await (await fetch(vnet, { headers })).json()).toMatchObject({ properties: { provisioningState: "Succeeded" } });
    };
    await emulated(one, use, "--profile p.json --requests r.jsonl");
    const lines = file(one, "r.jsonl").trim().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
      lines.map(() => ["at", "ms", "method", "path", "status"]),
    );
    expect(lines.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([201, 201, 200]);
  });
  test("what was on its way when it stopped is written down, and ends nothing", async () => {
    const [asked, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    const clock = createVirtualClock(START);
    // the answer is on its way until after the end
    const sleep = (): Promise<never> => (asked.resolve(), stopped.promise);
    const one = azure({ clock: { ...clock, sleep } });
    const exit = await emulated(
      one,
      async (url) => {
        void group(url).catch(() => undefined);
        await asked.promise;
      },
      "--requests r.jsonl",
    );
    expect(exit).toBe(0);
    stopped.reject(new Error("The client has gone away."));
    await vi.waitFor(() => expect(file(one, "r.jsonl")).toContain('"method":"GET"'));
  });
  test("a full disk under its log is said, and everything is served all the same", async () => {
    const one = azure();
    const running = emulated(
      one,
      async (url) => {
        for (let index = 0; index < 3; index++) expect((await group(url)).status).toBe(404);
      },
      "--requests /dev/full",
    );
    expect(await running).toBe(0);
  });
  test.each([
    ["a profile that is not there", "--profile none.json", "cannot read"],
    ["a log in no folder", "--requests none/r.jsonl", "r.jsonl cannot be written"],
  ])("%s is said", async (_, flags, why) => {
    const { exit, stderr } = await azure().run(`emulate ${flags}`);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
  test.skipIf(!has("mkfifo"))("a pipe is its log when somebody reads it, and else it is said", async () => {
    const one = azure();
    const pipe = join(one.dir, "r");
    execFileSync("mkfifo", [pipe]);
    const unread = await one.run("emulate --requests r");
    expect([unread.exit, unread.stderr]).toEqual([2, expect.stringContaining("it is a pipe, and nobody reads it")]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    await emulated(one, async (url) => void (await group(url)), "--requests r");
    const read = Buffer.alloc(1000);
    const text = read.toString("utf8", 0, readSync(reader, read));
    expect(JSON.parse(text)).toMatchObject({ method: "GET", status: 404 });
  });
  test("a port that is taken is said, and so is a folder", async () => {
    const one = azure();
    await emulated(one, async (url) => {
      const second = await azure().run(`emulate --port ${new URL(url).port}`);
      expect([second.exit, second.stderr]).toEqual([2, expect.stringContaining("Choose another port")]);
      const third = await one.run("create mycluster --simulate");
      expect([third.exit, third.stderr]).toEqual([7, expect.stringContaining("--arm-endpoint")]);
    });
  });
});
