/**
 * What must be so before anything is changed on a node, all of it told at once. Pure: what was seen goes in, what is in the way and what is
 * worth a word comes out.
 */
import { groupFlag } from "../../core/spec/in-group.ts";
import type { Problem } from "../../core/advice/problem.ts";
import { prefixAround } from "../../core/ipv4.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { type ClockMeasure, judgeClocks } from "../../nodes/time.ts";
import type { PlatformChoices } from "./choices.ts";
import type { NodeLook } from "./node-look.ts";

export interface Seen {
  readonly spec: ClusterSpec;
  /** The cluster's resource group. */
  readonly group: string;
  /** The cluster's address. */
  readonly address: string;
  readonly hasEtcd: boolean;
  readonly choices: Pick<PlatformChoices, "domain" | "clusterCidr" | "serviceCidr" | "servers">;
  readonly nodes: readonly { readonly name: string; readonly index: number; readonly look: NodeLook }[];
  readonly clocks: readonly ClockMeasure[];
  /** What a name below the domain leads to; undefined where nobody needs to ask. */
  readonly record: readonly string[] | undefined;
  /** That nodes must reach. */
  readonly host: string | undefined;
}

export interface Judgement {
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

export const judgeNodes = (seen: Seen): Judgement => ({
  problems: CHECKS.flatMap((check) => check(seen)),
  notes: NOTES.flatMap((note) => note(seen)),
});

/** Whether the platform's own system can be made a platform of: the others are told what to do. */
export const unfitSystem = ({ name, platform }: Pick<ClusterSpec, "name" | "platform">): Problem[] =>
  PLATFORMS[platform].deis.next === "platform install"
    ? []
    : [
        {
          check: "PlatformUnfit",
          message: `the nodes of ${name} run ${PLATFORMS[platform].title}, which Drycc Workflow does not install itself on`,
          advice: "Make a cluster for it: `azure-coreos-cluster create NAME --deis --platform ubuntu` (or debian).",
        },
      ];

// --- internal ---

/** Of the installer: 1024 pages of 2 MiB. */
const PAGES = 1024;
const LEAST_CPUS = 2;
/** MiB: pages, k3s, storage and gateway; a machine of 4 GiB shows somewhat less. */
const LEAST_MEMORY = 3500;
const GOOD_CPUS = 4;
const GOOD_MEMORY = 15_000;
const K3S_ROOM = 1024;

type Check = (seen: Seen) => Problem[];

const named = (nodes: readonly { readonly name: string }[]): string => nodes.map(({ name }) => name).join(", ");

/** A problem of those nodes that have it. */
const ofNodes =
  (check: string, ill: (look: NodeLook) => boolean, words: (names: string, seen: Seen) => Omit<Problem, "check">): Check =>
  (seen) => {
    // what has its packages was looked at when it got them
    const nodes = seen.nodes.filter(({ look }) => look.done.size === 0 && ill(look));
    return nodes.length === 0 ? [] : [{ check, ...words(named(nodes), seen) }];
  };

const meets = (a: string, b: string): boolean => {
  const [one, other] = [prefixAround(a), prefixAround(b)];
  return one !== undefined && other !== undefined && one.first < other.first + other.size && other.first < one.first + one.size;
};

const CHECKS: readonly Check[] = [
  ({ spec }) => unfitSystem(spec),
  ({ spec, hasEtcd, nodes }) =>
    hasEtcd || nodes.some(({ look }) => look.otherEtcd)
      ? [
          {
            check: "EtcdInTheWay",
            message: `${spec.name} has etcd members, and k3s keeps an etcd of its own on the same ports, 2379 and 2380`,
            advice: `Make another one, which leaves etcd to k3s: \`azure-coreos-cluster create NAME --deis --platform ${unfitSystem(spec).length > 0 ? "ubuntu" : spec.platform}\`.`,
          },
        ]
      : [],
  ofNodes(
    "SystemUnfit",
    ({ system }) => !/^(ubuntu|debian) /.test(system),
    (names) => ({
      message: `neither Ubuntu nor Debian runs on ${names}`,
      advice:
        "Drycc's installer needs apt: `azure-coreos-cluster create NAME --deis --platform ubuntu` makes nodes that have it.",
    }),
  ),
  ofNodes(
    "MachineTooSmall",
    ({ cpus, memory }) => cpus < LEAST_CPUS || memory < LEAST_MEMORY,
    (names, { spec }) => ({
      message: `too small for a platform: ${names} (it needs ${LEAST_CPUS} vCPUs and 4 GiB, and does well with ${GOOD_CPUS} and 16)`,
      advice: `Larger machines, one after the other: \`azure-coreos-cluster replace ${spec.name} NODE --vm-size Standard_D4s_v5\`.`,
    }),
  ),
  ofNodes(
    "HugepagesLack",
    ({ available, hugepages }) => available < Math.max(0, PAGES - hugepages) * 2 + K3S_ROOM,
    (names) => ({
      message: `no free memory for ${PAGES} hugepages of 2 MiB and for k3s on ${names}`,
      advice: "End what uses it (`azure-coreos-cluster run NAME -- free -m` shows how much that is), or take larger machines.",
    }),
  ),
  ofNodes(
    "NoWayOut",
    ({ wayOut }) => !wayOut,
    (names, { host = "" }) => ({
      message: `${host.replace(" ", " port ")} is not reached from ${names}`,
      advice:
        "The installer fetches k3s, charts and images: nodes need a way out to the internet, and none of your network's own rules against it.",
    }),
  ),
  ({ clocks, nodes }) => {
    const ill = judgeClocks(clocks.filter(({ index }) => nodes.some((node) => node.index === index))).filter(({ ok }) => !ok);
    return ill.length === 0
      ? []
      : [
          {
            check: "ClocksApart",
            message: ill.map(({ reason = "" }) => reason).join("; "),
            advice: "etcd and certificates need clocks in step: `azure-coreos-cluster run NAME -- chronyc tracking` tells more.",
          },
        ];
  },
  ({ record, choices: { domain }, address }) =>
    record === undefined || (record.length > 0 && record.every((one) => one === address))
      ? []
      : [
          {
            check: "RecordMissing",
            message: `*.${domain} leads to ${record.length === 0 ? "nothing" : record.join(", ")}, and the cluster is at ${address}`,
            advice: `Make a wildcard record: *.${domain} A ${address}. To try the platform without one leave --domain out: ${address}.nip.io leads there already.`,
          },
        ],
  ({ choices, nodes }) => {
    const ranges = [...new Set(nodes.flatMap(({ look }) => look.ranges))];
    const meeting = (["clusterCidr", "serviceCidr"] as const).filter((key) => ranges.some((range) => meets(range, choices[key])));
    return [
      ...(meets(choices.clusterCidr, choices.serviceCidr)
        ? [rangesMeet(`--cluster-cidr ${choices.clusterCidr} meets --service-cidr ${choices.serviceCidr}`)]
        : []),
      ...meeting.map((key) =>
        rangesMeet(
          `--${key === "clusterCidr" ? "cluster" : "service"}-cidr ${choices[key]} meets the network of the nodes, ${ranges.find((range) => meets(range, choices[key]))}`,
        ),
      ),
    ];
  },
];

const rangesMeet = (message: string): Problem => ({
  check: "RangesMeet",
  message,
  advice: "Give ranges that are used nowhere near: for example --cluster-cidr 172.20.0.0/16 --service-cidr 172.21.0.0/16.",
});

const NOTES: readonly ((seen: Seen) => string[])[] = [
  ({ spec, group }) =>
    spec.deis
      ? []
      : [
          `80, 443 and 2222 are not open to the world: \`azure-coreos-cluster create ${spec.name} --deis${groupFlag(spec.name, group)}\` opens them.`,
        ],
  ({ nodes }) => {
    const small = nodes.filter(({ look }) => look.cpus < GOOD_CPUS || look.memory < GOOD_MEMORY);
    return small.length === 0
      ? []
      : [
          `Less than ${GOOD_CPUS} vCPUs and 16 GiB: ${named(small)}. It may do for a trial; Standard_D4s_v5 is what one would take.`,
        ];
  },
];
