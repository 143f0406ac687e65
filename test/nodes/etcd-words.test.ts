/** What etcd, or somebody in its place, may answer: healthy is what says so in etcd's own words, and a list is whole or not believed. */
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { ClusterError } from "../../src/core/errors.ts";
import type { ExecResult } from "../../src/nodes/command.ts";
import type { Connection } from "../../src/nodes/connection.ts";
import { v2, v3 } from "../../src/nodes/etcd-api.ts";
import { etcdHealth } from "../../src/nodes/etcd-health.ts";
import { nodeTarget } from "./target.ts";

const target = nodeTarget(22, { privateKey: "", hostKeys: [] });
const ended: (() => unknown)[] = [];
afterEach(() => ended.splice(0).forEach((end) => end()));

/** A node whose etcd answers so, through a tunnel. */
async function answering(status: number, body: string): Promise<Connection> {
  const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  ended.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { ...silent, forward: () => Promise.resolve(connectTcp(port, "127.0.0.1")) };
}

const silent: Connection = {
  target,
  hostKey: "",
  exec: () => Promise.reject(new Error("not asked")),
  stream: () => Promise.reject(new Error("not asked")),
  open: () => Promise.reject(new Error("not asked")),
  forward: () => Promise.reject(new ClusterError("ForwardForbidden", "no tunnels", { source: "node" })),
  alive: () => true,
  close: () => undefined,
};

const asked = (commands: string[], { code, stdout }: { code: number; stdout: string }): Connection => ({
  ...silent,
  exec: (command): Promise<ExecResult> => {
    commands.push(command);
    return Promise.resolve({ code, stdout, stderr: "", truncated: false });
  },
});

describe("health", () => {
  test.each([
    [200, '{"health":"true"}', "healthy"],
    [200, '{"health":"true","reason":""}', "healthy"],
    [200, '{"health":true}', "healthy"],
    [503, '{"health":"false","reason":"NO LEADER\\u001b[2J"}', "EtcdUnhealthy"],
    [200, '{"health":"false"}', "EtcdUnhealthy"],
    [503, '{"health":"true"}', "EtcdUnhealthy"],
    [200, '{"health":["true"]}', "EtcdUnhealthy"],
    [200, '{"health":{"toString":"true"}}', "EtcdUnhealthy"],
    [200, "true", "EtcdAnswerUnreadable"],
    [200, '["health","true"]', "EtcdAnswerUnreadable"],
    [200, "<html>It works</html>", "EtcdAnswerUnreadable"],
    [200, "", "EtcdAnswerUnreadable"],
    [200, "null", "EtcdAnswerUnreadable"],
    [404, "not found", "EtcdUnhealthy"],
  ])("%i %s: %s", async (status, body, expected) => {
    const found = await etcdHealth(await answering(status, body), { clock });
    expect(found.healthy ? "healthy" : found.code).toBe(expected);
    expect(found.healthy ? "" : found.reason).not.toContain("\u001B");
  });

  const entry = { endpoint: "http://127.0.0.1:2379", health: true, took: "1.2ms" };
  test.each([
    [0, JSON.stringify([entry]), "healthy"],
    [0, `${JSON.stringify([entry])}\n`, "healthy"],
    [1, JSON.stringify([{ ...entry, health: false, error: "context deadline exceeded" }]), "EtcdUnhealthy"],
    [0, JSON.stringify([{ ...entry, health: false }]), "EtcdUnhealthy"],
    [1, JSON.stringify([entry]), "EtcdUnhealthy"],
    [0, JSON.stringify([{ ...entry, endpoint: "http://10.0.0.9:2379" }]), "EtcdAnswerUnreadable"],
    [0, JSON.stringify([{ ...entry, health: "true" }]), "EtcdAnswerUnreadable"],
    [0, JSON.stringify([entry, entry]), "EtcdAnswerUnreadable"],
    [0, JSON.stringify(entry), "EtcdAnswerUnreadable"],
    [0, "127.0.0.1:2379 is healthy: successfully committed proposal", "EtcdAnswerUnreadable"],
    [0, "nonsense", "EtcdAnswerUnreadable"],
    [0, "", "EtcdAnswerUnreadable"],
    [0, "[]", "EtcdAnswerUnreadable"],
    [127, "", "ForwardForbidden"],
  ])("etcdctl ends with %i and prints %j: %s", async (code, stdout, expected) => {
    const commands: string[] = [];
    const found = await etcdHealth(asked(commands, { code, stdout }), { clock });
    expect(found.healthy ? "healthy" : found.code).toBe(expected);
    expect(commands).toEqual([expect.stringContaining("--write-out=json")]);
  });
});

describe("a list of members", () => {
  const member = {
    ID: "9372538179322589801",
    name: "n-0",
    peerURLs: ["http://10.0.0.4:2380"],
    clientURLs: ["http://10.0.0.4:2379"],
  };
  const read = async (members: unknown) => v3.list(await answering(200, JSON.stringify({ members })), { clock });
  test("as etcd writes it", async () => {
    const started = { id: member.ID, name: "n-0", learner: false, peerUrls: member.peerURLs, clientUrls: member.clientURLs };
    expect(await read([member])).toEqual([started]);
    const added = { ID: "1", peerURLs: ["https://10.0.0.5:2380"], isLearner: true };
    expect(await read([member, added])).toEqual([
      started,
      { id: "1", name: "", learner: true, peerUrls: ["https://10.0.0.5:2380"], clientUrls: [] },
    ]);
    const old = { id: "8e9e05c52164694d", name: "n-0", peerURLs: ["http://10.0.0.4:7001"], clientURLs: [] };
    expect(await v2.list(await answering(200, JSON.stringify({ members: [old] })), { clock })).toMatchObject([{ id: old.id }]);
  });
  test.each([
    ["no list", "members"],
    ["an empty list", []],
    ["a hole", [member, null]],
    ["a member without a name of its own kind", [{ ...member, name: { toString: "n-0" } }]],
    ["an id that is a number", [{ ...member, ID: 7 }]],
    ["an id that is text", [{ ...member, ID: "7/../8" }]],
    ["the same id twice", [member, { ...member, name: "n-1" }]],
    ["a name that brings a member of its own", [{ ...member, name: "n-0=http://x,n-9" }]],
    ["a name of two lines", [{ ...member, name: "n-0\nEnvironment=X" }]],
    ["no peer", [{ ...member, peerURLs: [] }]],
    ["a peer that is no URL", [{ ...member, peerURLs: ["10.0.0.4:2380"] }]],
    ["a peer that brings more", [{ ...member, peerURLs: ["http://10.0.0.4:2380,n-9=http://10.0.0.9:2380"] }]],
    ["a peer of two lines", [{ ...member, peerURLs: ["http://10.0.0.4:2380\nX=1"] }]],
    ["a vote that is text", [{ ...member, isLearner: "no" }]],
    ["clients that are text", [{ ...member, clientURLs: "http://10.0.0.4:2379" }]],
  ])("with %s is not believed", async (_, members) => {
    await expect(read(members)).rejects.toThrow("no list of members as etcd writes it");
  });
});
