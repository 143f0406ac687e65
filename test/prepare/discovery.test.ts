import { execFile, spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  discoveryMembers,
  discoveryService,
  discoverySize,
  newDiscoveryUrl,
  parseDiscoveryUrl,
  type DiscoveryFetch,
} from "../../src/prepare/discovery.ts";
import { answers, end } from "../nodes/sshd.ts";
import { find, has } from "../programs.ts";
import { freePorts } from "../ports.ts";
import { newFolder } from "./folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const URL_ = `http://disc.example:8087/${TOKEN}`;
/** A service that gives one answer to everything, and what it was asked. */
function service(status: number, body: unknown): { fetch: DiscoveryFetch; asked: string[] } {
  const asked: string[] = [];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { asked, fetch: async (url) => (asked.push(url), new Response(text, { status })) };
}

test.each([
  [URL_, URL_, TOKEN],
  [`  ${URL_}\n`, URL_, TOKEN],
  [`https://discovery.etcd.io/${TOKEN}`, `https://discovery.etcd.io/${TOKEN}`, TOKEN],
  ["http://10.0.0.9:2379/v2/keys/_etcd/registry/my-token/", "http://10.0.0.9:2379/v2/keys/_etcd/registry/my-token", "my-token"],
  ["http://[::1]:8087/t", "http://[::1]:8087/t", "t"],
  [`'${URL_}'`, URL_, TOKEN],
  [`HTTP://disc.example:8087/${TOKEN}/`, URL_, TOKEN],
])("a discovery URL: %j", (text, url, token) => {
  expect(parseDiscoveryUrl(text)).toEqual({ url, token });
});

test.each([
  ["", "must be an http or https URL"],
  ["disc.example/abc", "must be an http or https URL"],
  [`ftp://disc.example/${TOKEN}`, "must be an http or https URL"],
  ["https://discovery.etcd.io", "has no token"],
  ["https://discovery.etcd.io/new", "has no token"],
  ["https://discovery.etcd.io/new?size=3", "has no token"],
  [`${URL_}?size=3`, `no "?"`],
  [`http://me:pass@disc.example/${TOKEN}`, "must not hold a user name"],
  ["http://disc.example/a%20b", "characters that no service gives"],
])("no discovery URL: %j", (text, message) => {
  expect(() => parseDiscoveryUrl(text)).toThrow(
    expect.objectContaining({ code: "Usage", message: expect.stringContaining(message) }),
  );
});

test.each([
  "http://disc.example:8087",
  "http://disc.example:8087/",
  "http://disc.example:8087/new",
  "http://disc.example:8087/new/",
  "http://disc.example:8087/new?size=3",
  "http://disc.example:8087/new/?size=3",
  "HTTP://Disc.Example:8087/new?size=5",
  '"http://disc.example:8087/new?size=3"',
  "\u201chttp://disc.example:8087/new\u201d",
  " <http://disc.example:8087/new> ",
])("asks %s for the size", async (base) => {
  const { fetch, asked } = service(200, `${URL_}\n`);
  expect(await newDiscoveryUrl(fetch, base, 5)).toBe(URL_);
  expect(asked).toEqual(["http://disc.example:8087/new?size=5"]);
});

test.each<[string, { address: string; size?: number } | undefined]>([
  ["https://d.example/new?size=3", { address: "https://d.example", size: 3 }],
  ["https://d.example/etcd/new/", { address: "https://d.example/etcd" }],
  ["https://d.example/new/abc", undefined],
  [URL_, undefined],
])("the service of %s", (text, expected) => expect(discoveryService(text)).toEqual(expected));

test.each([
  "https://d.example/new?size=0",
  "https://d.example/new?size=x",
  "https://d.example/new?siez=3",
  "https://d.example/new#3",
])("a service that cannot be asked: %s", (text) => expect(() => discoveryService(text)).toThrow("takes a size and nothing else"));

test.each([
  [503, "", "answered 503"],
  [200, "<html>hello</html>", "is no discovery URL"],
  [200, "", "is no discovery URL"],
])("a service that answers %i %j is refused with the way out", async (status, body, message) => {
  await expect(newDiscoveryUrl(service(status, body).fetch, "http://disc.example", 3)).rejects.toMatchObject({
    code: "DiscoveryFailed",
    exit: 5,
    message: expect.stringContaining(message),
    advice: expect.stringMatching(/Leave the discovery flags out.*discovery\.etcd\.io has answered 503 since June 2026/),
  });
});

test("of discovery.etcd.io itself the error says that it is dead", async () => {
  await expect(newDiscoveryUrl(service(503, "").fetch, "https://discovery.etcd.io", 3)).rejects.toThrow("since June 2026");
});

test.each([0, -1, 1.5, Number.NaN])("a size of %d is refused", async (size) => {
  await expect(newDiscoveryUrl(service(200, URL_).fetch, "http://disc.example", size)).rejects.toMatchObject({ code: "Usage" });
});

