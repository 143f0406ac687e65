import { expect, test } from "vitest";
import { type Permission, allows, seesAll } from "../../src/core/permissions.ts";

const role = (actions: string[], notActions: string[] = []): Permission => ({ actions, notActions });

test.each<[Permission[], string, boolean]>([
  [[role(["*"])], "Microsoft.Compute/virtualMachines/delete", true],
  [[], "Microsoft.Compute/virtualMachines/delete", false],
  [[role(["*/read"])], "Microsoft.Compute/virtualMachines/delete", false],
  [[role(["Microsoft.Compute/*"])], "Microsoft.Compute/virtualMachines/delete", true],
  [[role(["microsoft.compute/VIRTUALMACHINES/*"])], "Microsoft.Compute/virtualMachines/delete", true],
  [[role(["Microsoft.Compute/virtualMachines/write"])], "Microsoft.Compute/virtualMachines/delete", false],
  [[role(["*"], ["Microsoft.Compute/*/delete"])], "Microsoft.Compute/virtualMachines/delete", false],
  // what one role leaves out another may give
  [[role(["*"], ["Microsoft.Compute/*"]), role(["Microsoft.Compute/*"])], "Microsoft.Compute/virtualMachines/delete", true],
  // a dot is a dot
  [[role(["Microsoft.Compute/virtualMachines/delete"])], "MicrosoftxCompute/virtualMachines/delete", false],
])("%j allows %s: %s", (permissions, action, expected) => {
  expect(allows(permissions, action)).toBe(expected);
});

test.each<[Permission[], boolean]>([
  [[role(["*"])], true],
  [[role(["*/read"])], true],
  [[role(["Microsoft.Compute/*"]), role(["*/Read"])], true],
  // Contributor
  [
    [
      role(
        ["*"],
        ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"],
      ),
    ],
    true,
  ],
  [[], false],
  [[role(["Microsoft.Compute/*", "Microsoft.Network/*/read"])], false],
  [[role(["Microsoft.Resources/subscriptions/resourceGroups/resources/read"])], false],
  [[role(["*"], ["Microsoft.Sql/*"])], false],
  [[role(["*"], ["Microsoft.Sql/*/read"])], false],
  [[role(["*/read"], ["microsoft.sql/servers/READ"])], false],
  [[role(["*"], ["*ad"])], false],
  [[role(["*"], ["Microsoft.Sql/*"]), role(["*/read"])], true],
])("who may %j sees all that is there: %s", (permissions, expected) => {
  expect(seesAll(permissions)).toBe(expected);
});
