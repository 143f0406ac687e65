/** Old names of machine sizes, from the days of classic Azure, and today's size with the same cores. */

interface Mapped {
  readonly size: string;
  readonly why: string;
}

const retired = (old: string, cores: number, size: string): Mapped => ({
  size,
  why: `${old} (${cores} core${cores === 1 ? "" : "s"}) was retired in 2024: ${size} is taken`,
});

const OLD: Record<string, Mapped> = {
  extrasmall: {
    ...retired("ExtraSmall", 1, "Standard_D2s_v5"),
    why: "ExtraSmall was retired in 2024, and no general-purpose size of one core is left: Standard_D2s_v5 (2 cores) is taken",
  },
  small: {
    ...retired("Small", 1, "Standard_D2s_v5"),
    why: "Small (1 core) was retired in 2024, and no general-purpose size of one core is left: Standard_D2s_v5 (2 cores) is taken",
  },
  medium: retired("Medium", 2, "Standard_D2s_v5"),
  large: retired("Large", 4, "Standard_D4s_v5"),
  extralarge: retired("ExtraLarge", 8, "Standard_D8s_v5"),
  standard_a2: retired("Standard_A2", 2, "Standard_D2s_v5"),
  standard_a3: retired("Standard_A3", 4, "Standard_D4s_v5"),
  standard_a4: retired("Standard_A4", 8, "Standard_D8s_v5"),
};

/** Today's name for a size, and a sentence about it when it is not the one that was given. */
export function currentSize(size: string): { size: string; note?: string } {
  const mapped = OLD[size.toLowerCase()];
  return mapped === undefined ? { size } : { size: mapped.size, note: mapped.why };
}