test.each<[string, number, unknown, number | undefined]>([
  ["a size", 200, { action: "get", node: { key: "/x", value: "3" } }, 3],
  ["no such token", 404, { errorCode: 100 }, undefined],
])("reads %s", async (_, status, body, size) => {
  const { fetch, asked } = service(status, body);
  expect(await discoverySize(fetch, URL_)).toBe(size);
  expect(asked).toEqual([`${URL_}/_config/size`]);
});

test.each<[string, number, unknown]>([
  ["no number", 200, { node: { value: "many" } }],
  ["zero", 200, { node: { value: "0" } }],
  ["no value", 200, { node: {} }],
  ["a list", 200, []],
  ["null", 200, { node: null }],
  ["text", 200, "hello"],
  ["an error", 500, ""],
  ["a page that says 404", 404, "<html>"],
  ["a gateway's 404", 404, { message: "Not found" }],
])("a size that is %s is an error", async (_, status, body) => {
  await expect(discoverySize(service(status, body).fetch, URL_)).rejects.toMatchObject({ code: "DiscoveryFailed" });
});

test("members come in the order of registration; an unused URL has none", async () => {
  const nodes = [
    { value: "b=http://10.0.0.5:2380", createdIndex: 9 },
    { value: "a=http://10.0.0.4:2380", createdIndex: 7 },
    { createdIndex: 8 },
  ];
  expect(await discoveryMembers(service(200, { node: { dir: true, nodes } }).fetch, URL_)).toEqual([
    "a=http://10.0.0.4:2380",
    "b=http://10.0.0.5:2380",
  ]);
  expect(await discoveryMembers(service(200, { node: { dir: true } }).fetch, URL_)).toEqual([]);
});

test("a service that is not there, and one that never answers while the user interrupts", async () => {
  const [port] = await freePorts(1);
  await expect(newDiscoveryUrl(fetch, `http://127.0.0.1:${port}`, 3)).rejects.toMatchObject({
    code: "DiscoveryFailed",
    message: expect.stringContaining("cannot be reached"),
  });
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const interrupt = new AbortController();
  silent.once("connection", (socket) => {
    onTestFinished(() => void socket.destroy());
    interrupt.abort(new Error("interrupted"));
  });
  const { port: open } = silent.address() as AddressInfo;
  await expect(newDiscoveryUrl(fetch, `http://127.0.0.1:${open}`, 3, interrupt.signal)).rejects.toThrow("interrupted");
});

test.skipIf(!has("etcd") || !has("discovery.etcd.io") || !has("etcdctl"))(
  "the real discovery server: a URL for 2, which two real members use",
  async () => {
    const folder = newFolder();
    const ports = await freePorts(7);
    const url = (index: number): string => `http://127.0.0.1:${ports[index]}`;
    const start = (program: string, args: string[], env: Record<string, string> = {}): void => {
      const child = spawn(find(program) ?? "", args, { stdio: "ignore", env: { ...process.env, ...env } });
      onTestFinished(() => end(child, "SIGKILL"));
    };
    const etcd = (name: string, client: string, peer: string, boot: string[], env: Record<string, string>): void =>
      start(
        "etcd",
        [
          "--name",
          name,
          "--data-dir",
          join(folder, name),
          "--listen-client-urls",
          client,
          "--advertise-client-urls",
          client,
          "--listen-peer-urls",
          peer,
          "--initial-advertise-peer-urls",
          peer,
          ...boot,
        ],
        env,
      );
    etcd("disc", url(0), url(1), ["--initial-cluster", `disc=${url(1)}`], { ETCD_ENABLE_V2: "true" });
    start("discovery.etcd.io", ["--addr", `127.0.0.1:${ports[2]}`, "--etcd", url(0), "--host", url(2)]);
    await answers("127.0.0.1", ports[2] ?? 0, () => false);

    let made = "";
    await expect
      .poll(async () => (made = await newDiscoveryUrl(fetch, url(2), 2).catch(String)), { timeout: 15_000, interval: 250 })
      .toMatch(/^http:/);
    expect(parseDiscoveryUrl(made).token).toMatch(/^[0-9a-f]{32}$/);
    expect(await discoverySize(fetch, made)).toBe(2);
    expect(await discoveryMembers(fetch, made)).toEqual([]);
    expect(await discoverySize(fetch, `${url(2)}/${TOKEN}`)).toBeUndefined();

    etcd("m0", url(3), url(4), [], { ETCD_DISCOVERY: made });
    etcd("m1", url(5), url(6), [], { ETCD_DISCOVERY: made });
    const healthy = async (): Promise<string> =>
      (
        await promisify(execFile)("etcdctl", ["--endpoints", `${url(3)},${url(5)}`, "endpoint", "health"], {
          env: { ...process.env, ETCDCTL_API: "3" },
        })
      ).stderr;
    await expect.poll(() => healthy().then(() => "healthy", String), { timeout: 15_000, interval: 250 }).toBe("healthy");
    expect((await discoveryMembers(fetch, made)).toSorted()).toEqual([`m0=${url(4)}`, `m1=${url(6)}`]);
  },
);
