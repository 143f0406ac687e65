/**
 * Which policy refused a request, and which flag answers it. Azure names the policy in its sentence (as JSON) and in
 * `additionalInfo`, and there also what it looked at; who may not read policies gets the sentence alone. What is chosen once for a cluster
 * is answered only where none stands yet: nobody is sent to destroy one that works.
 */
import { type AdviceContext, type AzureFailure, chosenOnce, rerun } from "./row.ts";
import { shellWord } from "../quoting.ts";

export function policyMeaning(failure: AzureFailure): string {
  const names = policyNames(failure);
  const fields = objections(failure).map(({ path, value }) => (value === undefined ? path : `${path} (${value})`));
  return `A policy of the subscription forbids this: ${names.length === 0 ? "its own words stand below" : names.join(", ")}${fields.length === 0 ? "" : `; it looked at ${fields.join(", ")}`}.`;
}

export function policyAdvice(failure: AzureFailure, context: AdviceContext): string {
  const fitting = ANSWERS.filter((one) => one.looks.test(aboutOf(failure)) && one.of?.test(typeOf(failure) ?? "") !== false);
  const answers = fitting.flatMap(({ answer }) => answer(failure, context) ?? []);
  const words = answers.map((one, at) => (at === 0 ? one : one.replace(/^./, (letter) => letter.toLowerCase())));
  const kept = fitting.length > 0 && answers.length === 0;
  const change = kept ? "A cluster that stands keeps what it objects to" : words.join("; or ") || "Change what it objects to";
  return `${change}. ${kept ? "Ask" : "Else ask"} who manages the policy for an exemption; then run \`${rerun(context)}\`.`;
}

// --- internal ---

interface Answer {
  /** Whether this is what the policy is about: the fields it looked at, and its names. */
  readonly looks: RegExp;
  /** The type of what was refused, where it is told: a public address has a SKU, too. */
  readonly of?: RegExp;
  /** Undefined where it is a choice that cannot change any more. */
  readonly answer: (failure: AzureFailure, context: AdviceContext) => string | undefined;
}

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
    looks: /\b(location|region)s?\b/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /location/i);
      const which =
        allowed.length === 0 ? "a location that it allows" : allowed.map((one) => `--location ${shellWord(one)}`).join(", ");
      return chosenOnce(context, `Take ${which}`, `--location ${shellWord(allowed[0] ?? "REGION")}`);
    },
  },
  {
    looks: /(?<!image(?:Reference\.)?)sku|\bsizes?\b|vmSize|hardwareProfile/i,
    of: /^$|\/virtualMachines$/i,
    answer: (failure, context) => {
      const allowed = parameterValues(failure, /sku|size/i);
      return `Take ${allowed.length === 0 ? "a size that it allows" : allowed.map((one) => `--vm-size ${shellWord(one)}`).join(", ")}: \`${rerun(context, `--vm-size ${shellWord(allowed[0] ?? "SIZE")}`)}\``;
    },
  },
  {
    looks: /\bname\b|naming/i,
    of: /\/resourceGroups$/i,
    answer: (_, context) => chosenOnce(context, "Have it in a group of a name that it allows", "--resource-group GROUP"),
  },
  {
    looks: /securityRules|sourceAddressPrefix|management ports?|\bssh\b/i,
    of: /^$|\/networkSecurityGroups$/i,
    answer: (_, context) => {
      const own = rerun(createOf(context), "--ssh-from ADDRESSES");
      const none = chosenOnce(context, "or have nothing open to the Internet", "--private");
      return `Let SSH in from your own addresses alone: \`${own}\`${none === undefined ? "" : `; ${none}`}`;
    },
  },
  {
    looks: /imageReference|\bimage(?:id|publisher|offer|sku)s?\b|allowed images?/i,
    of: /^$|\/virtualMachines$/i,
    answer: (failure, context) => {
      const [allowed] = parameterTexts(failure, /image/i);
      return `Take an image that it allows: \`${rerun(context, `--coreos-image ${allowed === undefined ? "IMAGE" : shellWord(allowed)}`)}\``;
    },
  },
  {
    looks: /\bzones?\b|zone[ -]?(?:resilient|redundant)/i,
    of: /^$|\/virtualMachines$/i,
    answer: (_, context) => chosenOnce(context, "Spread the machines over zones", "--zones 1,2,3"),
  },
  {
    // Deny-Subnet-Without-Nsg, of Azure's landing zones: the security group hangs on the interfaces here
    looks: /subnets?\S*\.networkSecurityGroup|subnets?[ -]without[ -]n|subnets? should (?:have|be associated)/i,
    of: /^$|\/virtualNetworks(?:\/subnets)?$/i,
    answer: (_, context) =>
      chosenOnce(
        context,
        "Be in a network that is there, whose subnet has a security group",
        "--virtual-network-name NETWORK --subnet-names SUBNET",
      ),
  },
  {
    looks: /public ?ip|public address|public load ?balancer|natGateways/i,
    answer: (failure, context) => {
      if (isNodes(failure)) return `Give the nodes no addresses of their own: \`${rerun(createOf(context), "--pip=false")}\``;
      // a private balancer is none of the public ones; its way out has an address, unless the network brings it
      if (/\/loadBalancers$/i.test(typeOf(failure) ?? ""))
        return chosenOnce(context, "Have a private load balancer", "--private");
      const flags = "--private --virtual-network-name NETWORK --outbound none";
      return chosenOnce(context, "Have no public address, in a network that has a way out of its own", flags);
    },
  },
];

