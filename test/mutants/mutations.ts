/**
 * Small faults that a person may well make, one at a time: a condition turned, a guard dropped, an error swallowed, a code
 * changed. Found by a real parser in the text of a module; the text is cut and joined, so a fault stays where it is in the file.
 */
import { parseSync } from "oxc-parser";

export interface Mutant {
  /** From the repository's root. */
  readonly file: string;
  /** The kind of fault, in words. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** It is in no function: it is met when the module is loaded, by whoever loads it first. */
  readonly atLoading: boolean;
  /** Whose running means that the fault is met. */
  readonly probe: { readonly start: number; readonly end: number; readonly kind: "expression" | "statement" | "block" };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [name: string]: unknown;
}

/** Every fault that can be put into a module. @throws Error when it cannot be parsed */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const found: Mutant[] = [];
  visit(program as unknown as Node, []);
  return found;

  function visit(node: Node, above: readonly Node[]): void {
    // types are gone when it runs; what TypeScript wraps around an expression is not
    if (node.type.startsWith("TS") && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return;
    if (/^(ImportDeclaration|ExportAllDeclaration)$/.test(node.type)) return;
    const probe = probeOf(node, above);
    const atLoading = !above.some(({ type }) => /Function|MethodDefinition/.test(type));
    for (const [what, part, text] of faults(node, above, source))
      if (probe !== undefined) found.push({ file, what, start: part.start, end: part.end, text, atLoading, probe });
    for (const [name, value] of Object.entries(node)) {
      if (name === "typeAnnotation" || name === "typeArguments" || (name === "key" && node["computed"] !== true)) continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, [...above, node]);
    }
  }
}

/** The module with one fault in it. */
export const withFault = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);

/** The module with a word to `__met` wherever one of the faults would be met. */
export function withProbes(source: string, mutants: readonly { readonly id: number; readonly probe: Mutant["probe"] }[]): string {
  const cuts: { at: number; closes: boolean; span: number; text: string }[] = [];
  for (const { id, probe } of mutants) {
    const span = probe.end - probe.start;
    const [open, close] =
      probe.kind === "expression"
        ? [`(__met(${id}),(`, "))"]
        : probe.kind === "statement"
          ? [`{__met(${id});`, "}"]
          : [`{__met(${id});`, ""];
    cuts.push({
      at: probe.kind === "block" ? probe.start + 1 : probe.start,
      closes: false,
      span,
      text: probe.kind === "block" ? open.slice(1) : open,
    });
    if (close !== "") cuts.push({ at: probe.end, closes: true, span, text: close });
  }
  // what closes comes before what opens; of two that open the longer one is outside, of two that close the shorter one is inside
  cuts.sort((a, b) => a.at - b.at || Number(b.closes) - Number(a.closes) || (a.closes ? a.span - b.span : b.span - a.span));
  let out = "";
  let from = 0;
  for (const { at, text } of cuts) {
    out += source.slice(from, at) + text;
    from = at;
  }
  return out + source.slice(from);
}

// --- internal ---

type Fault = readonly [what: string, part: { readonly start: number; readonly end: number }, text: string];

const TURNED: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "==": "!=",
  "!=": "==",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "-": "+",
  "*": "/",
  "/": "*",
};

