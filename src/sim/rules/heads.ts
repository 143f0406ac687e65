/**
 * What the kinds of one service have alike, said once: the members of every body, the pattern of names, whether there is an etag and a
 * provisioningState, how a removal is answered. A kind spreads its head and says the rest itself; what it says below wins.
 */
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { propertiesOf } from "../json.ts";
import { atOnce, type KindRules } from "../kind.ts";
import { networkRemove } from "./timings.ts";

type Head = "type" | "members" | "name" | "located" | "etag" | "stateful";

/** Letters, digits, points, hyphens and underscores: what most resources may be called. */
const NAME = /^[A-Za-z0-9]$|^[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]$/;

/** @param members those that are the kind's own, as members.ts reads them */
export const networkHead = (type: string, members: string): Pick<KindRules, Head | "remove"> => ({
  type,
  members: `id name type etag location tags ${members}`,
  name: NAME,
  located: true,
  etag: true,
  stateful: true,
  remove: networkRemove,
});

/** Compute's have no etag. @param members as of `networkHead` */
export const computeHead = (type: string, members: string): Pick<KindRules, Head> => ({
  type,
  members: `id name type location tags ${members}`,
  name: NAME,
  located: true,
  etag: false,
  stateful: true,
});

/** What is only written down: there at once, changed at once, gone at once, and no provisioningState. */
export const writtenHead = (type: string, members: string): Pick<KindRules, Head | "create" | "update" | "remove"> => ({
  ...computeHead(type, members),
  stateful: false,
  create: atOnce(201),
  update: atOnce(200),
  remove: atOnce(200),
});

/** Network gives each resource a GUID that stays with it. */
export const guidOf = (cloud: SimCloud, before: StoredResource | undefined): unknown =>
  propertiesOf(before?.resource)["resourceGuid"] ?? cloud.random.uuid();
