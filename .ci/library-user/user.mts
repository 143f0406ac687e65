// A program that uses the package as it is published: compiled under strict TypeScript, and run by plain Node against `emulate`.
import { type AzureOptions, ClusterError, type Event, create, destroy, open } from "azure-coreos-cluster";

const armEndpoint = process.argv[2] ?? "";
const azure: AzureOptions = { armEndpoint, dir: "keys" };

// @ts-expect-error -- a flag of the command line that a program has no use for
const wrong: AzureOptions = { json: true };
void wrong;

const heard: Event[] = [];
const made = await create("library", { ...azure, numNodes: 1, waitFor: "machines", onEvent: (event) => heard.push(event) });
const host: string = made.host;
await using one = open(azure);
const [listed] = await one.list();
const gone = await destroy("library", azure);
await one.status("library").catch((error: unknown) => {
  if (!(error instanceof ClusterError) || error.code !== "ClusterNotFound" || error.exit !== 1) throw error;
});
if (host === "" || listed?.name !== "library" || gone.left.length > 0 || heard.length === 0) throw new Error("the library does not work");
console.log(`the packed library works: ${heard.length} events, ${gone.deleted.length} resources deleted`);
