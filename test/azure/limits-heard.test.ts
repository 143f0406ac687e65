/** What is left, as answers tell it in headers. */
import { expect, test } from "vitest";
import { remainingIn } from "../../src/azure/limits-heard.ts";

test.each([
  [{ "x-ms-ratelimit-remaining-subscription-writes": "199" }, { "subscription-writes": 199 }],
  [{ "X-Ms-Ratelimit-Remaining-Subscription-Reads": " 12 " }, { "subscription-reads": 12 }],
  [
    { "x-ms-ratelimit-remaining-resource": "Microsoft.Compute/PutVM3Min;239,Microsoft.Compute/PutVM30Min;1199" },
    { "Microsoft.Compute/PutVM3Min": 239, "Microsoft.Compute/PutVM30Min": 1199 },
  ],
  [{ "x-ms-ratelimit-remaining-subscription-global-writes": "2999", date: "today" }, {}],
  [{ "x-ms-ratelimit-remaining-subscription-writes": "-1" }, {}],
  [{ "x-ms-ratelimit-remaining-subscription-writes": "many" }, {}],
  [{ "x-ms-ratelimit-remaining-subscription-writes": "99999999999999" }, {}],
  [{ "x-ms-ratelimit-remaining-resource": ";;,Microsoft.Compute/A,https://x/y;3" }, {}],
])("%j", (headers, expected) => {
  expect(Object.fromEntries(remainingIn(Object.entries(headers)))).toEqual(expected);
});
