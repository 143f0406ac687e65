/**
 * The Azure SDK in a few files, as in the package, for the tests' processes: of the thousand that it is made of Node looks for, reads and links
 * each by itself, two seconds of a core in every process. Preloaded by each (vitest.config.ts); where nothing was bundled (compiled.ts) the
 * SDK is its own files.
 */
import { existsSync, readdirSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGES = /^@azure\/([\w-]+)$/;

/** Its folder; what is in it is there as a whole. */
export const SDK = join(import.meta.dirname, "../node_modules/.cache/sdk");

const bundled = new Set(existsSync(SDK) ? readdirSync(SDK) : []);

registerHooks({
  resolve(specifier, context, next) {
    const file = `${PACKAGES.exec(specifier)?.[1]}.mjs`;
    return bundled.has(file)
      ? { url: pathToFileURL(join(SDK, file)).href, format: "module", shortCircuit: true }
      : next(specifier, context);
  },
});
