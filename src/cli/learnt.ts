/** What a command learns of names on its way, kept for completion: of Azure's answers and of the documents it ends with. No request is made for it. */
import type { Lookups } from "../azure/lookups.ts";
import { urnText } from "../core/spec/image.ts";
import type { Documents } from "../core/documents.ts";
import type { WordCache } from "./word-cache.ts";

/** Where there is one answer at a time, the last. */
const LAST = "last";

/** The same reads; names in their answers are kept. */
export const learningLookups = (lookups: Lookups, words: WordCache): Lookups => ({
  ...lookups,
  async sizes(location, signal) {
    const region = await lookups.sizes(location, signal);
    const usable = [...region.sizes.values()].filter(({ restricted }) => restricted === undefined);
    words.keep("sizes", LAST, usable.map(({ name }) => name).sort());
    return region;
  },
  async resourceProvider(namespace, signal) {
    const provider = await lookups.resourceProvider(namespace, signal);
    if (namespace === "Microsoft.Compute") words.keep("locations", LAST, [...provider.locations].sort());
    return provider;
  },
  async image(location, urn, signal) {
    const facts = await lookups.image(location, urn, signal);
    if (facts !== undefined) {
      words.add("images", LAST, urnText(facts.urn));
      words.add("images", LAST, urnText({ ...facts.urn, version: "latest" }));
    }
    return facts;
  },
});

/** @param whole of a list: it names all clusters of the subscription */
export function learnFrom(
  words: WordCache,
  subscription: string,
  document: Documents[keyof Documents],
  { whole }: { readonly whole: boolean },
): void {
  if (Array.isArray(document)) {
    const clusters = (document as Documents["list"]).filter((one) => one.schema === "azure-coreos-cluster/list/1");
    if (whole)
      words.keep(
        "clusters",
        subscription,
        clusters.map(({ name }) => name),
      );
    return;
  }
  const one = document as Exclude<Documents[keyof Documents], readonly unknown[]>;
  if (!("schema" in one)) return;
  if (one.schema === "azure-coreos-cluster/1") {
    words.add("clusters", subscription, one.name);
    words.keep(
      "nodes",
      one.name,
      one.nodes.map(({ index }) => `${index}`),
    );
  }
  if (one.schema === "azure-coreos-cluster/remove/1") words.keep("nodes", one.name, one.nodes.map(String));
  if (one.schema === "azure-coreos-cluster/destroy/1" && one.left.length === 0) {
    words.drop("clusters", subscription, one.name);
    words.keep("nodes", one.name, []);
  }
}
