/**
 * What would have fitted, of what Azure has answered: fewer nodes, another size, or the same in another location. Each is judged as the
 * next run would judge it before it is named, so that nobody is sent from one refusal to the next. Pure.
 */
import { type FreshNodes, newMachines } from "../plan/new-machines.ts";
import type { RegionSizes, SizeFacts } from "../region.ts";
import { clash } from "../spec/combinations.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { judge } from "./preflight.ts";
import type { Checked } from "./problem.ts";

/** A choice that was judged, and refused. */
export interface Refused {
  readonly checked: Checked;
  /** The nodes that its machines are for. */
  readonly wanted?: FreshNodes;
}

/** Flags with their values, at most five, each of which passes by itself. `elsewhere`: locations that were asked for this alone. */
export function whatFits(refused: readonly Refused[], elsewhere: readonly Checked[] = []): string[] {
  const fewer = Math.max(0, ...refused.map(fewerNodes));
  const sizes = refused.flatMap(({ checked }) => sizesThatFit(checked));
  const there = elsewhere.filter((one) => judge(one).length === 0).map(({ location }) => `--location ${location}`);
  return [
    ...(fewer === 0 ? [] : [`--num-nodes ${fewer}`]),
    ...[...new Set(sizes.map(({ name }) => `--vm-size ${name}`))].slice(0, MOST_SIZES),
    ...[...new Set(there)].slice(0, 1),
  ];
}

// --- internal ---

const MOST_SIZES = 3;

/** The most nodes that pass with the size as it is; 0 when one more than there are is too many already. */
function fewerNodes({ checked, wanted }: Refused): number {
  const { spec, newNodes, newAddresses } = checked;
  const standing = spec.numNodes - newNodes;
  // fewer than it has, or is to have, is `remove`'s
  const least = Math.max(1, (checked.knownNodes ?? standing) - standing);
  // what counts for a new cluster alone has passed by now
  const passes = (count: number): boolean => {
    const fewer: ClusterSpec = { ...spec, numNodes: standing + count };
    const addresses = newAddresses - (spec.pip ? newNodes - count : 0);
    const machines =
      wanted === undefined ? { newNodes: count } : newMachines(fewer, { ...wanted, fresh: wanted.fresh.slice(0, count) });
    return (
      clash(fewer, "one that exists") === undefined &&
      judge({ ...checked, ...machines, spec: fewer, newAddresses: addresses }).length === 0
    );
  };
  // what is asked of fewer machines is less: halves find the most that pass
  let [low, high] = [least - 1, newNodes];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle;
  }
  return low < least ? 0 : standing + low;
}

/** Sizes of as many cores, or fewer, that pass where the wished one does not; the most alike first. */
function sizesThatFit(checked: Checked): SizeFacts[] {
  const { spec, region } = checked;
  if (region === undefined) return [];
  const wished = region.sizes.get(spec.vmSize.toLowerCase());
  const { architecture, vcpus } = wished ?? { architecture: "x64", vcpus: coresIn(spec.vmSize) };
  return alike(spec.vmSize, vcpus, region)
    .filter((one) => one.architecture === architecture && one !== wished && one.vcpus > 0 && one.vcpus <= vcpus)
    .filter(({ name }) => judge({ ...checked, spec: { ...spec, vmSize: name } }).length === 0)
    .slice(0, MOST_SIZES);
}

/** As many cores first, then the same series, then names that differ least. */
function alike(name: string, vcpus: number, { sizes }: RegionSizes): SizeFacts[] {
  const letter = seriesOf(name);
  const likeness = (one: SizeFacts): number[] => [
    Math.abs(one.vcpus - vcpus),
    seriesOf(one.name) === letter ? 0 : 1,
    marksOf(name).filter((mark) => !marksOf(one.name).includes(mark)).length,
    marksOf(one.name).filter((mark) => !marksOf(name).includes(mark)).length,
  ];
  return [...sizes.values()].sort((a, b) => {
    const [one, other] = [likeness(a), likeness(b)];
    const at = one.findIndex((value, index) => value !== other[index]);
    return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
  });
}

/** Of Standard_D2as_v5 the D, 2, and the marks `as` and `v5`. */
const PARTS = /^(?:Standard_|Basic_)?([A-Z]+)(\d+)?(?:-\d+)?([a-z]*)(?:_(v\d+))?/;

const seriesOf = (name: string): string => PARTS.exec(name)?.[1] ?? "";
const marksOf = (name: string): string[] => {
  const [, , , letters = "", version = ""] = PARTS.exec(name) ?? [];
  return [...letters.split(""), version];
};
const coresIn = (name: string): number => Number(PARTS.exec(name)?.[2] ?? 2);
