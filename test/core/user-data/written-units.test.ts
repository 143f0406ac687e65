/** Units and drop-ins that write_files writes: the same look as those under coreos.units, on all platforms and in every encoding. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkUserDataFile } from "../../../src/core/user-data/check.ts";

type Platform = "flatcar" | "coreos" | "ubuntu" | "debian";
const PLATFORMS: readonly Platform[] = ["flatcar", "coreos", "ubuntu", "debian"];

const gunzip = (packed: Uint8Array, limit: number): Uint8Array => gunzipSync(packed, { maxOutputLength: limit });
const said = (text: string, platform: Platform = "ubuntu"): string[] =>
  checkUserDataFile(Buffer.from(text), { platform, gunzip }).map(
    ({ level, line, path, message }) => `${line ?? ""} ${level} ${path ?? ""}: ${message}`,
  );

const H = "#cloud-config\n";
const E = "/etc/systemd/system";
const X = "[Service]\nExecStart=/x\n";
const TWO = "[Service]\nExecStart=/x\nExecStart=/y\n";
type File = readonly [path: string, content: string, more?: string];
const files = (...all: readonly File[]): string =>
  `${H}write_files:\n${all.map(([path, content, more = ""]) => `  - path: ${path}\n    ${more === "" ? "" : `${more}\n    `}content: ${JSON.stringify(content)}\n`).join("")}`;
const OOPS = "[Service]\nExecStart=/x\noops\n";
const NEITHER = '"oops" is neither a [Section] nor a Key=value';

describe.each(PLATFORMS)("on %s a unit that write_files writes", (platform) => {
  test.each<[string, string, string]>([
    [
      "as a block: by its line",
      `${H}write_files:\n  - path: ${E}/a.service\n    content: |\n      ${OOPS.trimEnd().replaceAll("\n", "\n      ")}\n`,
      `7 error write_files[0].content: ${E}/a.service: ${NEITHER}`,
    ],
    [
      "in quotes: by its own line",
      files([`${E}/a.service`, OOPS]),
      `4 error write_files[0].content: ${E}/a.service:3: ${NEITHER}`,
    ],
    [
      "in base64",
      files([`${E}/a.service`, Buffer.from(OOPS).toString("base64"), "encoding: b64"]),
      `5 error write_files[0].content: ${E}/a.service:3: ${NEITHER}`,
    ],
    [
      "in gzip and base64",
      files([`${E}/a.service`, gzipSync(OOPS).toString("base64"), "encoding: gzip+base64"]),
      `5 error write_files[0].content: ${E}/a.service:3: ${NEITHER}`,
    ],
    [
      "in another folder",
      files(["/run/systemd/system/a.service", OOPS]),
      `4 error write_files[0].content: /run/systemd/system/a.service:3: ${NEITHER}`,
    ],
    [
      "for the network",
      files(["/etc/systemd/network/a.network", OOPS]),
      `4 error write_files[0].content: /etc/systemd/network/a.network:3: ${NEITHER}`,
    ],
    [
      "as a drop-in",
      files([`${E}/my.service.d/a.conf`, OOPS]),
      `4 error write_files[0].content: ${E}/my.service.d/a.conf:3: ${NEITHER}`,
    ],
    [
      "as a drop-in of another type",
      files([`${E}/a.timer.d/a.conf`, X]),
      `4 error write_files[0].content: ${E}/a.timer.d/a.conf: systemd skips a section [Service] there`,
    ],
    [
      "with a command that the image has, too",
      files([`${E}/docker.service.d/a.conf`, X]),
      `4 error write_files[0].content: ${E}/docker.service.d/a.conf: docker.service has an ExecStart= of its own, and is not loaded with two`,
    ],
    [
      "with two commands",
      files([`${E}/a.service`, TWO]),
      `4 error write_files[0].content: ${E}/a.service: a service with several commands in ExecStart= is loaded with Type=oneshot only; an empty ExecStart= takes away those before it`,
    ],
    [
      "with one in a drop-in",
      files([`${E}/a@1.service`, X], [`${E}/a@.service.d/b.conf`, X]),
      `4 error write_files[0].content: ${E}/a@1.service: a service with several commands in ExecStart= is loaded with Type=oneshot only; an empty ExecStart= takes away those before it`,
    ],
    [
      "with a drop-in that is none to systemd",
      files([`${E}/docker.service.d/a`, "[Unit]\nAfter=b.service\n"]),
      `4 warning write_files[0].content: ${E}/docker.service.d/a: systemd ignores the drop-in`,
    ],
    [
      "under a name that is none",
      files([`${E}/a.sevice`, X]),
      `4 warning write_files[0].content: ${E}/a.sevice: systemd knows no unit of this name`,
    ],
    [
      "that a command fills in: as a warning",
      files([`${E}/a.service`, OOPS], ["/opt/fill", `#!/bin/sh\nsed -i s/oops/Type=exec/ ${E}/a.service\n`]),
      `4 warning write_files[0].content: ${E}/a.service:3: ${NEITHER}`,
    ],
  ])("%s", (_what, text, finding) => expect(said(text, platform)).toEqual([finding]));

  test.each<[string, string]>([
    ["that is right", files([`${E}/a.service`, X])],
    ["that an empty file masks", files([`${E}/a.service`, ""], [`${E}/a.service.d/b.conf`, "[Unit]\nA=b\n"])],
    ["that holds nothing, and needs nothing", files([`${E}/a.target`, "[Unit]\n"])],
    ["whose command is in a drop-in", files([`${E}/a.service`, "[Unit]\nAfter=b.service\n"], [`${E}/a.service.d/b.conf`, X])],
    [
      "whose command is in a drop-in for all that begin alike",
      files([`${E}/a-b.service`, "[Service]\nType=simple\n"], [`${E}/a-.service.d/b.conf`, X]),
    ],
    [
      "whose command is taken back in the drop-in that is read first",
      files([`${E}/a.service`, X], [`${E}/a.service.d/2.conf`, X], [`${E}/a.service.d/1.conf`, "[Service]\nExecStart=\n"]),
    ],
    [
      "whose name was taken from it",
      files([`${E}/a.service.disabled`, OOPS], [`${E}/b.service.bak`, X], [`${E}/c.service.d/d.conf.off`, X]),
    ],
    ["beside a file of variables", files([`${E}/a.service.d/env`, "A=b\nC\n"], [`${E}/notes`, "nothing\n"])],
    ["for a user, whom nobody looks after", files(["/home/core/.config/systemd/user/a.service", OOPS])],
  ])("%s is taken", (_what, text) => expect(said(text, platform)).toEqual([]));
});

test("what cloud-init fetches, or adds to a file, is not seen here", () => {
  expect(said(files([`${E}/a.service`, "oops\n", "append: true"]))).toEqual([]);
  expect(said(files([`${E}/a.service`, "oops\n", "source: {uri: http://h/x}"]))).toEqual([]);
  expect(
    said(
      files(
        [`${E}/a.service`, TWO],
        [`${E}/a.service.d/b.conf`, "[Service]\n"],
        [`${E}/a.service.d/b.conf`, "x\n", "append: true"],
      ),
    ),
  ).toEqual([]);
});

test("the units that Ubuntu and Debian bring are others", () => {
  const text = files([`${E}/ssh.service.d/a.conf`, X], [`${E}/sshd.service.d/a.conf`, X]);
  expect(said(text)).toEqual([expect.stringContaining("ssh.service has an ExecStart= of its own")]);
  expect(said(text, "flatcar")).toEqual([expect.stringContaining("sshd.service has an ExecStart= of its own")]);
});

describe("together with coreos.units", () => {
  const units = (unit: string, ...all: readonly File[]): string =>
    `${files(...all)}coreos:\n  units:\n    - ${unit.replaceAll("\n", "\n      ")}\n`;
  const own = (content: string): string => `content: ${JSON.stringify(content)}`;
  test.each<[string, string]>([
    ["the command", units(`name: a.service\n${own("[Unit]\nAfter=b.service\n")}`, [`${E}/a.service.d/b.conf`, X])],
    [
      "[Install]",
      units(`name: a.service\nenable: true\n${own(X)}`, [`${E}/a.service.d/b.conf`, "[Install]\nWantedBy=b.target\n"]),
    ],
    [
      "the unit",
      units("name: a.service\nenable: true\ncommand: start", [`${E}/a.service`, `${X}[Install]\nWantedBy=b.target\n`]),
    ],
    [
      "what starts it",
      units(`name: b.target\nenable: true\ncommand: start\n${own("[Unit]\nWants=a.service\n[Install]\nWantedBy=c.target")}`, [
        `${E}/a.service`,
        X,
      ]),
    ],
  ])("%s may stand in write_files", (_what, text) => expect(said(text, "flatcar")).toEqual([]));
  test("a drop-in there takes part in what is wrong, and an unknown content in nothing", () => {
    const text = units(`name: a.service\n${own(X)}`, [`${E}/a.service.d/b.conf`, X]);
    expect(said(text, "flatcar")).toEqual([expect.stringContaining("a.service: a service with several commands")]);
    expect(said(units("name: a.service\nenable: true", [`${E}/a.service`, X]), "flatcar")).toEqual([
      expect.stringContaining("a.service has enable: true and no [Install]"),
    ]);
  });
});
