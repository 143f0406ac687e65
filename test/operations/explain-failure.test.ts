/** What a resource's failure means when others are at work on the cluster. */
import { expect, test } from "vitest";
import { asGroupGoing } from "../../src/operations/cluster/being-destroyed.ts";
import { azureError } from "../engine/memory.ts";

test.each([
  [azureError("ResourceGroupBeingDeleted", { status: 409 }), "BeingDestroyed"],
  [azureError("ResourceGroupDeletionTimeout", { status: 409 }), "BeingDestroyed"],
  [azureError("Conflict", { status: 409 }), undefined],
  [new Error("ResourceGroupBeingDeleted"), undefined],
])("a failure while the group goes away is a conflict, and any other stays what it is: %s", (error, code) => {
  const said = asGroupGoing(error, "g");
  if (code === undefined) expect(said).toBe(error);
  else
    expect(said).toMatchObject({
      code,
      exit: 7,
      source: "azure",
      cause: error,
      message: "the resource group g is being deleted",
    });
});
