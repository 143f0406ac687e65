/** What leaves the process leaves through the proxy, over real sockets; and a proxy that does not work is called that. */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { expect, onTestFinished, test } from "vitest";
import { boundedClient } from "../../src/azure/bounded.ts";
import { createCredential } from "../../src/azure/credentials.ts";
import { CLOUDS } from "../../src/azure/clouds.ts";
import { failure } from "../../src/azure/failure.ts";
import { outwardClient } from "../../src/azure/outward.ts";
import { adviceFor, retryClass } from "../../src/core/advice/advice.ts";
import { selfSigned } from "../../src/prepare/certificate.ts";
import { newDiscoveryUrl } from "../../src/prepare/discovery.ts";
import { proxyOf } from "../../src/operations/way-out/proxy.ts";
import { tunnel } from "../../src/operations/way-out/proxy-agents.ts";
import { fetchWith } from "../../src/operations/way-out/fetch.ts";
import { wayOut } from "../../src/operations/way-out/way-out.ts";

const { signal } = new AbortController();

async function port(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Nobody listens there any more. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  return at;
}

/** Answers what is asked over http itself; opens every tunnel to one port, or refuses it. */
async function proxy(to: number | { status: number; offers?: readonly string[] }) {
  const seen: string[] = [];
  const server = createServer(({ url = "", headers }, answer) => {
    seen.push(`GET ${url} ${headers["proxy-authorization"] ?? ""}`.trim());
    answer.end("https://etcd.example/0123abcd");
  });
  server.on("connect", ({ url, headers }: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${url} ${headers["proxy-authorization"] ?? ""}`.trim());
    socket.on("error", () => undefined);
    const offers = (typeof to === "number" ? [] : (to.offers ?? [])).map((one) => `Proxy-Authenticate: ${one}\r\n`).join("");
    if (typeof to !== "number") return socket.end(`HTTP/1.1 ${to.status} No\r\n${offers}\r\n`);
    const inner = connect(to, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    return void inner
      .on("error", () => socket.destroy())
      .pipe(socket)
      .pipe(inner);
  });
  return { seen, at: `127.0.0.1:${await port(server)}` };
}

async function certificate(): Promise<{ key: string; cert: string }> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const subject = [{ name: "CN", value: "somebody" }];
  return { key, cert: await selfSigned({ key, subject, days: 1, now: Date.now() }) };
}

/** A server that nobody's authority has signed for: a proxy that looks into the traffic. */
const untrusted = async () => port(createTlsServer(await certificate(), (_, answer) => answer.end("{}")));

/** As Resource Manager is asked. */
async function asked(env: Record<string, string>, url = "https://management.azure.com/subscriptions"): Promise<unknown> {
  const client = boundedClient(await outwardClient(wayOut(env).agentOf));
  return client.sendRequest(createPipelineRequest({ url })).then(
    () => undefined,
    (error: unknown) => failure(error),
  );
}

const hasIpv6 = Object.values(networkInterfaces()).some((one) => one?.some(({ address }) => address === "::1"));

test.skipIf(!hasIpv6)("an address of IPv6 is asked without its brackets", async () => {
  const server = createServer((_, answer) => void answer.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://[::1]:${(server.address() as AddressInfo).port}/`;
  const client = await outwardClient(wayOut({}).agentOf);
  const answer = await client.sendRequest(createPipelineRequest({ url, allowInsecureConnection: true }));
  expect(answer.bodyAsText).toBe("here");
});

test("a discovery service is asked through the proxy, over http", async () => {
  const { at, seen } = await proxy({ status: 500 });
  const { fetch } = wayOut({ HTTP_PROXY: `me:word@${at}` });
  expect(await newDiscoveryUrl(fetch, "http://etcd.example", 3)).toBe("https://etcd.example/0123abcd");
  expect(seen).toEqual([`GET http://etcd.example/new?size=3 Basic ${btoa("me:word")}`]);
});

test("and over https, where the proxy opens a tunnel", async () => {
  const { at, seen } = await proxy(await untrusted());
  const { fetch } = wayOut({ HTTPS_PROXY: at });
  await expect(newDiscoveryUrl(fetch, "https://etcd.example", 3)).rejects.toThrow(/cannot be reached: .*self-signed/);
  expect(seen).toEqual(["CONNECT etcd.example:443"]);
});

test("this machine is asked directly, whatever the variables say", async () => {
  const here = await port(createServer((_, answer) => answer.end("here")));
  const dead = await deadAddress();
  const { fetch } = wayOut({ HTTP_PROXY: dead, HTTPS_PROXY: dead });
  expect(await (await fetch(`http://127.0.0.1:${here}/`, { signal })).text()).toBe("here");
});

test("a redirection is followed nowhere", async () => {
  const here = await port(createServer((_, answer) => answer.writeHead(302, { location: "http://etcd.example/" }).end()));
  await expect(wayOut({}).fetch(`http://127.0.0.1:${here}/`, { signal })).rejects.toThrow("302");
});

test.each([
  [407, "ProxyAuthenticationRequired", "wants a user name and a password (407)", "no"],
  [403, "ProxyRefused", "opens no way to management.azure.com", "no"],
  [511, "ProxyRefused", "opens no way to management.azure.com", "no"],
  [502, "ProxyCannotConnect", "opens no way to management.azure.com", "transient"],
  [503, "ProxyCannotConnect", "opens no way to management.azure.com", "transient"],
])("a proxy that answers %i is called that", async (status, code, words, retry) => {
  const { at } = await proxy({ status });
  const error = await asked({ HTTPS_PROXY: `me:hunter2@${at}` });
  expect(error).toMatchObject({ code, exit: 1, message: expect.stringContaining(words) as string });
  expect(error).toMatchObject({ message: expect.stringContaining(`${at} (HTTPS_PROXY)`) as string });
  expect((error as Error).message).not.toContain("hunter2");
  expect(retryClass(undefined, code)).toBe(retry);
});

test.each([
  [["Negotiate", "NTLM"], "ProxySignInUnsupported", "wants a sign-in by Negotiate or NTLM (407)", /cntlm.*`export HTTPS_PROXY=/],
  [['Digest realm="Basically"'], "ProxySignInUnsupported", "wants a sign-in by Digest (407)", /cntlm/],
  [["NTLM", 'basic realm="x"'], "ProxyAuthenticationRequired", "wants a user name and a password (407)", /USER:PASSWORD@/],
])("a proxy that wants a sign-in takes %j", async (offers, code, words, advice) => {
  const { at } = await proxy({ status: 407, offers });
  const error = (await asked({ HTTPS_PROXY: at })) as { code: string; message: string };
  expect(error).toMatchObject({ code, exit: 1 });
  expect(error.message).toContain(`the proxy ${at} (HTTPS_PROXY) ${words}`);
  expect(adviceFor(error)?.advice).toMatch(advice);
});

test("a dead proxy is named with its variable, and is no sign-in", async () => {
  const at = await deadAddress();
  const error = await asked({ https_proxy: `http://me:hunter2@${at}` });
  expect(error).toMatchObject({
    code: "ProxyUnreachable",
    exit: 1,
    message: expect.stringContaining(`the proxy ${at} (https_proxy) cannot be reached: ECONNREFUSED`) as string,
  });
  expect(adviceFor(error as { code: string; message: string })?.advice).toContain("`unset https_proxy`");
});

test("a proxy that wants a password of what is asked over http is called that, and not the server", async () => {
  const at = `127.0.0.1:${await port(createServer((_, answer) => answer.writeHead(407).end()))}`;
  const asked = newDiscoveryUrl(wayOut({ http_proxy: `me:hunter2@${at}` }).fetch, "http://etcd.example", 3);
  await expect(asked).rejects.toThrow(`the proxy ${at} (http_proxy) wants a user name and a password (407)`);
});

test("a 407 that no proxy gave is a server's", async () => {
  const here = await port(createServer((_, answer) => answer.writeHead(407).end()));
  expect((await wayOut({}).fetch(`http://127.0.0.1:${here}/`, { signal })).status).toBe(407);
});

/** Takes connections, and never says a word. */
const silent = async () => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const server = createTcpServer((socket) => {
    onTestFinished(() => void socket.destroy());
    resolve();
  });
  return { reached, at: `127.0.0.1:${await port(server)}` };
};

test.each(["http", "https"])("who gives up while an %s proxy says nothing is let go at once", async (kind) => {
  const { at, reached } = await silent();
  const { fetch } = wayOut({ HTTPS_PROXY: `${kind}://${at}` });
  const patience = new AbortController();
  const asked = expect(fetch("https://etcd.example/", { signal: patience.signal })).rejects.toThrow("enough");
  await reached;
  patience.abort(new Error("enough"));
  await asked;
});

test("a proxy that never opens the way is given up", async () => {
  const { at } = await silent();
  const url = "https://etcd.example/";
  const proxy = proxyOf({ ALL_PROXY: `http://me:hunter2@${at}` }, url);
  if (proxy === undefined) throw new Error("no proxy");
  const agent = tunnel(proxy, {}, 1);
  const fetch = fetchWith(
    () => agent,
    () => undefined,
  );
  const given = `the proxy ${at} (ALL_PROXY) cannot be reached: no answer within`;
  await expect(fetch(url, { signal })).rejects.toThrow(given);
});

test("a server that is not there is named by its host", async () => {
  const at = await deadAddress();
  expect(await asked({}, `https://${at}/subscriptions`)).toMatchObject({
    code: "ECONNREFUSED",
    message: expect.stringContaining(at) as string,
  });
});

test("a proxy that looks into the traffic leads to NODE_EXTRA_CA_CERTS, with the host", async () => {
  const { at } = await proxy(await untrusted());
  const error = await asked({ HTTPS_PROXY: at });
  expect(error).toMatchObject({ exit: 1, message: expect.stringContaining("management.azure.com: self-signed") as string });
  expect(adviceFor(error as { code: string; message: string })?.advice).toContain("NODE_EXTRA_CA_CERTS");
});

test("the sign-in goes through the proxy, and a dead one is no failed sign-in", async () => {
  const { at, seen } = await proxy({ status: 403 });
  const signIn = async (HTTPS_PROXY: string): Promise<unknown> => {
    const { cert, key } = await certificate();
    const credential = await createCredential({
      env: {},
      cloud: CLOUDS.AzureCloud,
      tenant: "11111111-2222-3333-4444-555555555555",
      clientId: "11111111-2222-3333-4444-666666666666",
      certificate: `${key}${cert}`,
      httpClient: await outwardClient(wayOut({ HTTPS_PROXY }).agentOf),
    });
    return credential.getToken(CLOUDS.AzureCloud.scope).catch((error: unknown) => failure(error));
  };
  expect(await signIn(at)).toMatchObject({ code: "ProxyRefused", exit: 1 });
  expect(seen[0]).toBe("CONNECT login.microsoftonline.com:443");
  expect(await signIn(await deadAddress())).toMatchObject({ code: "ProxyUnreachable", exit: 1 });
});
