/** Times in units: what we read, systemd reads, and nothing else. `systemd-analyze calendar` and `timespan` are asked of each. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { isCalendar, isTimeSpan } from "../../../src/core/user-data/check/unit-times.ts";
import { everyThird } from "../../long.ts";
import { has } from "../../programs.ts";

const CALENDARS = {
  taken: [
    ..."daily|DAILY|minutely|quarterly|bi-annually|weekly UTC|Daily utc|yearly Europe/Berlin|monday 03:00 CET|Monday|Mon,|Mon..Fri".split(
      "|",
    ),
    ..."Mon-Fri 9:00|Mon,Wed,Fri|Mon,Tue-Thu|Thu..Fri,Sat|Mon  03:00|Mon *-*-1..7 03:00|03:00|*:0/15|*:*:*|*:*:0/30|08..17/2:00".split(
      "|",
    ),
    ..."08..17/20:00|1..1:00|0/5:00|*:0..59|23:59:59.9|*-*-*|*-*|2026-02-30|69-01-01|70-01-01|2199-01-01|*-*-1,15|*-*~1|*-02~03".split(
      "|",
    ),
    ..."2026-01-01 00:00:00|*-*-* 03:00:00 Europe/Berlin|@1234|*:*:1.1234567".split("|"),
  ],
  refused: [
    ..."every day|0 3 * * *|@daily|3am|03:00 PM|hourly Nowhere/X|10:00 UTC+1|fortnightly| daily|daily |dailyUTC|Mo 3:00|Mon Tue|Mon.Fri".split(
      "|",
    ),
    ..."Mon,,Tue|Fri..Mon|Mon..Tue..Wed|Tues 10:00|Mon;Tue|03|03:|:03|24:00|12:60|23:59:60|*:0/61|*:00/0|*/2:00|*:5/55|*:0..60".split(
      "|",
    ),
    ..."*-*-* 4|*-*-5..3|*-*-1~3|1969-01-01|2200-01-01|*-13-01|*-00-01|*-*-32|2026/01/01|01.01.2026|2026-01-01T03:00|1-2-3-4|@x".split(
      "|",
    ),
  ],
};
const SPANS = {
  taken:
    "5|5s|5 s|+5|1h 30min|1h30min|5 minutes|infinity|1.5h|.5s|5M|5 months|1 h 30|30 1h|5sec5|1hr|5us|5 \u00B5s|1 0|5ms5us".split(
      "|",
    ),
  refused: "-5|5.|1,5h|5 mins|5secs|1hrs|Infinity|never|5 x|x|1h x|1:00|5s # soon".split("|"),
};

const rows = Object.entries({ calendar: CALENDARS, timespan: SPANS }).flatMap(([verb, { taken, refused }]) => [
  ...taken.map((text) => [verb, text, true] as const),
  ...refused.map((text) => [verb, text, false] as const),
]);

test("what is a time and what is none", () => {
  const ours = rows.map(([verb, text]) => [verb, text, verb === "calendar" ? isCalendar(text) : isTimeSpan(text)]);
  expect(ours).toEqual(rows);
});

test.skipIf(!has("systemd-analyze"))("systemd says the same", () => {
  const some = everyThird(rows);
  const theirs = some.map(([verb, text]) => [verb, text, spawnSync("systemd-analyze", [verb, "--", text]).status === 0]);
  expect(theirs).toEqual(some);
});
