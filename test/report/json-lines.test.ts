import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openToAppend } from "../../src/operations/files/open-pipe.ts";
import { jsonLines } from "../../src/report/json-lines.ts";
import { has } from "../programs.ts";
import { event } from "./screen.ts";

const folder = () => mkdtempSync(join(tmpdir(), "events-"));

test("each event is in the file before the next one, with its schema and an ISO time", () => {
  const path = join(folder(), "events.jsonl");
  const report = jsonLines(path, openToAppend);
  report.event(event(1, "retrying", "load balancer", { code: "RetryableError", delayMs: 500, node: 2 }));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    schema: 1,
    at: "1970-01-01T00:00:01.000Z",
    kind: "retrying",
    id: "/subscriptions/s/resourceGroups/mycluster/providers/x/load-balancer",
    label: "load balancer",
    code: "RetryableError",
    delayMs: 500,
    node: 2,
  });
  report.event(event(2, "note", "note", { message: "two\nlines" }));
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(3);
  report.end();
  report.end();
});

test("a second run is added to the first", () => {
  const path = join(folder(), "events.jsonl");
  for (const _ of [1, 2]) {
    const report = jsonLines(path, openToAppend);
    report.event(event(1, "started", "image"));
    report.end();
  }
  expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(2);
});

test("secrets are not written", () => {
  const path = join(folder(), "events.jsonl");
  const report = jsonLines(path, openToAppend);
  report.event(event(1, "failed", "image", { message: "?sig=hush&x=1", detail: "Bearer 0123456789abc" }));
  report.end();
  expect(readFileSync(path, "utf8")).not.toMatch(/hush|0123456789abc/);
});

test("a path that cannot be written is refused at the start, as bad usage", () => {
  expect(() => jsonLines(join(folder(), "missing", "events.jsonl"), openToAppend)).toThrow(
    expect.objectContaining({ code: "FileNotWritten", exit: 2, message: expect.stringMatching(/^--events: /) }),
  );
});

test.skipIf(!has("mkfifo"))("a pipe that nobody reads is refused at the start", () => {
  const pipe = join(folder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(() => jsonLines(pipe, openToAppend)).toThrow("it is a pipe, and nobody reads it");
});

test.skipIf(process.platform !== "linux")("a full disk does not stop the run, and is told at the end", () => {
  const report = jsonLines("/dev/full", openToAppend);
  report.event(event(1, "started", "image"));
  report.event(event(2, "done", "image"));
  expect(() => report.end()).toThrow(expect.objectContaining({ code: "FileNotWritten" }));
});
