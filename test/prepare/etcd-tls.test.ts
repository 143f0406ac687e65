import { execFile, spawn } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  adoptEtcdCa,
  createEtcdCa,
  etcdTlsFiles,
  issueEtcdCertificate,
  issueNodeCertificate,
  prepareEtcdTls,
} from "../../src/prepare/etcd-tls.ts";
import { end } from "../nodes/sshd.ts";
import { find, has } from "../programs.ts";
import { freePorts } from "../ports.ts";
import { filesIn, modeOf, newFolder, runIn } from "./folder.ts";

const run = promisify(execFile);
const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 22);
const P384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ALL_AGAIN = "Move the files etcd-* in that folder away: all are made again.";
const MADE_AGAIN = "Move it and its .pem away: both are made again.";
const FILES = ["etcd-ca.key", "etcd-ca.pem", "etcd-client.key", "etcd-client.pem"];

test("a node's certificate: signed by the authority, for its address and loopback, for both ends", async () => {
  const ca = await createEtcdCa("mycluster", now);
  const tls = await issueNodeCertificate(ca, { name: "mycluster-coreos-0", address: "10.0.0.4", now });
  const [authority, node] = [new X509Certificate(ca.certificate), new X509Certificate(tls.certificate)];
  expect(tls.ca).toBe(ca.certificate);
  expect([authority.ca, node.ca]).toEqual([true, false]);
  expect(authority.subject).toBe("CN=mycluster etcd CA");
  expect(node.checkIssued(authority) && node.verify(authority.publicKey)).toBe(true);
  expect(node.checkPrivateKey(createPrivateKey(tls.key))).toBe(true);
  expect(node.subjectAltName).toBe("DNS:localhost, DNS:mycluster-coreos-0, IP Address:10.0.0.4, IP Address:127.0.0.1");
  expect(node.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  // Three of them are in every member's user-data, of which Azure takes 65,535 bytes.
  expect(tls.ca.length + tls.certificate.length + tls.key.length).toBeLessThan(2000);
});

test("the operator's certificate is a client's only", async () => {
  const ca = await createEtcdCa("c", now);
  const { certificate } = await issueEtcdCertificate(ca, { name: "operator", client: true, server: false, days: 7, now });
  const read = new X509Certificate(certificate);
  expect([read.keyUsage, read.subjectAltName, Date.parse(read.validTo)]).toEqual([
    ["1.3.6.1.5.5.7.3.2"],
    undefined,
    now + 7 * DAY,
  ]);
});

test("the name of a long cluster or machine is cut in the subject, which takes 64 characters, and whole beside it", async () => {
  const ca = await createEtcdCa("c".repeat(63), now);
  const tls = await issueNodeCertificate(ca, { name: "n".repeat(80), address: "10.0.0.4", now });
  expect(new X509Certificate(ca.certificate).subject).toBe(`CN=${"c".repeat(56)} etcd CA`);
  expect(new X509Certificate(tls.certificate).subject).toBe(`CN=${"n".repeat(64)}`);
  expect(new X509Certificate(tls.certificate).subjectAltName).toContain(`DNS:${"n".repeat(80)},`);
});

test("the folder gets four files, keys 0600, and keeps them", async () => {
  const folder = newFolder();
  const ca = await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
  expect(filesIn(folder)).toEqual(FILES);
  expect(FILES.map((name) => modeOf(join(folder, name))).filter((mode) => mode === "0600")).toHaveLength(2);
  expect([modeOf(etcdTlsFiles(folder).caKey), modeOf(etcdTlsFiles(folder).clientKey)]).toEqual(["0600", "0600"]);
  const before = FILES.map((name) => readFileSync(join(folder, name), "utf8"));
  expect(await prepareEtcdTls({ folder, cluster: "c", exists: true, now: now + 100 * DAY })).toEqual(ca);
  expect(FILES.map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(before);
});

test.each([["etcd-client.pem"], ["etcd-client.pem", "etcd-client.key"], ["etcd-client.pem", "etcd-client.key", "etcd-ca.pem"]])(
  "killed on the way, %s %s %s not yet there: completed with the same authority's key",
  async (...missing) => {
    const folder = newFolder();
    const ca = await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
    for (const name of missing) rmSync(join(folder, name));
    expect((await prepareEtcdTls({ folder, cluster: "c", exists: false, now })).key).toBe(ca.key);
    expect(filesIn(folder)).toEqual(FILES);
    const [authority, client] = ["etcd-ca.pem", "etcd-client.pem"].map(
      (name) => new X509Certificate(readFileSync(join(folder, name))),
    );
    expect(authority && client?.verify(authority.publicKey)).toBe(true);
  },
);

test("eight at once agree on one authority and one client", async () => {
  const folder = newFolder();
  const all = await Promise.all(Array.from({ length: 8 }, () => prepareEtcdTls({ folder, cluster: "c", exists: false, now })));
  expect(new Set(all.map((ca) => ca.certificate + ca.key)).size).toBe(1);
  expect(filesIn(folder)).toEqual(FILES);
});

test.each([
  [["etcd-ca.key"], true],
  [["etcd-ca.key"], false],
  [["etcd-ca.pem"], true],
  [FILES, true],
])(
  "never a second authority: without %j in a folder of a cluster that exists (%s) the file is named",
  async (missing, exists) => {
    const folder = newFolder();
    await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
    for (const name of missing) rmSync(join(folder, name));
    const before = filesIn(folder);
    await expect(prepareEtcdTls({ folder, cluster: "c", exists, now })).rejects.toMatchObject({
      code: "EtcdCaMissing",
      exit: 5,
      message: expect.stringContaining(join(folder, missing[0] ?? "")),
    });
    expect(filesIn(folder)).toEqual(before);
  },
);

test.each([
  ["etcd-ca.key", "EtcdTlsMismatch"],
  ["etcd-ca.pem", "EtcdTlsMismatch"],
  ["etcd-client.key", "EtcdTlsMismatch"],
])("%s of another cluster is an error", async (name, code) => {
  const [a, b] = [newFolder(), newFolder()];
  for (const folder of [a, b]) await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
  copyFileSync(join(b, name), join(a, name));
  await expect(prepareEtcdTls({ folder: a, cluster: "c", exists: true, now })).rejects.toMatchObject({ code });
});

test.each([
  ["etcd-ca.key", "", false, "EtcdKeyUnreadable", ALL_AGAIN],
  ["etcd-ca.key", "x\n", false, "EtcdKeyUnreadable", ALL_AGAIN],
  ["etcd-ca.key", P384, false, "EtcdKeyUnreadable", ALL_AGAIN],
  ["etcd-client.key", "", true, "EtcdKeyUnreadable", MADE_AGAIN],
  ["etcd-client.key", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", false, "EtcdKeyUnreadable", MADE_AGAIN],
])(
  "%s damaged (%j), with its .pem away (of a cluster that exists: %s): %s, and the way on",
  async (name, text, exists, ...said) => {
    const folder = newFolder();
    await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
    writeFileSync(join(folder, name), text);
    rmSync(join(folder, name.replace(".key", ".pem")));
    const [code, advice] = said;
    await expect(prepareEtcdTls({ folder, cluster: "c", exists, now })).rejects.toMatchObject({ code, advice, exit: 5 });
    expect(readFileSync(join(folder, name), "utf8")).toBe(text);
    // what is advised helps
    rmSync(join(folder, name));
    if (name === "etcd-ca.key") for (const other of ["etcd-client.key", "etcd-client.pem"]) rmSync(join(folder, other));
    await prepareEtcdTls({ folder, cluster: "c", exists, now });
  },
);

test.each([
  ["etcd-ca.key", false, ALL_AGAIN],
  ["etcd-ca.key", true, expect.stringMatching(/Copy both from where.*or move both away, and they are fetched/)],
  ["etcd-ca.pem", false, ALL_AGAIN],
  ["etcd-client.key", true, MADE_AGAIN],
  ["etcd-client.pem", true, MADE_AGAIN],
])("%s damaged beside the other (of a cluster that exists: %s): the way on", async (name, exists, advice) => {
  const folder = newFolder();
  await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
  writeFileSync(join(folder, name), "x");
  await expect(prepareEtcdTls({ folder, cluster: "c", exists, now })).rejects.toMatchObject({
    code: "EtcdTlsMismatch",
    advice: advice as string,
  });
});

test("the client's key alone away", async () => {
  const folder = newFolder();
  await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
  rmSync(join(folder, "etcd-client.key"));
  await expect(prepareEtcdTls({ folder, cluster: "c", exists: true, now })).rejects.toMatchObject({
    message: expect.stringMatching(/etcd-client.key, the key of \S+etcd-client.pem, is missing\.$/) as string,
    advice: MADE_AGAIN,
  });
});

test("the client's certificate of another authority is an error", async () => {
  const [a, b] = [newFolder(), newFolder()];
  for (const folder of [a, b]) await prepareEtcdTls({ folder, cluster: "c", exists: false, now });
  for (const name of ["etcd-client.key", "etcd-client.pem"]) copyFileSync(join(b, name), join(a, name));
  await expect(prepareEtcdTls({ folder: a, cluster: "c", exists: true, now })).rejects.toMatchObject({ code: "EtcdTlsMismatch" });
});

test("an authority found elsewhere is put in place, and never over another", async () => {
  const [folder, ca] = [newFolder(), await createEtcdCa("c", now)];
  await adoptEtcdCa(folder, ca);
  expect(modeOf(etcdTlsFiles(folder).caKey)).toBe("0600");
  expect(await prepareEtcdTls({ folder, cluster: "c", exists: true, now })).toEqual(ca);
  await expect(adoptEtcdCa(folder, await createEtcdCa("c", now))).rejects.toMatchObject({ code: "EtcdTlsMismatch" });
  expect(readFileSync(etcdTlsFiles(folder).ca, "utf8")).toBe(ca.certificate);
  rmSync(etcdTlsFiles(folder).caKey);
  await expect(adoptEtcdCa(folder, await createEtcdCa("c", now))).rejects.toMatchObject({ code: "EtcdTlsMismatch" });
  expect(filesIn(folder)).not.toContain("etcd-ca.key");
});

test.skipIf(!has("openssl"))("openssl verifies both certificates, each for its purpose only", async () => {
  const folder = newFolder();
  const ca = await prepareEtcdTls({ folder, cluster: "c", exists: false, now: Date.now() });
  writeFileSync(
    join(folder, "node.pem"),
    (await issueNodeCertificate(ca, { name: "n", address: "10.0.0.4", now: Date.now() })).certificate,
  );
  const verify = (purpose: string, ...more: string[]): string =>
    runIn(folder)("openssl", "verify", "-x509_strict", "-CAfile", "etcd-ca.pem", "-purpose", purpose, ...more);
  expect(verify("sslserver", "-verify_ip", "10.0.0.4", "node.pem")).toBe("node.pem: OK\n");
  expect(verify("sslclient", "node.pem")).toBe("node.pem: OK\n");
  expect(verify("sslclient", "etcd-client.pem")).toBe("etcd-client.pem: OK\n");
  expect(() => verify("sslserver", "etcd-client.pem")).toThrow();
  expect(() => verify("sslserver", "-verify_ip", "10.0.0.5", "node.pem")).toThrow();
});

test.skipIf(!has("etcd") || !has("etcdctl"))(
  "two etcd members form a cluster with these certificates, and let in only who has one",
  async () => {
    const folder = newFolder();
    const file = (name: string): string => join(folder, name);
    const ca = await prepareEtcdTls({ folder, cluster: "c", exists: false, now: Date.now() });
    const ports = await freePorts(4);
    const members = await Promise.all(
      ["m0", "m1"].map(async (name, index) => {
        const tls = await issueNodeCertificate(ca, { name, address: "127.0.0.1", now: Date.now() });
        writeFileSync(file(`${name}.pem`), tls.certificate);
        writeFileSync(file(`${name}.key`), tls.key, { mode: 0o600 });
        return { name, client: `https://127.0.0.1:${ports[2 * index]}`, peer: `https://127.0.0.1:${ports[2 * index + 1]}` };
      }),
    );
    for (const { name, client, peer } of members) {
      const files = { "trusted-ca-file": file("etcd-ca.pem"), "cert-file": file(`${name}.pem`), "key-file": file(`${name}.key`) };
      const tls = Object.entries(files).flatMap(([flag, path]) => [`--${flag}`, path, `--peer-${flag}`, path]);
      const initial = members.map((member) => `${member.name}=${member.peer}`).join(",");
      const addresses = ["--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer];
      const start = ["--initial-advertise-peer-urls", peer, "--initial-cluster", initial, "--data-dir", file(`${name}.data`)];
      const flags = ["--name", name, ...addresses, ...start, "--client-cert-auth", "--peer-client-cert-auth", ...tls];
      const child = spawn(find("etcd") ?? "", flags, { stdio: "ignore" });
      onTestFinished(() => end(child, "SIGKILL"));
    }
    const endpoints = members.map(({ client }) => client).join(",");
    const etcdctl = async (key: string, ...args: string[]): Promise<string> => {
      const tls = ["--cacert", file("etcd-ca.pem"), "--cert", file(key.replace(/key$/, "pem")), "--key", file(key)];
      const { stdout } = await run(
        "etcdctl",
        ["--endpoints", endpoints, "--dial-timeout=1s", "--command-timeout=2s", ...tls, ...args],
        {
          env: { ...process.env, ETCDCTL_API: "3" },
        },
      );
      return stdout;
    };
    await expect
      .poll(() => etcdctl("etcd-client.key", "put", "k", "v").catch(String), { timeout: 15_000, interval: 250 })
      .toBe("OK\n");
    expect(await etcdctl("etcd-client.key", "get", "k", "--print-value-only")).toBe("v\n");
    const stranger = await issueEtcdCertificate(await createEtcdCa("c", Date.now()), {
      name: "operator",
      client: true,
      server: false,
      now: Date.now(),
    });
    writeFileSync(file("stranger.pem"), stranger.certificate);
    writeFileSync(file("stranger.key"), stranger.key, { mode: 0o600 });
    await expect(etcdctl("stranger.key", "get", "k")).rejects.toThrow();
  },
);
