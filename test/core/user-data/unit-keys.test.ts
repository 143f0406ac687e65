/** Names of settings: nothing that systemd knows is called a slip, and what people mistype or put into another section is. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { meantSetting } from "../../../src/core/user-data/check/unit-keys.ts";

test.each([
  ["Service", "ExecStartpre", "Service", "ExecStartPre"],
  ["Service", "Enviroment", "Service", "Environment"],
  ["Service", "RestartSecs", "Service", "RestartSec"],
  ["Timer", "OnCalender", "Timer", "OnCalendar"],
  ["Install", "WantedBY", "Install", "WantedBy"],
  ["Unit", "Afer", "Unit", "After"],
  ["Service", "After", "Unit", "After"],
  ["Service", "WantedBy", "Install", "WantedBy"],
  ["Service", "StartLimitIntervalSec", "Unit", "StartLimitIntervalSec"],
  ["Unit", "Restart", "Service", "Restart"],
  ["Unit", "OnCalendar", "Timer", "OnCalendar"],
])("[%s] %s= is meant as [%s] %s=", (section, key, inSection, meant) => {
  expect(meantSetting(section, key)).toEqual({ section: inSection, key: meant });
});

test.each([
  ["Service", "StartLimitBurst"],
  ["Service", "SomethingNew"],
  ["Socket", "ListenStream"],
])("[%s] %s= is known, or not judged", (section, key) => {
  expect(meantSetting(section, key)).toBeUndefined();
});

const all = spawnSync("/lib/systemd/systemd", ["--dump-configuration-items"], { encoding: "utf8" });

test.skipIf(all.status !== 0)("nothing that systemd knows is a slip", () => {
  let section = "";
  const slips: string[] = [];
  for (const line of all.stdout.split("\n")) {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const key = /^(\w+)=/.exec(line)?.[1];
    if (key !== undefined && meantSetting(section, key) !== undefined) slips.push(`[${section}] ${key}`);
  }
  expect(section).not.toBe("");
  expect(slips).toEqual([]);
});
