/** What of etcd does not go together, with where it is to run, or with there being none. */
import { PLATFORMS } from "../plan/platforms.ts";
import type { Combination, Wish } from "./combination.ts";
import { memberCount } from "./members.ts";

export const ETCD_COMBINATIONS: readonly Combination[] = [
  {
    when: (spec) => foreignEtcd(spec) !== undefined && spec.given.includes("etcdVersion"),
    why: ({ platform, customData }) =>
      `--etcd-version does not go with ${customData === undefined ? `--platform ${platform}` : "--custom-data"}`,
    instead: (spec) => `Leave it out: ${foreignEtcd(spec)}.`,
  },
  {
    when: ({ platform, etcdMembers, given, deis }) =>
      (etcdMembers ?? 0) > 0 && given.includes("etcdMembers") && deis && PLATFORMS[platform].deis.noEtcd !== undefined,
    why: ({ platform, etcdMembers }) =>
      `--etcd-members ${etcdMembers} does not go with --deis on ${platform}: ${PLATFORMS[platform].deis.noEtcd}`,
    ofNew: true,
    instead: "Leave --etcd-members out.",
  },
  {
    when: (spec) => memberCount(spec) === 0 && PLATFORMS[spec.platform].etcd.needed !== undefined,
    why: ({ platform }) => `--platform ${platform} needs etcd members: ${PLATFORMS[platform].etcd.needed}`,
    instead: "Give 1, 3, 5 or 7.",
  },
  {
    when: (spec) => memberCount(spec) === 0 && uselessFlag(spec) !== undefined,
    unlessKept: ["etcdMembers"],
    why: (spec) => `--${uselessFlag(spec)} is about etcd, and there is to be none`,
    instead: ({ stands }) => (stands === true ? "Leave it out." : "Leave it out, or give --etcd-members 3."),
  },
  {
    when: (spec) => memberCount(spec) === 0 && spec.given.includes("waitFor") && spec.waitFor === "etcd",
    unlessKept: ["etcdMembers"],
    why: "--wait-for etcd: there is to be no etcd",
    instead: "Give --wait-for ssh, which is what is waited for without it.",
  },
  {
    // nodes were taken out since, where an earlier wish is for more: the next growth brings them back
    when: ({ etcdMembers = 0, numNodes, given }) => given.includes("etcdMembers") && etcdMembers > numNodes,
    unlessKept: ["numNodes"],
    why: ({ etcdMembers, numNodes }) => `--etcd-members ${etcdMembers} needs as many nodes; --num-nodes is ${numNodes}`,
  },
];

// --- internal ---

/** Whose etcd runs, where it is not of the version that a flag names. */
const foreignEtcd = ({ platform, customData }: Wish): string | undefined =>
  customData === undefined ? PLATFORMS[platform].etcd.ownVersion : "your file says which etcd runs";

const ETCD_FLAGS = [
  ["discoveryServiceUrl", "discovery-service-url"],
  ["etcdVersion", "etcd-version"],
  ["etcdPlain", "etcd-plain"],
] as const;

const uselessFlag = (spec: Wish): string | undefined =>
  ETCD_FLAGS.find(([key]) => spec.given.includes(key) && spec[key] !== false)?.[1];
