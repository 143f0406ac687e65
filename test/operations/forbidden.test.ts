/** Which locks and which missing rights forbid a command that deletes, before its first change: a row each. */
import { expect, test } from "vitest";
import { type Intent, refuseForbidden } from "../../src/operations/destroy/forbidden.ts";
import type { Run } from "../../src/operations/run.ts";
import { azureError, memory } from "../engine/memory.ts";

const SCOPE = "/subscriptions/s/resourceGroups/abc";
const MACHINE = `${SCOPE}/providers/Microsoft.Compute/virtualMachines/m`;
const BALANCER = `${SCOPE}/providers/Microsoft.Network/loadBalancers/lb`;
const PIECES: Intent = {
  scope: SCOPE,
  deletes: [MACHINE],
  writes: [BALANCER],
  rights: ["Microsoft.Compute/virtualMachines/delete"],
};
const WHOLE: Intent = {
  scope: SCOPE,
  deletes: [MACHINE],
  whole: true,
  rights: ["Microsoft.Resources/subscriptions/resourceGroups/delete"],
};

const said: string[] = [];
const runWith = (lookups: object): Run =>
  ({ tools: memory().tools, lookups, say: (text: string) => said.push(text) }) as unknown as Run;
const lockOn = (scope: string, level = "CanNotDelete") =>
  runWith({
    locks: () => Promise.resolve([{ id: `${scope}/providers/Microsoft.Authorization/locks/keep`, name: "keep", level, scope }]),
    permissions: () => Promise.resolve([]),
  });

test.each<[string, string, string, Intent, boolean]>([
  ["on the subscription", "/subscriptions/s", "CanNotDelete", PIECES, true],
  ["on the group, in other letters", SCOPE.toUpperCase(), "CanNotDelete", PIECES, true],
  ["on a group whose name begins alike", "/subscriptions/s/resourceGroups/ab", "CanNotDelete", PIECES, false],
  ["on what goes", MACHINE, "CanNotDelete", PIECES, true],
  ["on a part of what goes", `${MACHINE}/extensions/e`, "CanNotDelete", PIECES, true],
  ["on one whose name begins alike", `${MACHINE}2`, "CanNotDelete", PIECES, false],
  ["on what stays", `${SCOPE}/providers/Microsoft.Compute/virtualMachines/other`, "ReadOnly", PIECES, false],
  ["on what stays, where the group goes", `${SCOPE}/providers/Microsoft.Web/sites/x`, "CanNotDelete", WHOLE, true],
  ["on what is changed, against deletion", BALANCER, "CanNotDelete", PIECES, false],
  ["on what is changed, against changes", BALANCER, "ReadOnly", PIECES, true],
])("a lock %s", async (_, scope, level, intent, forbids) => {
  const work = refuseForbidden(lockOn(scope, level), intent);
  if (forbids)
    await expect(work).rejects.toMatchObject({ code: "ScopeLocked", exit: 5, message: expect.stringContaining(scope) });
  else await expect(work).resolves.toBeUndefined();
});

test.each<[string, object[], boolean]>([
  ["none is told: who may ask at all has some", [], false],
  ["all of them", [{ actions: ["*"], notActions: [] }], false],
  ["all but to delete", [{ actions: ["*"], notActions: ["*/delete"] }], true],
  ["to read", [{ actions: ["*/read"], notActions: [] }], true],
])("rights, of which %s", async (_, permissions, forbids) => {
  const run = runWith({ locks: () => Promise.resolve([]), permissions: () => Promise.resolve(permissions) });
  const work = refuseForbidden(run, PIECES);
  if (forbids) await expect(work).rejects.toMatchObject({ code: "AuthorizationFailed", exit: 4 });
  else await expect(work).resolves.toBeUndefined();
});

test("what may not be asked is said, and left to Azure; an answer that is nobody's ends it", async () => {
  const refused = (error: Error) => runWith({ locks: () => Promise.reject(error), permissions: () => Promise.resolve([]) });
  said.length = 0;
  await refuseForbidden(refused(azureError("AuthorizationFailed", { status: 403 })), PIECES);
  expect(said).toEqual(["Not checked: locks (AuthorizationFailed)."]);
  for (const status of [401, 404])
    await expect(refuseForbidden(refused(azureError("SubscriptionNotFound", { status })), PIECES)).rejects.toMatchObject({
      status,
    });
});
