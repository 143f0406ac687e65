/**
 * How the tests' processes find modules; preloaded by each (vitest.config.ts). The Azure SDK is a few files, as in the package: of the thousand
 * that it is made of Node looks for, reads and links each by itself, two seconds of a core in every process. Where nothing was bundled
 * (compiled.ts) it is its own files. And a source that another one names is where that says: Node would look, each time, whether it is.
 */
import { existsSync, readdirSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SDK } from "./sdk-folder.ts";

const PACKAGES = /^@azure\/([\w-]+)$/;
const SOURCE = /^\.\.?\/.*\.ts$/;
const root = pathToFileURL(join(import.meta.dirname, "../")).href;
const bundled = new Set(existsSync(SDK) ? readdirSync(SDK) : []);

registerHooks({
  resolve(specifier, context, next) {
    if (SOURCE.test(specifier) && context.parentURL?.startsWith(root))
      return { url: new URL(specifier, context.parentURL).href, format: "module-typescript", shortCircuit: true };
    const file = `${PACKAGES.exec(specifier)?.[1]}.mjs`;
    return bundled.has(file)
      ? { url: pathToFileURL(join(SDK, file)).href, format: "module", shortCircuit: true }
      : next(specifier, context);
  },
});
