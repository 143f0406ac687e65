/** The one check of answers against shapes: what fits, and what is said of what does not. */
import { expect, test } from "vitest";
import { type AnswerShape, misfit } from "../../src/azure/shape.ts";
import { toLive } from "../../src/azure/live.ts";

test.each<[unknown, AnswerShape, string | undefined]>([
  ["x", "text", undefined],
  [1, "text", "it is a number"],
  [null, "text", "it is null"],
  [1, "number", undefined],
  ["1", "number", "it is a text"],
  [false, "flag", undefined],
  ["true", "flag", "it is a text"],
  ["2026-11-22T12:00:00Z", "time", undefined],
  ["soon", "time", "it is a text"],
  [7, "time", "it is a number"],
  [{ a: "b", c: null }, "tags", undefined],
  [{ a: 1 }, "tags", "a is a number"],
  [[], "tags", "it is a list"],
  [{ tags: { a: {} } }, { tags: "tags" }, "tags.a is an object"],
  [{ tags: { ["x".repeat(50)]: 1 } }, { tags: "tags" }, `tags.${"x".repeat(40)} is a number`],
  [["a", "b"], ["text"], undefined],
  [[], ["text"], undefined],
  [["a", 1], ["text"], "[1] is a number"],
  [{}, ["text"], "it is an object"],
  [{ value: [{ id: "x" }, { id: true }] }, { "value!": [{ "id!": "text" }] }, "value[1].id is true or false"],
  [{ value: [{}] }, { "value!": [{ "id!": "text" }] }, "value[0].id is not there"],
  [{ value: null }, { "value!": ["text"] }, "value is not there"],
  [{}, { "value!": ["text"] }, "value is not there"],
  [{ value: null, more: {} }, { value: ["text"] }, undefined],
  [{ properties: { state: [] } }, { properties: { state: "text" } }, "properties.state is a list"],
  ["x", { a: "text" }, "it is a text"],
  [[], { a: "text" }, "it is a list"],
  [null, { a: "text" }, "it is null"],
])("%j against %j: %s", (value, shape, said) => {
  expect(misfit(value, shape)).toBe(said);
});

test.each([
  [{ provisioningState: "Succeeded" }, "succeeded"],
  [{ provisioningState: "FAILED" }, "failed"],
  [{ provisioningState: "Canceled" }, "failed"],
  [{ properties: { provisioningState: "Deleting" } }, "deleting"],
  [{ provisioningState: "Deprovisioning" }, "deleting"],
  [{ provisioningState: "Updating" }, "working"],
  [{ provisioningState: "Anything" }, "working"],
  [{}, "succeeded"],
])("a model %j is %s", (model, state) => {
  expect(toLive("id", model)).toMatchObject({ id: "id", state, tags: {}, model });
});

test("a model's etag is kept where there is one", () => {
  expect(toLive("id", { etag: 'W/"1"', tags: { a: "b" }, location: "l" })).toMatchObject({
    etag: 'W/"1"',
    tags: { a: "b" },
    location: "l",
  });
  expect(toLive("id", { etag: "" })).not.toHaveProperty("etag");
  expect(toLive("id", {})).not.toHaveProperty("etag");
});
