/** What is said beside a plan: sentences about what was chosen, none of which stands in its way. */
import type { Facts } from "../../core/plan/cluster.ts";
import { ETCD_VERSION, etcdFault } from "../../core/etcd-version.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { Choices } from "../../core/plan/tags.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { imageChoice } from "../../core/spec/image.ts";
import { wishedMembers } from "../../core/spec/members.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { duration, plural } from "../../core/words.ts";
import { hopsTo } from "../cluster/way.ts";
import type { Run } from "../run.ts";

/** What is wrong with the etcd that new members are given, whoever chose it. */
export function etcdNotes(spec: ClusterSpec, { nodes, choices }: Pick<Facts, "nodes" | "choices">): string[] {
  const joining = nodes.some(({ index, userData }) => userData !== "" && choices.members.has(index));
  const fault =
    joining && PLATFORMS[spec.platform].etcd.ownVersion === undefined && spec.customData === undefined
      ? etcdFault(spec.etcdVersion)
      : undefined;
  return fault === undefined ? [] : [`${fault} New machines get it with --etcd-version ${ETCD_VERSION}; see docs/operations.md.`];
}

/**
 * Where etcd's members are not as many as are wished: why, and what would help. Of a cluster that exists.
 * @param grows it gets nodes that it did not have
 */
export function memberNotes(
  spec: ClusterSpec,
  { members, noEtcd, customDataHash, discoveryUrl }: Choices,
  { grows }: { readonly grows: boolean },
): string[] {
  const now = members.size;
  const wished = wishedMembers(spec, now);
  const given = spec.given.includes("etcdMembers");
  if (now === wished || noEtcd === true || !(given || grows)) return [];
  const asked = `--etcd-members ${wished}`;
  if (customDataHash !== undefined)
    return given ? [`${asked} changes nothing: your file (--custom-data) says who is a member.`] : [];
  if (now > wished)
    return given ? [`${asked}: etcd has ${now}. Only \`azure-coreos-cluster remove ${spec.name} NODE\` makes it fewer.`] : [];
  if (discoveryUrl !== undefined)
    return given ? [`${asked}: etcd has ${now}, and no more come: they found each other through a discovery service, once.`] : [];
  const has = `etcd has ${now} ${plural("member", now)}`;
  const said = given
    ? `${asked}: etcd has ${now}.`
    : spec.etcdMembers === undefined
      ? `${has}; a new cluster of ${spec.numNodes} nodes has ${wished}.`
      : `${has} of ${asked}.`;
  const all = wished - now;
  const first = now % 2 === 0 ? 1 : 2;
  const brings = `--num-nodes ${spec.numNodes + first} brings ${first} more`;
  return [
    `${said} Only new nodes become members, and never to an even number, which bears no more failures than one fewer: ${brings}${all > first ? `, --num-nodes ${spec.numNodes + all} all ${all}` : ""}.`,
  ];
}

/** What was typed of a container that nothing goes to. */
export const containerNotes = (spec: ClusterSpec): string[] =>
  spec.given.includes("blobContainerUrl") && imageChoice(spec).kind !== "file"
    ? ["--blob-container-url: without effect, for no image is uploaded (--coreos-image FILE.vhd)."]
    : [];

/** What was typed of a disk that no machine gets; and that k3s fills the system's disk where the data disk waits for Docker. A cluster that is there keeps its place. */
export function diskNotes(spec: ClusterSpec, { isNew }: { readonly isNew: boolean }): string[] {
  const idle = (["dataDiskSize", "dataDiskMount"] as const).filter((key) => spec.given.includes(key));
  if (!spec.dataDisk)
    return idle.length === 0
      ? []
      : [
          `${idle.map((key) => `--${FLAGS[key].name}`).join(" and ")}: without effect, for no data disk is asked for (--data-disk).`,
        ];
  return isNew && spec.deis && !spec.given.includes("dataDiskMount") && PLATFORMS[spec.platform].userData === "cloud-init"
    ? [
        `The data disk is mounted at ${spec.dataDiskMount}, and k3s keeps its data in /var/lib/rancher: --data-disk-mount /var/lib/rancher gives it the disk.`,
      ]
    : [];
}

/** What a person is to know of a private cluster before it is made: how it is reached, and what of it is public all the same. */
export async function aboutPrivate(
  run: Run,
  spec: ClusterSpec,
  { networkIsTheirs }: { readonly networkIsTheirs: boolean },
): Promise<string[]> {
  if (!spec.private) return [];
  const gateway = !networkIsTheirs
    ? ["Private: the one public address is the NAT gateway's, on which nodes go out and nobody comes in."]
    : [];
  const reached =
    hopsTo(run, spec.name).length > 0 || spec.waitFor === "machines"
      ? []
      : ["Private: nodes are reached from inside their network only; from elsewhere with --jump user@host."];
  return [...gateway, ...reached];
}

/** `--ttl` counts from now, by Azure's clock: others read by theirs when it is over. Without it a cluster keeps the time that it was given. @param before that one */
export function timeToLive(
  run: Run,
  spec: ClusterSpec,
  before: string | undefined,
): { expires: string | undefined; notes: string[] } {
  const ahead = run.aheadOfAzure();
  const now = run.clock.now() - ahead;
  const expires = spec.ttl === undefined ? before : new Date(now + spec.ttl).toISOString();
  const over = expires !== undefined && Date.parse(expires) <= now;
  return {
    expires,
    notes: [
      ...(ahead === 0 || spec.ttl === undefined
        ? []
        : [
            `This machine's clock is ${duration(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} Azure's: --ttl counts by Azure's.`,
          ]),
      ...(over
        ? [`${spec.name} is past its time to live since ${expires}: \`gc\` will destroy it. --ttl 2h gives it more.`]
        : []),
    ],
  };
}
