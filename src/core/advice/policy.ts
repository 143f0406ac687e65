/**
 * Which policy refused a request, and which flag answers it. Azure names the policy in its sentence (as JSON) and in
 * `additionalInfo`, and there also what it looked at; who may not read policies gets the sentence alone.
 */
import { flagRows } from "../spec/flags.ts";
import { type AdviceContext, type Failure, rerun } from "./row.ts";

export function policyMeaning(failure: Failure): string {
  const names = policyNames(failure);
  const fields = objections(failure).map(({ path, value }) => (value === undefined ? path : `${path} (${value})`));
  return `A policy of the subscription forbids this: ${names.length === 0 ? "its own words stand below" : names.join(", ")}${fields.length === 0 ? "" : `; it looked at ${fields.join(", ")}`}.`;
}

export function policyAdvice(failure: Failure, context: AdviceContext): string {
  const about = [...objections(failure).flatMap(({ path, type }) => [path, type ?? ""]), ...policyNames(failure)].join(" ");
  const answers = ANSWERS.flatMap(({ looks, answer }) => (looks.test(about) ? [answer(failure, context)] : []));
  const change = answers.length === 0 ? "Change what it objects to" : answers.join("; or ");
  return `${change}. Else ask who manages the policy for an exemption; then run \`${rerun(context)}\`.`;
}

// --- internal ---

interface Answer {
  /** Whether this is what the policy is about: the fields it looked at, and its names. */
  readonly looks: RegExp;
  readonly answer: (failure: Failure, context: AdviceContext) => string;
}

const hasFlag = (name: string): boolean => flagRows.some(([, flag]) => flag.name === name);

const ANSWERS: readonly Answer[] = [
  {
    looks: /\btags?\b/i,
    answer: (failure, context) => {
      const tag = objections(failure).flatMap(({ path }) => /tags\[?['.]?([^\]']+)/i.exec(path)?.[1] ?? [])[0] ?? "KEY";
      return hasFlag("tag")
        ? `Give the tag: \`${rerun(context, `--tag ${tag}=VALUE`)}\``
        : `It wants the tag ${tag}, and there is no flag for tags yet: a policy of effect Modify can add it to what is made`;
    },
  },
  {
    looks: /location|region/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /location/i);
      return `Take ${allowed.length === 0 ? "a location that it allows" : allowed.map((one) => `--location ${one}`).join(", ")}: \`${rerun(context, `--location ${allowed[0] ?? "REGION"}`)}\``;
    },
  },
  {
    looks: /sku|\bsizes?\b|vmSize|hardwareProfile/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /sku|size/i);
      return `Take ${allowed.length === 0 ? "a size that it allows" : allowed.map((one) => `--vm-size ${one}`).join(", ")}: \`${rerun(context, `--vm-size ${allowed[0] ?? "SIZE"}`)}\``;
    },
  },
  {
    looks: /public ?ip|public address/i,
    answer: () =>
      hasFlag("private")
        ? "Have no public address: --private"
        : "Leave out --pip; the load balancer's own address cannot be left out",
  },
];

/** What the policy looked at and found true, that is, in the way. */
function objections({ info = [] }: Failure): { path: string; value?: string; type?: string }[] {
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

/** What an assignment allows: "listOfAllowedLocations": { "value": ["westus"] }. */
const parameterValues = ({ info = [] }: Failure, name: RegExp): string[] =>
  info.flatMap((one) => {
    const parameters = one["policyAssignmentParameters"];
    if (typeof parameters !== "object" || parameters === null) return [];
    return Object.entries(parameters).flatMap(([key, given]) => {
      const value = (given as { value?: unknown } | null)?.value;
      return name.test(key) && Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
    });
  });

/** By what people call them: the assignment's name, and the definition's where that differs. */
function policyNames({ message, details = [], info = [] }: Failure): string[] {
  const text = [message, ...details.map((detail) => detail.message)].join(" ").replaceAll("\\", "");
  const named = [...text.matchAll(/"?policyAssignment"?\s*:\s*\{\s*"name"\s*:\s*"([^"]+)"/gi)].map((match) => match[1] ?? "");
  const told = info.map((one) => {
    const name = one["policyAssignmentDisplayName"] ?? one["policyDefinitionDisplayName"] ?? one["policyAssignmentName"];
    return typeof name === "string" ? name : "";
  });
  return [...new Set(named.length > 0 ? named : told)].filter((name) => name !== "").map((name) => `"${name}"`);
}
