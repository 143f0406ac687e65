/** Templates are there to be edited: what goes wrong with them is told as a user's own, without a stack. */
import { expect, test } from "vitest";
import { renderUserData } from "../../src/core/user-data/render.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import { refuseBadTemplate } from "../../src/operations/create/custom-data.ts";
import { renderError } from "../../src/report/error.ts";
import { modes, templates } from "../core/user-data/modes.ts";

test.each([
  ["flatcar", "a dashed key", "\nupdate-strategy: a\n", 'unknown key "update-strategy"'],
  [
    "flatcar",
    "the same drop-in twice",
    "\ncoreos: {units: [{name: a.service, drop_ins: [{name: a.conf, content: a}, {name: a.conf, content: b}]}]}\n",
    "a.conf",
  ],
  ["debian", "a command that is a number", "\nruncmd: [sleep, 1]\n", "runcmd["],
  ["debian", "a file twice", "\nwrite_files: [{path: /a, content: a}, {path: /a, content: b}]\n", "/a is written twice"],
])("%s: %s", (platform, _what, more, said) => {
  const node = { ...modes["flatcar-member"]!, platform: platform as "flatcar" | "debian" };
  const edited = { ...templates, "etcd-static.yaml": `#cloud-config${more}` };
  const userData = renderUserData(node, edited);
  const refuse = (): void => refuseBadTemplate(buildSpec("abc", { platform: node.platform }).spec, userData);
  let error: unknown;
  try {
    refuse();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "UserDataRefused", exit: 5, source: "user", message: expect.stringContaining(said) });
  expect(renderError(error, { color: false })).not.toMatch(/^\s*at /m);
});