function* faults(node: Node, above: readonly Node[], source: string): Generator<Fault> {
  const text = (part: unknown): string => source.slice((part as Node).start, (part as Node).end);
  const nodeAt = (name: string): Node => node[name] as Node;
  switch (node.type) {
    case "IfStatement":
      if (node["alternate"] === null && /^(Throw|Return|Continue|Break)/.test(lastOf(nodeAt("consequent")).type))
        yield ["guard dropped", node, ";"];
      if (!turnsItself(nodeAt("test"))) yield ["condition turned", nodeAt("test"), `!(${text(node["test"])})`];
      return;
    case "ConditionalExpression":
    case "WhileStatement":
      if (!turnsItself(nodeAt("test"))) yield ["condition turned", nodeAt("test"), `!(${text(node["test"])})`];
      return;
    case "LogicalExpression": {
      const [left, right] = [text(node["left"]), text(node["right"])];
      if (node["operator"] === "??") yield ["fallback dropped", node, `(${left})`];
      else yield ["and and or swapped", node, `((${left}) ${node["operator"] === "&&" ? "||" : "&&"} (${right}))`];
      return;
    }
    case "BinaryExpression": {
      const turned = TURNED[String(node["operator"])];
      if (turned !== undefined) yield ["comparison turned", node, `(${text(node["left"])} ${turned} ${text(node["right"])})`];
      return;
    }
    case "CatchClause": {
      const body = nodeAt("body");
      const statements = body["body"] as Node[];
      if (statements.length > 0) yield ["error swallowed", body, "{}"];
      if (statements[0]?.type !== "ThrowStatement") yield ["error not handled", node, `catch (fault) { throw fault; }`];
      return;
    }
    case "ThrowStatement":
      yield ["throw removed", node, ";"];
      return;
    case "ExpressionStatement": {
      const expression = nodeAt("expression");
      if (expression.type === "AwaitExpression") yield ["awaited call dropped", node, ";"];
      else if (/^(Call|Chain)Expression$/.test(expression.type)) yield ["call dropped", node, ";"];
      else if (expression.type === "AssignmentExpression") yield ["assignment dropped", node, ";"];
      return;
    }
    case "ReturnStatement":
      if (node["argument"] !== null && text(node["argument"]) !== "undefined")
        yield ["returns nothing", node, "return undefined;"];
      return;
    case "CallExpression": {
      const callee = nodeAt("callee");
      if (callee.type !== "MemberExpression" || callee["computed"] === true) return;
      const property = callee["property"] as Node;
      const name = String(property["name"]);
      if (name === "some" || name === "every") yield ["some and every swapped", property, name === "some" ? "every" : "some"];
      if (name === "filter" || name === "sort" || name === "toLowerCase") yield [`${name} dropped`, node, text(callee["object"])];
      return;
    }
    case "MemberExpression": {
      const [object, property] = [nodeAt("object"), nodeAt("property")];
      if (node["optional"] === true)
        yield [
          "optional chaining dropped",
          node,
          node["computed"] === true ? `${text(object)}![${text(property)}]` : `${text(object)}!.${text(property)}`,
        ];
      if (object["name"] === "EXIT") yield ["exit code changed", property, property["name"] === "failed" ? "conflict" : "failed"];
      return;
    }
    case "UnaryExpression":
      if (node["operator"] === "!") yield ["not dropped", node, text(node["argument"])];
      return;
    case "Literal":
      yield* literalFaults(node, above.at(-1));
      return;
    default:
      return;
  }
}

function* literalFaults(node: Node, parent: Node | undefined): Generator<Fault> {
  const { value } = node;
  if (typeof value === "boolean") yield ["boolean turned", node, String(!value)];
  if (typeof value === "number")
    yield ["number changed", node, value === 0 ? "1" : value === 1 ? "0" : String(value < 10 ? value + 1 : value * 10)];
  if (typeof value !== "string") return;
  const compared = parent?.type === "BinaryExpression" || parent?.type === "SwitchCase";
  const coded = parent?.type === "NewExpression" && (parent["arguments"] as Node[])[0] === node && /^[A-Z][A-Za-z]+$/.test(value);
  if (compared || coded) yield ["code changed", node, JSON.stringify(coded ? `${value}Changed` : value === "" ? "x" : "")];
}

/** The smallest thing around a node that can be watched: an expression that is one, a statement, a catch's block. */
function probeOf(node: Node, above: readonly Node[]): Mutant["probe"] | undefined {
  if (node.type === "CatchClause") {
    const body = node["body"] as Node;
    return { start: body.start, end: body.end, kind: "block" };
  }
  const chain = [...above, node];
  for (let at = chain.length - 1; at >= 0; at--) {
    const one = chain[at] as Node;
    const parent = chain[at - 1];
    if (/^(If|Expression|Throw|Return|While)Statement$/.test(one.type))
      return { start: one.start, end: one.end, kind: "statement" };
    if (one.type === "SwitchCase") continue;
    if (isWatchable(one, parent, chain[at - 2])) return { start: one.start, end: one.end, kind: "expression" };
  }
  return undefined;
}

/** What may stand in brackets after a comma: no callee (it would lose its `this`), no link of an optional chain, nothing assigned to. */
function isWatchable(node: Node, parent: Node | undefined, above: Node | undefined): boolean {
  if (parent === undefined || !/(Expression|Literal|^Identifier)$/.test(node.type)) return false;
  if (parent.type === "ChainExpression" || parent["callee"] === node || parent["object"] === node) return false;
  if (/^(Import|Export|MethodDefinition|SwitchCase|TSAs|TSSatisfies|TSNonNull)/.test(parent.type)) return false;
  if (parent.type === "UnaryExpression" && /^(typeof|delete)$/.test(String(parent["operator"]))) return false;
  if (parent.type === "MemberExpression" || (parent["left"] === node && parent.type.startsWith("Assignment"))) return false;
  if (node.type === "FunctionExpression" || node.type === "Identifier") return false;
  if (parent.type === "Property" && (parent["key"] === node || above?.type === "ObjectPattern")) return false;
  return parent.type !== "TemplateLiteral" || (parent["expressions"] as Node[]).includes(node);
}

/** A comparison or a `!`, which is turned as one. */
const turnsItself = (test: Node): boolean => /^[!=]==?$/.test(String(test["operator"])) || test["operator"] === "!";

const lastOf = (statement: Node): Node =>
  statement.type === "BlockStatement" ? ((statement["body"] as Node[]).at(-1) ?? statement) : statement;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
