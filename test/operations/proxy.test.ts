/** Which proxy an address is asked through, as curl and the Azure CLI read the variables; and what no message may hold. */
import { expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import { scrub } from "../../src/core/scrub.ts";
import { proxyOf } from "../../src/operations/way-out/proxy.ts";

const ARM = "https://management.azure.com/subscriptions";
const DISCOVERY = "http://etcd.example/new?size=3";

test.each([
  [{ HTTPS_PROXY: "proxy:3128" }, ARM, "http://proxy:3128/"],
  [{ HTTPS_PROXY: "localhost:18733" }, ARM, "http://localhost:18733/"],
  [{ HTTPS_PROXY: "10.0.0.1:8080" }, ARM, "http://10.0.0.1:8080/"],
  [{ HTTPS_PROXY: "[2001:db8::1]:8080" }, ARM, "http://[2001:db8::1]:8080/"],
  [{ HTTPS_PROXY: " proxy:3128 " }, ARM, "http://proxy:3128/"],
  [{ HTTPS_PROXY: "user:pa%40ss@proxy:3128" }, ARM, "http://user:pa%40ss@proxy:3128/"],
  [{ HTTPS_PROXY: "http://CORP\\jane:pa\\ss@proxy:3128" }, ARM, "http://CORP%5Cjane:pa%5Css@proxy:3128/"],
  [{ HTTPS_PROXY: "CORP\\jane@proxy:3128" }, ARM, "http://CORP%5Cjane@proxy:3128/"],
  [{ HTTPS_PROXY: "http://user:p@ss@proxy:3128" }, ARM, "http://user:p%40ss@proxy:3128/"],
  [{ HTTPS_PROXY: "https://proxy" }, ARM, "https://proxy/"],
  [{ https_proxy: "a:1", HTTPS_PROXY: "b:2" }, ARM, "http://a:1/"],
  [{ ALL_PROXY: "proxy:3128" }, ARM, "http://proxy:3128/"],
  [{ all_proxy: "proxy:3128" }, DISCOVERY, "http://proxy:3128/"],
  [{ HTTP_PROXY: "proxy:3128" }, ARM, "http://proxy:3128/"],
  [{ HTTPS_PROXY: "a:1", HTTP_PROXY: "b:2" }, DISCOVERY, "http://b:2/"],
  [{ HTTPS_PROXY: "a:1" }, DISCOVERY, "http://a:1/"],
  [{ HTTPS_PROXY: "", ALL_PROXY: "b:2" }, ARM, "http://b:2/"],
  [{}, ARM, undefined],
] as const)("%j: %s goes through %s", (env, address, proxy) => expect(proxyOf(env, address)?.url.href).toBe(proxy));

test.each([
  ["management.azure.com", true],
  ["azure.com", true],
  [".azure.com", true],
  ["*.azure.com", true],
  ["MANAGEMENT.Azure.Com.", true],
  ["management.*.com", true],
  ["management.azure.com:443", true],
  ["*", true],
  ["other.example, azure.com", true],
  ["other.example azure.com", true],
  ["management.azure.com:8443", false],
  ["anagement.azure.com", false],
  ["xmanagement.azure.com", false],
  ["azure.com.example", false],
  ["management_azure.com", false],
  ["", false],
  [".", false],
])("NO_PROXY=%j keeps Azure away from the proxy: %s", (NO_PROXY, kept) =>
  expect(proxyOf({ HTTPS_PROXY: "proxy:3128", NO_PROXY }, ARM) === undefined).toBe(kept),
);

test.each([
  ["10.0.0.0/8", "https://10.1.2.3/", true],
  ["10.0.0.0/8", "https://11.1.2.3/", false],
  ["10.1.2.3", "https://10.1.2.3/", true],
  ["10.1.2.3:8443", "https://10.1.2.3:8443/", true],
  ["10.1.2.3:8443", "https://10.1.2.3/", false],
  ["fd00::/8", "https://[fd00::1]/", true],
  ["[fd00::1]:443", "https://[fd00::1]/", true],
  ["fd00::1", "https://[fd00:0::1]/", true],
  ["fd00::/8", "https://[2001:db8::1]/", false],
  ["10.0.0.0/99", "https://10.1.2.3/", false],
  ["10.0.0.0/8", "https://a.10.example/", false],
])("NO_PROXY=%s and %s: %s", (no_proxy, address, kept) =>
  expect(proxyOf({ HTTPS_PROXY: "proxy:3128", no_proxy }, address) === undefined).toBe(kept),
);

test.each([
  "http://127.0.0.1:8080/",
  "http://localhost:8080/",
  "https://[::1]:8443/",
  "https://arm.localhost/",
  "http://169.254.169.254/metadata/identity",
])("%s is this machine's own", (address) =>
  expect(proxyOf({ HTTPS_PROXY: "proxy:3128", HTTP_PROXY: "proxy:3128" }, address)).toBeUndefined(),
);

test.each([
  "socks5://user:hunter2@proxy:1080",
  "http://user:hunter2/x@proxy:3128",
  "http://user:4711/hunter2@proxy:3128",
  "http://user:4711?hunter2@proxy:3128",
  "http://hunter/2@proxy:3128",
  "user:4711#hunter2@proxy",
  "user:hunter#2@proxy",
  "user:hunter%2@proxy",
  '"http://user:hunter2@proxy:3128"',
  '"proxy:3128"',
  "'http://proxy:3128'",
  "http://http://proxy:3128",
  "http://",
])("%s is refused, by the variable's name and without the password", (HTTPS_PROXY) => {
  const refused = refusal(HTTPS_PROXY);
  expect(refused).toMatchObject({ exit: 2, code: "Usage", message: expect.stringMatching(/^HTTPS_PROXY /) as string });
  const said = `${refused.message} ${refused.advice} ${String(refused.cause)}`;
  expect(said).not.toMatch(/hunter|4711/);
  expect(scrub(said)).toBe(said);
});

function refusal(HTTPS_PROXY: string): ClusterError {
  try {
    proxyOf({ HTTPS_PROXY }, ARM);
  } catch (error) {
    if (error instanceof ClusterError) return error;
  }
  throw new Error("not refused");
}
