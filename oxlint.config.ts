/** What the linter holds every file to. LAYERS is the shape of the house: from which other folders of src/ the files of a folder may import. */
import { readdirSync } from "node:fs";
import { type OxlintOverride, defineConfig } from "oxlint";

const LAYERS: Record<string, readonly string[]> = {
  core: [],
  engine: ["core"],
  // the adapters never import each other; the simulation meets the rest at HTTP only
  azure: ["core", "engine"],
  nodes: ["core", "engine"],
  prepare: ["core"],
  sim: ["core"],
  // it needs no terminal: it returns values, throws ClusterError, and tells what happens as events
  operations: ["core", "engine", "azure", "nodes", "prepare", "sim"],
  report: ["core", "engine"],
  cli: ["core", "engine", "azure", "nodes", "prepare", "sim", "operations", "report"],
  library: ["core", "engine", "operations"],
};

/** What else a layer has no use for: packages, modules of Node's, and globals. */
const PACKAGES: Record<string, readonly string[]> = { core: ["node:*"], engine: ["@azure/*"], sim: ["@azure/*"] };
const GLOBALS: Record<string, readonly string[]> = { core: ["process", "Buffer", "setTimeout", "fetch"], library: [] };

/** They alone read the process. */
const PROCESS = ["src/cli/world.ts", "src/cli/main.ts"];

const rowless = readdirSync(new URL("src", import.meta.url)).filter(
  (name) => !name.includes(".") && !Object.hasOwn(LAYERS, name),
);
if (rowless.length > 0) throw new Error(`oxlint.config.ts: LAYERS has no row for src/${rowless.join(", src/")}`);

const layers = Object.entries(LAYERS).flatMap(([layer, imports]): OxlintOverride[] => {
  const closed = Object.keys(LAYERS).filter((other) => other !== layer && !imports.includes(other));
  const group = [...closed.map((other) => `**/${other}/**`), ...(PACKAGES[layer] ?? [])];
  const message = `src/${layer} does not import this: see LAYERS in oxlint.config.ts.`;
  return [
    { files: [`src/${layer}/**`], rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] } },
    {
      files: [`src/${layer}/**`],
      excludeFiles: PROCESS,
      rules: { "no-restricted-globals": ["error", ...(GLOBALS[layer] ?? ["process"])] },
    },
  ];
});

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc"],
  categories: { correctness: "error", suspicious: "error" },
  options: { typeAware: true },
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/return-await": ["error", "error-handling-correctness-only"],
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "import/no-unassigned-import": "off",
    "eslint/no-shadow": "off",
    "eslint/no-await-in-loop": "off",
    "eslint/no-underscore-dangle": "off",
    "typescript/no-unsafe-type-assertion": "off",
    "unicorn/no-array-sort": "off",
    "typescript/unbound-method": "off",
    "typescript/no-unnecessary-boolean-literal-compare": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  ignorePatterns: ["dist", "node_modules", ".ci"],
  overrides: [
    {
      files: ["test/**/vitest.config.ts", "test/fast.config.ts", "oxlint.config.ts"],
      rules: { "import/no-default-export": "off" },
    },
    ...layers,
  ],
});
