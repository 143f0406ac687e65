/** Where the JSON Schema of a document is: in the package, and so at any mirror of npm's packages. Nothing here asks for it. */
import type { Documents } from "./documents.ts";

/** Stable: within a major version documents gain fields and lose none. */
const FOLDER = "https://unpkg.com/azure-coreos-cluster@1/schema";

/** What a document says in `$schema`; a cluster of the list is a part of that document. */
export const schemaUri = (name: keyof Documents | "config"): string =>
  `${FOLDER}/${name}.json${name === "list" ? "#/definitions/ListDocument" : ""}`;
