/** Lists to their last page: given up with the run that asked, and never without an end. */
import { expect, test } from "vitest";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { type Paged, all, listed, understood } from "../../src/azure/reading.ts";

const LOOPBACK = "http://127.0.0.1:8080";
const { signal } = new AbortController();

type Page = number[] & { continuationToken?: string };

const page = (items: number[], next?: string): Page =>
  Object.assign(items, next === undefined ? {} : { continuationToken: `https://management.azure.com/list?${next}` });

const paged = (pages: () => AsyncGenerator<Page>): Paged<number> => ({ byPage: pages });

test("all pages, empty ones too", async () => {
  const list = paged(async function* () {
    yield page([1, 2], "a");
    yield page([], "b");
    yield page([3]);
  });
  expect(await all(list)).toEqual([1, 2, 3]);
});

test("a page that does not come is given up when the run is, whatever page it is", async () => {
  const run = new AbortController();
  const list = paged(async function* () {
    yield page([1], "a");
    run.abort(new Error("the time is up"));
    await new Promise(() => undefined);
  });
  await expect(all(list, run.signal)).rejects.toThrow("the time is up");
});

test.each([
  [
    "of full pages",
    (n: number) =>
      page(
        Array.from({ length: 1000 }, () => n),
        `${n}`,
      ),
    "a list without an end",
  ],
  ["of empty pages", (n: number) => page([], `${n}`), "a list without an end"],
  ["that leads back to itself", (n: number) => page([], n === 5 ? "2" : `${n}`), "a list that leads back to itself"],
])("a list %s is no answer of Azure's, and the request is named without its query", async (_what, next, said) => {
  const list = paged(async function* () {
    for (let n = 0; n < 100_000; n++) yield next(n);
  });
  await expect(all(list)).rejects.toMatchObject({
    code: "UnreadableAnswer",
    message: `the answer is not Azure Resource Manager's (GET https://management.azure.com/list: ${said})`,
  });
});

test.each([400, 404, 405, 501])("a list whose second page is answered with %i is there, and broke off", async (status) => {
  const none = new AzureError("NotFound", "no such page", { status });
  const list = (before: number) =>
    paged(async function* () {
      for (let n = 0; n < before; n++) yield page([n], `${n}`);
      await Promise.reject(none);
    });
  await expect(listed(LOOPBACK, list(0), signal)).resolves.toBeUndefined();
  await expect(listed(LOOPBACK, list(1), signal)).rejects.toMatchObject({ code: "ListBrokenOff", status: 502, cause: none });
});

test.each([
  ["https://management.azure.com", 404, "NotFound", true],
  ["https://management.azure.com", 501, "NotImplemented", true],
  ["https://management.azure.com", 400, "BadRequest", false],
  ["https://management.azure.com", 400, "NoRegisteredProviderFound", true],
  [LOOPBACK, 400, "BadRequest", true],
  [LOOPBACK, 503, "ServerBusy", false],
  [LOOPBACK, 403, "AuthorizationFailed", false],
])("at %s a list that is answered with %i %s is no list: %s", async (endpoint, status, code, isNone) => {
  const error = new AzureError(code, "no", { status });
  const list = paged(async function* () {
    yield await Promise.reject<Page>(error);
  });
  const found = listed(endpoint, list, signal);
  await (isNone ? expect(found).resolves.toBeUndefined() : expect(found).rejects.toBe(error));
});

test("what the SDK breaks on is an answer that is none; what is aborted or known stays as it is", async () => {
  const rest = Object.assign(new Error("Body Property nextLink should be a string"), { name: "RestError" });
  for (const error of [new TypeError("x.map is not a function"), new SyntaxError("?"), rest])
    await expect(understood(() => Promise.reject(error))).rejects.toMatchObject({ code: "UnreadableAnswer", source: "azure" });
  const reason = new Error("the time is up");
  await expect(understood(() => Promise.reject(reason))).rejects.toBe(reason);
});
