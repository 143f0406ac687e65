/**
 * Which names a body may have. ARM refuses what it does not know ("Could not find member"), and a client that misplaces a
 * property must learn it here and not on Azure. Written as `a b{c d{e}}`: below a plain name everything is allowed, below
 * braces only what stands there; arrays are looked through. Names are compared without regard to case, as ARM does.
 */
import { refuse } from "./arm-error.ts";

type Tree = Map<string, Tree | undefined>;

const parsed = new Map<string, Tree>();

/** @throws ArmError 400 InvalidRequestContent, naming the first member that is not known. */
export function checkMembers(grammar: string, body: unknown): void {
  let tree = parsed.get(grammar);
  if (tree === undefined) parsed.set(grammar, (tree = parse(grammar)));
  walk(tree, body, "", "Resource");
}

function walk(tree: Tree, value: unknown, path: string, owner: string): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => walk(tree, item, `${path}[${index}]`, owner));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const lower = name.toLowerCase();
    const here = path === "" ? name : `${path}.${name}`;
    if (!tree.has(lower)) {
      refuse(
        400,
        "InvalidRequestContent",
        `The request content was invalid and could not be deserialized: 'Could not find member '${name}' on object of type '${owner}'. Path '${here}', line 1, position 1.'.`,
        { target: here },
      );
    }
    const below = tree.get(lower);
    if (below !== undefined) walk(below, inner, here, name);
  }
}

function parse(grammar: string): Tree {
  const tokens = grammar.match(/[{}]|[^\s{}]+/g) ?? [];
  let at = 0;
  function block(): Tree {
    const tree: Tree = new Map();
    while (at < tokens.length && tokens[at] !== "}") {
      const name = (tokens[at] as string).toLowerCase();
      at += 1;
      if (tokens[at] === "{") {
        at += 1;
        tree.set(name, block());
        at += 1;
      } else tree.set(name, undefined);
    }
    return tree;
  }
  return block();
}
