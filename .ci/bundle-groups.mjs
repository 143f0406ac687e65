// How the bundle of the package is cut. Node looks for, reads and links each file of an ES module by itself, a millisecond each: two
// hundred small ones cost a start more than all that is in them. So what is loaded together is one file.
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, resolve } from "node:path";

/** What a dynamic import of ours leads to, the first that fits: the modules of a group are one file. The packages are files of their own. */
const GROUPS = [
  ["simulation", /^src\/(sim\/|operations\/rehearsal\/simulated|cli\/screens\/emulate)/],
  ["errors", /^src\/(report\/|core\/advice\/|cli\/(typed-command|next-command)\.ts)/],
  ["local", /^src\/cli\/screens\/(lint|certificate|user-data|completion-command|schema)\.ts/],
  ["screens", /^src\/cli\/screens\//],
  ["operations", /^src\/(operations|nodes|prepare|core)\//],
  ["azure", /^src\/azure\/(clients|provider|lookups|pipeline|outward|bounded|clouds)\.ts/],
  ["signIn", /^src\/azure\/credentials\.ts/],
  ["prices", /^src\/azure\/prices\.ts/],
  ["ci", /^src\/cli\/ci\.ts/],
];

/** `import("./x.ts")` of a module in a group becomes a look into the group's file. @param light the module that a start loads */
export function grouped(root, light) {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts")).sort();
  const texts = new Map(files.map((file) => [`${root}src/${file}`, readFileSync(`${root}src/${file}`, "utf8")]));
  const groups = new Map(GROUPS.map(([group]) => [group, new Map()]));
  const looking = (path, text) =>
    text.replaceAll(/(?<!typeof )\bimport\("(\.[^"]+\.ts)"\)/g, (whole, to) => {
      const file = resolve(dirname(path), to).slice(root.length);
      const [group] = GROUPS.find(([, has]) => has.test(file)) ?? [];
      if (group === undefined) return whole;
      const name = file.replaceAll(/\W/g, "_");
      groups.get(group).set(name, file);
      return `import("group:${group}").then((group) => group.${name})`;
    });
  for (const [path, text] of texts) texts.set(path, looking(path, text));
  return {
    name: "grouped",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice("group:".length), namespace: "group" }));
      onLoad({ filter: /./, namespace: "group" }, ({ path }) => ({
        contents: [
          // what the light command line has, every group may use: so it is one file, and not one for each set of groups that do
          `import "./${light}";`,
          ...[...groups.get(path)].map(([name, file]) => `export * as ${name} from "./${file}";`),
        ].join("\n"),
        resolveDir: root,
      }));
      onLoad({ filter: /\.ts$/ }, ({ path }) => (texts.has(path) ? { contents: texts.get(path), loader: "ts" } : undefined));
    },
  };
}

/**
 * An ES module that imports one of Node's own reads all that this has, and with it what Node loads on demand: streams for node:fs, its whole
 * fetch for node:http. Of what is required, that is read which is used.
 */
export const required = {
  name: "required",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: OWN }, ({ path, kind }) => (kind === "import-statement" ? { path, namespace: "required" } : undefined));
    onLoad({ filter: /./, namespace: "required" }, ({ path }) => ({ contents: `module.exports = require("${path}");` }));
  },
};

const OWN = new RegExp(`^(node:.*|${builtinModules.join("|")})$`);

/** The parser of arguments would start programs for commands that are programs; ours are none. */
export const withoutPrograms = {
  name: "withoutPrograms",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      /\/commander\//.test(importer) ? { path, namespace: "nothing" } : undefined,
    );
    onLoad({ filter: /./, namespace: "nothing" }, () => ({ contents: "export default {};" }));
  },
};
