/** `create --custom-data`: what the machines get of a user's own file, and what is said of it. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { StatusDocument } from "../../src/core/documents.ts";
import { some } from "../long.ts";
import { testAzure, type Body, type TestAzure } from "./world.ts";

const open: TestAzure[] = [];
afterEach(() => open.splice(0).forEach((one) => one.close()));

interface Sent {
  readonly exit: number;
  readonly stderr: string;
  readonly puts: Map<string, Body>;
  /** The first machine's user-data. */
  readonly bytes: Buffer;
}

async function created(data: string | Uint8Array): Promise<Sent> {
  const one = testAzure();
  open.push(one);
  writeFileSync(join(one.dir, "mine"), data);
  const { exit, stderr } = await one.run(`mycluster --custom-data mine`);
  const puts = one.puts();
  const machine = puts.get("virtualMachines/mycluster-coreos-0");
  return { exit, stderr, puts, bytes: Buffer.from(machine?.properties.osProfile.customData ?? "", "base64") };
}

const SCRIPT = `#cloud-config
hostname: {1}
write_files:
  - path: /opt/bin/check
    permissions: "0755"
    content: |
      #!/bin/bash
      [[ $ID =~ ^[A-Z]{1}[0-9]+$ ]] || { echo "bad id"; exit 1; }
      print("{0}".format("--discovery {0}"))
  - path: /etc/dashboard.json
    content: '{"legendFormat": "{{instance}}"}'
`;

test("only whole values are filled in, and that is said line by line", async () => {
  const { exit, stderr, bytes } = await created(SCRIPT);
  expect(exit).toBe(0);
  expect(bytes.toString()).toBe(SCRIPT.replace("hostname: {1}", "hostname: mycluster-coreos-0"));
  expect(stderr).toContain("--custom-data: line 2: {1} becomes the machine's name");
});

test("gzip is sent byte for byte, with a warning", async () => {
  const packed = gzipSync("#cloud-config\nhostname: a\n");
  const { exit, stderr, bytes } = await created(packed);
  expect([exit, bytes.equals(packed)]).toEqual([0, true]);
  expect(stderr).toContain("WALinuxAgent#1559");
});

test("bytes that are UTF-8 stay what they are", async () => {
  const text = '#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: "Grüße 😀"\n';
  expect((await created(text)).bytes.toString()).toBe(text);
});

describe("is refused before anything is made, with the command that mends it", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["Windows-1252", Buffer.from('#cloud-config\nhostname: "ü"\n', "latin1"), "iconv -f WINDOWS-1252 -t UTF-8 mine"],
    ["UTF-16", Buffer.from("\u{feff}#cloud-config\n", "utf16le"), "iconv -f UTF-16 -t UTF-8 mine"],
    ["a script with CRLF", "#!/bin/bash\r\necho\r\n", "dos2unix mine"],
    ["gzip of a bad file", gzipSync("#cloud-config\nruncmd: []\n"), "runcmd"],
  ])("%s", async (_what, data, message) => {
    const { exit, stderr, puts } = await created(data);
    expect([exit, puts.size]).toEqual([5, 0]);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(message);
  });
});

/** A discovery service on loopback, and what it was asked. */
async function service(): Promise<{ base: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(`${base}/0123456789abcdef0123456789abcdef\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => void server.close());
  return { base, asked };
}

test.each(some(["/new", "/new/", "/new?size=5", "/new/?size=3"], 0, 3))(
  "--discovery-service-url HOST%s asks once, for the members there are",
  async (path) => {
    const one = testAzure();
    open.push(one);
    const { base, asked } = await service();
    const flags = ["mycluster", "--discovery-service-url", `"${base}${path}"`];
    const { exit, stderr } = await one.run(flags);
    expect([exit, asked]).toEqual([0, ["/new?size=3"]]);
    expect(stderr.includes("asks for 5; the URL is asked for 3")).toBe(path.includes("size=5"));
    const sent = one.puts().get("virtualMachines/mycluster-coreos-0").properties.osProfile.customData as string;
    expect(Buffer.from(sent, "base64").toString()).toContain(`ETCD_DISCOVERY=${base}/0123456789abcdef0123456789abcdef`);
    expect(await one.run(flags)).toMatchObject({ exit: 0 });
    expect(asked).toHaveLength(1);
  },
);

test("the URL that a service gave is kept: the cluster grows with it, and it may be said", async () => {
  const one = testAzure();
  open.push(one);
  const { base } = await service();
  const url = `${base}/0123456789abcdef0123456789abcdef`;
  expect(await one.run(`mycluster --discovery-service-url ${base}/new`)).toMatchObject({ exit: 0 });
  const { document } = await one.json<StatusDocument>("status mycluster");
  expect(document.etcd).toMatchObject({ mode: "discovery", discoveryUrl: url });
  const { exit, stderr } = await one.run(`mycluster --num-nodes 4 --discovery-service-url ${url}`);
  expect(exit, stderr).toBe(0);
});

test.each([
  ["", "lint mine` checks"],
  [" --platform debian", "lint mine --platform debian` checks"],
])("a file that is refused%s: the check that is advised is of these nodes' system", async (flags, advised) => {
  const one = testAzure();
  open.push(one);
  writeFileSync(join(one.dir, "mine"), "#cloud-config\nwrite_files: a\n");
  const { exit, stderr } = await one.run(`mycluster --custom-data mine${flags}`);
  expect([exit, stderr, one.puts().size]).toEqual([5, expect.stringContaining(advised), 0]);
});
