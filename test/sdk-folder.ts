import { join } from "node:path";

/** Where the Azure SDK is in a few files: made by compiled.ts, found by preload.ts. */
export const SDK = join(import.meta.dirname, "../node_modules/.cache/sdk");
