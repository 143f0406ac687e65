/**
 * Which rights a request takes, as Azure's role definitions name them: what the method and the path say, what it takes to refer to what is
 * in its body, and what Azure makes or deletes along with it.
 */
import type { Exchange } from "../src/sim/message.ts";

export function actionsOf({ method, url, body }: Pick<Exchange, "method" | "url" | "body">): string[] {
  const { pathname } = new URL(url);
  const path = decodeURIComponent(pathname);
  // the console's blob has its right in its address
  if (!/^\/subscriptions(\/|$)/i.test(path)) return [];
  const type = typeIn(path, method === "POST");
  if (method === "POST") return [`${type}/action`];
  if (method === "GET" || method === "HEAD") return [`${OPERATIONS.get(type) ?? type}/read`];
  if (method === "DELETE") return [`${type}/delete`, ...alongWith(type)];
  return [`${type}/write`, ...(body === undefined || method === "PATCH" ? [] : referredTo(path, JSON.parse(body)))];
}

// --- internal ---

/** Where the right to ask how an operation is getting on is not called as its address. */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ["Microsoft.Storage/locations/asyncoperations", "Microsoft.Storage/operations"],
]);

const RESOURCES = "Microsoft.Resources/subscriptions";

/** "Microsoft.Network/loadBalancers/inboundNatRules" of a path; the last word of a POST is what is to be done. */
function typeIn(path: string, post = false): string {
  const below = path.replace(/^\/subscriptions\/[^/]+/i, "");
  const provider = /\/providers\/([^/]+)\/(.+)$/i.exec(below);
  if (provider !== null) {
    const [, namespace, rest = ""] = provider;
    const words = rest.split("/");
    const verb = post ? `/${words.pop()}` : "";
    return `${namespace}/${words.filter((_, index) => index % 2 === 0).join("/")}${verb}`;
  }
  const [first = "", , second] = below.split("/").filter(Boolean);
  if (first === "") return RESOURCES;
  if (/^resourcegroups$/i.test(first))
    return [`${RESOURCES}/resourceGroups`, ...(second === undefined ? [] : [second])].join("/");
  return `${RESOURCES}/${first}`;
}

/** A machine takes along what was made with it (`deleteOption`), with the rights of whoever deletes it. A group takes everything, with its own. */
const alongWith = (type: string): string[] =>
  type === "Microsoft.Compute/virtualMachines"
    ? ["Microsoft.Compute/disks", "Microsoft.Network/networkInterfaces", "Microsoft.Network/publicIPAddresses"].map(
        (one) => `${one}/delete`,
      )
    : [];

/** Ids in a body: of Network what is used is joined, an identity is assigned; what Compute uses of its own is read, and disks are written. */
function referredTo(path: string, body: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      for (const id of [key, key === "id" && typeof inner === "string" ? inner : ""])
        if (id.startsWith("/subscriptions/") && !id.toLowerCase().startsWith(`${path.toLowerCase()}/`))
          found.add(right(typeIn(id)));
      if (key === "osDisk" && path.includes("/virtualMachines/")) found.add("Microsoft.Compute/disks/write");
      look(inner);
    }
  };
  look(body);
  return [...found];
}

function right(type: string): string {
  if (type.startsWith("Microsoft.Network/")) return `${type}/join/action`;
  if (type.startsWith("Microsoft.ManagedIdentity/")) return `${type}/assign/action`;
  return type === "Microsoft.Compute/disks" ? `${type}/write` : `${type}/read`;
}
