/**
 * Which policy refused a request, and which flag answers it. Azure names the policy in its sentence (as JSON) and in
 * `additionalInfo`, and there also what it looked at; who may not read policies gets the sentence alone.
 */
import { flagRows } from "../spec/flags.ts";
import { type AdviceContext, type AzureFailure, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

export function policyMeaning(failure: AzureFailure): string {
  const names = policyNames(failure);
  const fields = objections(failure).map(({ path, value }) => (value === undefined ? path : `${path} (${value})`));
  return `A policy of the subscription forbids this: ${names.length === 0 ? "its own words stand below" : names.join(", ")}${fields.length === 0 ? "" : `; it looked at ${fields.join(", ")}`}.`;
}

export function policyAdvice(failure: AzureFailure, context: AdviceContext): string {
  const about = [...objections(failure).flatMap(({ path, type }) => [path, type ?? ""]), ...policyNames(failure)].join(" ");
  const answers = ANSWERS.flatMap(({ looks, answer }) => (looks.test(about) ? [answer(failure, context)] : []));
  const change = answers.length === 0 ? "Change what it objects to" : answers.join("; or ");
  return `${change}. Else ask who manages the policy for an exemption; then run \`${rerun(context)}\`.`;
}

// --- internal ---

interface Answer {
  /** Whether this is what the policy is about: the fields it looked at, and its names. */
  readonly looks: RegExp;
  readonly answer: (failure: AzureFailure, context: AdviceContext) => string;
}

const hasFlag = (name: string): boolean => flagRows.some(([, flag]) => flag.name === name);

const ANSWERS: readonly Answer[] = [
  {
    looks: /\btags?\b/i,
    answer: (failure, context) => {
      const names = wantedTags(failure);
      const [value = "VALUE"] = names.length === 1 ? parameterTexts(failure, /^tagvalue$/i) : [];
      const flags = (names.length === 0 ? ["KEY"] : names).map((name) => `--tag ${typed(`${name}=${value}`)}`);
      // those that were typed stay
      return `Give the ${names.length > 1 ? "tags" : "tag"}, which everything gets then: \`${rerun(context)} ${flags.join(" ")}\``;
    },
  },
  {
    looks: /location|region/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /location/i);
      return `Take ${allowed.length === 0 ? "a location that it allows" : allowed.map((one) => `--location ${shellWord(one)}`).join(", ")}: \`${rerun(context, `--location ${shellWord(allowed[0] ?? "REGION")}`)}\``;
    },
  },
  {
    looks: /sku|\bsizes?\b|vmSize|hardwareProfile/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /sku|size/i);
      return `Take ${allowed.length === 0 ? "a size that it allows" : allowed.map((one) => `--vm-size ${shellWord(one)}`).join(", ")}: \`${rerun(context, `--vm-size ${shellWord(allowed[0] ?? "SIZE")}`)}\``;
    },
  },
  {
    looks: /public ?ip|public address/i,
    answer: () =>
      hasFlag("private")
        ? "Have no public address: --private"
        : "Give --pip=false; the load balancer's own address cannot be left out",
  },
];

/** What the policy looked at and found true, that is, in the way. */
function objections({ info = [] }: AzureFailure): { path: string; value?: string; type?: string }[] {
  return info.flatMap((one) => {
    const details = one["evaluationDetails"] as { evaluatedExpressions?: unknown } | undefined;
    const expressions = Array.isArray(details?.evaluatedExpressions) ? (details.evaluatedExpressions as unknown[]) : [];
    return expressions.flatMap((each) => {
      if (typeof each !== "object" || each === null) return [];
      const { result, path, expressionValue } = each as Record<string, unknown>;
      if (typeof path !== "string" || !/^true$/i.test(String(result))) return [];
      if (path.toLowerCase() === "type") return [];
      return [{ path, ...(typeof expressionValue === "string" ? { value: expressionValue } : {}) }];
    });
  });
}

/** Tags that it looked at, and those that its assignment names. */
function wantedTags(failure: AzureFailure): string[] {
  const looked = objections(failure).flatMap(
    ({ path }) =>
      TAG_PATH.exec(path)
        ?.slice(1)
        .find((one) => one !== undefined) ?? [],
  );
  const all = looked.length > 0 ? looked : parameterTexts(failure, /^tagnames?$|tags$/i);
  // what Azure tells becomes part of a command to copy
  return [...new Map(all.filter((name) => TAG_NAME.test(name)).map((name) => [name.toLowerCase(), name])).values()];
}

/** `tags[CostCenter]`, `tags['Cost Center']`, `tags.CostCenter`. */
const TAG_PATH = /^tags(?:\['([^']+)'\]|\[([^\]']+)\]|\.(.+))$/i;
const TAG_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._:@-]{0,127}$/u;

const typed = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);

/** Values of an assignment's parameters that are texts: "tagName": { "value": "CostCenter" }. */
const parameterTexts = (failure: AzureFailure, name: RegExp): string[] =>
  parametersOf(failure).flatMap(([key, value]) =>
    name.test(key) ? [value].flat().filter((each): each is string => typeof each === "string" && TAG_NAME.test(each)) : [],
  );

/** What an assignment allows: "listOfAllowedLocations": { "value": ["westus"] }. */
const parameterValues = (failure: AzureFailure, name: RegExp): string[] =>
  parametersOf(failure).flatMap(([key, value]) =>
    name.test(key) && Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [],
  );

const parametersOf = ({ info = [] }: AzureFailure): [name: string, value: unknown][] =>
  info.flatMap((one) => {
    const parameters = one["policyAssignmentParameters"];
    if (typeof parameters !== "object" || parameters === null) return [];
    return Object.entries(parameters).map(([key, given]): [string, unknown] => [
      key,
      (given as { value?: unknown } | null)?.value,
    ]);
  });

/** By what people call them: the assignment's name, and the definition's where that differs. */
function policyNames({ message, details = [], info = [] }: AzureFailure): string[] {
  const text = [message, ...details.map((detail) => detail.message)].join(" ").replaceAll("\\", "");
  const named = [...text.matchAll(/"?policyAssignment"?\s*:\s*\{\s*"name"\s*:\s*"([^"]+)"/gi)].map((match) => match[1] ?? "");
  const told = info.map((one) => {
    const name = one["policyAssignmentDisplayName"] ?? one["policyDefinitionDisplayName"] ?? one["policyAssignmentName"];
    return typeof name === "string" ? name : "";
  });
  return [...new Set(named.length > 0 ? named : told)].filter((name) => name !== "").map((name) => `"${name}"`);
}
