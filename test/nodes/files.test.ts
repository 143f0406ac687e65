/** Files of root's on a node: what is run for them, as whom, and what each end means. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { ExecResult } from "../../src/nodes/command.ts";
import { shellWord } from "../../src/core/quoting.ts";
import { fetchFile } from "../../src/nodes/fetch-file.ts";
import { putFile, restartUnit } from "../../src/nodes/put-file.ts";
import { scriptedNode } from "./etcd-script.ts";

interface Given {
  readonly command: string;
  readonly options: object;
}

function node(result: Partial<ExecResult>, user = "core") {
  const given: Given[] = [];
  const { connection } = scriptedNode("node", () => ({}), { user });
  return {
    given,
    connection: {
      ...connection,
      exec: (command: string, options: object = {}) => {
        given.push({ command, options });
        return Promise.resolve({ code: 0, stdout: "", stderr: "", truncated: false, ...result } as ExecResult);
      },
    },
  };
}
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("reading", () => {
  test.each([
    ["core", "sudo -n true || exit 45; sudo -n test -e '/a b' || exit 44; sudo -n base64 '/a b'"],
    ["root", "true || exit 45; test -e '/a b' || exit 44; base64 '/a b'"],
  ])("as %s", async (user, command) => {
    const { connection, given } = node({ stdout: base64("text\n") }, user);
    expect((await fetchFile(connection, "/a b")).toString()).toBe("text\n");
    expect(given.map((one) => one.command)).toEqual([command]);
  });

  test.each<[Partial<ExecResult>, string]>([
    [{ code: 44 }, "NodeFileMissing"],
    [{ code: 45 }, "NodeFileUnreadable"],
    [{ code: 1 }, "NodeFileUnreadable"],
    [{ code: null }, "NodeFileUnreadable"],
    [{ truncated: true }, "NodeFileTooLarge"],
    [{ stdout: base64("12345678901") }, "NodeFileTooLarge"],
  ])("%j is %s", async (result, code) => {
    await expect(fetchFile(node(result).connection, "/f", { maxBytes: 10 })).rejects.toMatchObject({
      code,
      source: "node",
      message: expect.stringContaining("node: /f "),
    });
  });

  test("up to the limit", async () => {
    expect(await fetchFile(node({ stdout: base64("1234567890") }).connection, "/f", { maxBytes: 10 })).toHaveLength(10);
    const { connection, given } = node({});
    await fetchFile(connection, "/f", { timeoutMs: 5 });
    expect(given[0]?.options).toMatchObject({ timeoutMs: 5, maxBytes: Math.ceil((1 << 20) * 1.4) + 100 });
  });
});

describe("writing", () => {
  test("the content travels on stdin, and nothing of it on the command line", async () => {
    const { connection, given } = node({});
    await putFile(connection, "/etc/x/y.conf", "secret", { mode: "0600", owner: "etcd:etcd" });
    expect(given[0]?.options).toEqual({ stdin: "secret" });
    expect(given[0]?.command).toMatch(/^sudo -n sh -ec '/);
    expect(given[0]?.command).not.toContain("secret");
    for (const part of ["umask 077", "mkdir -p -m 0755", "chown etcd:etcd", "chmod 0600"])
      expect(given[0]?.command).toContain(part);
    expect(given[0]?.command).not.toContain("exit 0");
  });

  test("as root without sudo; root owns it; what is there stays when that is asked", async () => {
    const { connection, given } = node({}, "root");
    await putFile(connection, "/f", "", { mode: "0644", unlessThere: true });
    expect(given[0]?.command).toMatch(/^sh -ec '/);
    expect(given[0]?.command).toMatch(/test -s .*\/f.* && exit 0/);
    expect(given[0]?.command).toContain("chown root:root");
  });

  test("a refusal says the first line of why", async () => {
    await expect(
      putFile(node({ code: 1, stderr: "no sudo\nmore\n" }).connection, "/f", "", { mode: "0644" }),
    ).rejects.toMatchObject({
      code: "NodeFileNotWritten",
      message: "node did not take /f: no sudo",
    });
  });
});

describe("starting a unit again", () => {
  test.each([
    ["core", "sudo -n systemctl daemon-reload && sudo -n systemctl restart --no-block x"],
    ["root", "systemctl daemon-reload && systemctl restart --no-block x"],
  ])("as %s", async (user, command) => {
    const { connection, given } = node({}, user);
    await restartUnit(connection, "x");
    expect(given.map((one) => one.command)).toEqual([command]);
  });

  test("a refusal", async () => {
    await expect(restartUnit(node({ code: 5, stderr: "no unit\n" }).connection, "x")).rejects.toMatchObject({
      code: "UnitNotStarted",
      message: "node did not start x: no unit",
      advice: expect.stringContaining("sudo systemctl restart x"),
    });
  });
});

test.each(["plain", "it's", "a b", "$(id)", "'", "''", "a\nb"])("a shell reads %j as it is", (text) => {
  expect(execFileSync("sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" })).toBe(text);
});