/** Flags that `replace` does not have are given to a create. */
const createOf = ({ name = "NAME", command, ...more }: AdviceContext): AdviceContext =>
  command === undefined ? { ...more, name } : { name };

/** An interface, or a node's own address: `mycluster-coreos-0-ip`. */
const isNodes = ({ request = "" }: AzureFailure): boolean =>
  /\/networkInterfaces\/[^/]+$|\/publicIPAddresses\/[^/]+-\d+-ip$/i.test(request);

/** What the policy is about, in its own words; the type alone where it looked at nothing else, or lists types that may not be made. */
function aboutOf(failure: AzureFailure): string {
  const looked = objections(failure).flatMap(({ path, value = "" }) => (path === "type" ? [value] : [path]));
  const types = parameterValues(failure, /types?notallowed/i).length === 0 ? [] : [typeOf(failure) ?? ""];
  return [...looked, ...types, ...policyNames(failure)].join(" ");
}

/** Of what was refused: "Microsoft.Network/publicIPAddresses". */
function typeOf(failure: AzureFailure): string | undefined {
  const asked = /\/providers\/([^/ ]+\/[^/ ]+)\/[^/ ]+$/i.exec(failure.request ?? "")?.[1];
  if (/\/resourceGroups\/[^/ ]+$/i.test(failure.request ?? "")) return "Microsoft.Resources/subscriptions/resourceGroups";
  return asked ?? looksOf(failure).find(({ path }) => path === "type")?.value;
}

/** What was in the way: the type is, where nothing else was. */
function objections(failure: AzureFailure): Look[] {
  const looks = looksOf(failure);
  const more = looks.filter(({ path }) => path !== "type");
  return more.length > 0 ? more : looks;
}

interface Look {
  readonly path: string;
  readonly value?: string;
}

/** What the policy looked at and found true. */
function looksOf({ info = [] }: AzureFailure): Look[] {
  return info.flatMap((one) => {
    const details = one["evaluationDetails"] as { evaluatedExpressions?: unknown } | undefined;
    const expressions = Array.isArray(details?.evaluatedExpressions) ? (details.evaluatedExpressions as unknown[]) : [];
    return expressions.flatMap((each) => {
      if (typeof each !== "object" || each === null) return [];
      const { result, path, expressionValue } = each as Record<string, unknown>;
      if (typeof path !== "string" || !/^true$/i.test(String(result))) return [];
      return [
        {
          path: path.toLowerCase() === "type" ? "type" : path,
          ...(typeof expressionValue === "string" ? { value: expressionValue } : {}),
        },
      ];
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
