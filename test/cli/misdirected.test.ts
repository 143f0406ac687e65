/** A wrong subscription, or something that is no Resource Manager at all, is never taken for a cluster that is not there. */
import { expect, test } from "vitest";
import { some } from "../long.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const OTHER = "99999999-2222-4333-8444-555555555555";

function azureOf(subscriptions: readonly string[] = []): TestAzure {
  const azure = ownAzure({ limits: { subscriptions } });
  return azure;
}

const COMMANDS = [
  "destroy abc --yes",
  "destroy abc --yes --resource-group shared",
  "status abc",
  "remove abc 0 --yes",
  "plan abc",
  "abc --num-nodes 1",
  "list",
  "gc --yes",
];

test.each(COMMANDS)("a subscription that is not there is an error with exit code 4 and advice: %s", async (argv) => {
  const azure = azureOf([OTHER]);
  const { exit, stdout, stderr } = await azure.run(argv);
  expect([exit, stdout]).toEqual([4, ""]);
  expect(stderr).toContain(
    "The subscription 00000000-0000-0000-0000-000000000000 is not there for this sign-in, or is disabled.",
  );
  expect(stderr).toContain("az account list");
  expect(stderr).not.toContain("Nothing of abc");
  expect(stderr).not.toContain("Not checked");
});

test("advice about a flag that was typed has it once", async () => {
  const { stderr } = await azureOf([OTHER]).run("destroy abc --subscription 00000000-0000-0000-0000-000000000001 --yes");
  expect(stderr).toContain("then `azure-coreos-cluster destroy abc --yes --subscription ID`");
});

test("the subscription that is there is as good as before", async () => {
  const azure = azureOf([OTHER]);
  expect((await azure.run(`abc --num-nodes 1 --wait-for machines --subscription ${OTHER}`)).exit).toBe(0);
  expect((await azure.run(`destroy abc --yes --subscription ${OTHER}`)).exit).toBe(0);
});

const BODIES = [
  ["an array", 200, "[]"],
  ["null", 200, "null"],
  ["an object of another kind", 200, '{"hello":"world"}'],
  ["a page", 200, "<html>sign in</html>"],
  ["a page that says 404", 404, "<html>404</html>"],
  ["a gateway's 404", 404, '{"statusCode":404,"message":"Resource not found"}'],
  ["404 and nothing", 404, ""],
  ["a proxy's page that says 403", 403, "<html>Web page blocked</html>"],
  ["a proxy's login", 401, "<html>sign in</html>"],
] as const;
test.each(some(BODIES, 2, 3, 5, 8))("what answers %s to everything is named for what it is", async (_what, status, body) => {
  for (const argv of [
    "destroy abc --yes",
    "destroy abc --yes --resource-group shared",
    "status abc",
    "plan abc",
    "remove abc 0 --yes",
    "list",
    "gc --yes",
  ]) {
    const azure = azureOf();
    const { exit, stderr, stdout } = await azure.run(argv, {
      azure: () => Promise.resolve({ status, headers: { "content-type": "application/json" }, body }),
    });
    expect([argv, exit, stdout], stderr).toEqual([argv, 1, ""]);
    expect(stderr, argv).toContain("the answer is not Azure Resource Manager's");
    expect(stderr, argv).toContain("check --arm-endpoint");
    expect(stderr.match(/asking again/g)?.length ?? 0, argv).toBeLessThan(5);
    expect(stderr, argv).not.toContain("This is a fault of azure-coreos-cluster");
  }
});
