/** What commands leave for completion: names of the last answers, for the owner alone, and nothing where it cannot be written. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CACHE, wordCache } from "../../src/cli/word-cache.ts";
import { ownAzure } from "./world.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "words-"));
const words = (cache: string, kind: string, place: string): string[] | undefined => {
  const file = join(cache, CACHE, kind, place);
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : undefined;
};

test("commands leave the names that they were told: clusters, nodes, locations, sizes, images", async () => {
  const cache = folder();
  const azure = ownAzure();
  const run = async (argv: string): Promise<void> => {
    const { exit, stderr } = await azure.run(argv, { env: { XDG_CACHE_HOME: cache } });
    expect(exit, stderr).toBe(0);
  };
  await run("mycluster --num-nodes 3 --wait-for machines");
  await run("other --num-nodes 1 --wait-for machines");
  const [subscription = ""] = readdirSync(join(cache, CACHE, "clusters"));
  expect(words(cache, "clusters", subscription)).toEqual(["other", "mycluster"]);
  expect(words(cache, "nodes", "mycluster")).toEqual(["0", "1", "2"]);
  expect(words(cache, "locations", "last")).toContain("westus");
  expect(words(cache, "sizes", "last")).toContain("Standard_D2s_v5");
  expect(words(cache, "images", "last")).toContain("kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest");
  await run("remove mycluster 1 --yes");
  expect(words(cache, "nodes", "mycluster")).toEqual(["0", "2"]);
  await run("destroy mycluster --yes");
  expect(words(cache, "clusters", subscription)).toEqual(["other"]);
  expect(words(cache, "nodes", "mycluster")).toBeUndefined();
  await run("list --resource-group mycluster");
  expect(words(cache, "clusters", subscription)).toEqual(["other"]);
  await run("list");
  expect(words(cache, "clusters", subscription)).toEqual(["other"]);
  expect(statSync(join(cache, CACHE, "clusters")).mode & 0o777).toBe(0o700);
  expect(statSync(join(cache, CACHE, "clusters", subscription)).mode & 0o777).toBe(0o600);
});

test("a cache that cannot be written is no error, and says nothing", async () => {
  const cache = folder();
  writeFileSync(join(cache, "azure-coreos-cluster"), "somebody's file");
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("plan mycluster", { env: { XDG_CACHE_HOME: cache } });
  expect(exit).toBe(0);
  expect(stderr).not.toContain(cache);
});

test.each([
  ["a relative folder is none", { XDG_CACHE_HOME: "here" }],
  ["nor is no home", {}],
])("%s", async (_, env) => {
  const cache = wordCache(env);
  cache.add("clusters", "place", "alpha");
  await cache.save();
  expect(existsSync("here")).toBe(false);
});

test("only plain words and places are written, not more than a shell reads at a key press, and the oldest places go", async () => {
  const home = folder();
  const save = async (keep: (cache: ReturnType<typeof wordCache>) => void): Promise<void> => {
    const cache = wordCache({ HOME: home });
    keep(cache);
    await cache.save();
  };
  await save((cache) => {
    cache.keep("clusters", "place", ["alpha", "$(id)", "-rf", "a b", "a\nb", "x".repeat(300), "beta"]);
    cache.keep("clusters", "../../place", ["alpha"]);
    cache.keep(
      "sizes",
      "last",
      Array.from({ length: 5000 }, (_, index) => `size-${index}`),
    );
  });
  expect(words(join(home, ".cache"), "clusters", "place")).toEqual(["alpha", "beta"]);
  expect(words(join(home, ".cache"), "sizes", "last")).toHaveLength(2000);
  expect(readdirSync(join(home, ".cache/azure-coreos-cluster/words")).sort()).toEqual(["clusters", "sizes"]);
  for (let index = 0; index < 120; index++) await save((cache) => cache.keep("nodes", `c${index}`, ["0"]));
  const left = readdirSync(join(home, ".cache", CACHE, "nodes"));
  expect(left).toHaveLength(100);
  expect(left).toContain("c119");
});

test("two that write at one moment leave a whole file", async () => {
  const home = folder();
  mkdirSync(join(home, ".cache"));
  const caches = ["alpha", "beta"].map((word) => {
    const cache = wordCache({ HOME: home });
    cache.add("clusters", "place", word);
    return cache;
  });
  await Promise.all(caches.map((cache) => cache.save()));
  const left = words(join(home, ".cache"), "clusters", "place");
  expect([["alpha"], ["beta"], ["alpha", "beta"], ["beta", "alpha"]]).toContainEqual(left);
  expect(readdirSync(join(home, ".cache", CACHE, "clusters"))).toEqual(["place"]);
});
