/** A pipe without anybody at its other end, in the place of a file that is read or written: said, and never waited for without an end. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { has } from "../programs.ts";
import { ownAzure } from "./world.ts";

const CREATE = "abc --num-nodes 1 --wait-for machines";
const UNREAD = "it is a pipe, and nobody reads it";

test.skipIf(!has("mkfifo")).each<[string, string, number, string, Record<string, string>?]>([
  [".simulated-azure.json", "list --simulate", 2, "it is no file"],
  [".simulated-azure.json", "emulate", 2, "it is no file"],
  ["t.html", `${CREATE} --timings t.html`, 2, UNREAD],
  ["e", `${CREATE} --events e`, 2, UNREAD],
  ["output", CREATE, 0, UNREAD, { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: "output" }],
  ["azure-coreos-cluster-abc.md", CREATE, 0, "cannot be written", { TF_BUILD: "True", AGENT_TEMPDIRECTORY: "." }],
  ["abc/user-data-0.yaml", "destroy abc --yes", 5, "it is no file"],
])("%s, of %s: %i, %s", async (pipe, argv, code, said, env = {}) => {
  const azure = ownAzure();
  const at = (path: string): string => join(azure.dir, path);
  mkdirSync(dirname(at(pipe)), { recursive: true });
  execFileSync("mkfifo", [at(pipe)]);
  const files = ["GITHUB_OUTPUT", "AGENT_TEMPDIRECTORY"].flatMap((name) =>
    env[name] === undefined ? [] : [[name, at(env[name])]],
  );
  const { exit, stderr } = await azure.run(argv, { env: { ...env, ...Object.fromEntries(files) } });
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([code, expect.stringContaining(said)]);
});
