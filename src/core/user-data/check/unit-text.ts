/**
 * Reads a systemd unit file or drop-in as systemd does, and says what systemd would refuse or skip. It knows lines and
 * sections; what settings mean is for others, and `systemd-analyze verify`, which is run in the tests, knows the rest.
 */
export interface UnitSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** Where it begins within the text, from 0. */
  readonly line: number;
}

export interface UnitText {
  /** In order; continued lines joined. */
  readonly settings: readonly UnitSetting[];
  /** Line within the text, from 0. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** @param options includes: it is read by a systemd of CoreOS' time, to which a line `.include PATH` is another file */
export function parseUnit(content: string, { includes = false }: { readonly includes?: boolean } = {}): UnitText {
  const settings: { section: string; key: string; value: string; line: number }[] = [];
  const problems: { line: number; message: string }[] = [];
  let section = "";
  let continued = false;
  for (const [line, raw] of content.split("\n").entries()) {
    const text = raw.trim();
    if (text === "" || text.startsWith("#") || text.startsWith(";")) {
      if (text === "") continued = false;
      continue;
    }
    const last = settings.at(-1);
    const { ends, blank, plain } = continuation(raw);
    if (blank)
      problems.push({
        line,
        message: `a blank after the backslash in "${shorten(text)}": systemd does not go on in the next line`,
      });
    const header = /^\[([^\][]+)\]$/.exec(text)?.[1];
    const equals = text.indexOf("=");
    if (continued && last !== undefined) last.value += ` ${plain}`;
    else if (header !== undefined) section = header;
    else if (section.startsWith("X-") && equals <= 0) continue;
    else if (includes && text.startsWith(".include ")) continue;
    else if (equals <= 0) problems.push({ line, message: `"${shorten(text)}" is neither a [Section] nor a Key=value` });
    else if (section === "") problems.push({ line, message: `"${shorten(text)}" stands before any [Section]` });
    else settings.push({ section, key: text.slice(0, equals).trim(), value: plain.slice(equals + 1).trim(), line });
    continued = (ends || blank) && header === undefined;
  }
  return { settings, problems };
}

/** A line goes on after an odd number of backslashes at its very end; a blank after one is what the backslash then escapes. */
function continuation(raw: string): { ends: boolean; blank: boolean; plain: string } {
  const line = raw.replace(/\r$/, "");
  const text = line.trim();
  const odd = (/\\+$/.exec(text)?.[0].length ?? 0) % 2 === 1;
  const blank = odd && /[ \t]$/.test(line);
  return { ends: odd && !blank, blank, plain: odd ? text.slice(0, -1).trimEnd() : text };
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** Sections of a unit type beside [Unit] and [Install]; those of network files are systemd-networkd's. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  service: ["Service"],
  socket: ["Socket"],
  mount: ["Mount"],
  automount: ["Automount"],
  swap: ["Swap"],
  path: ["Path"],
  timer: ["Timer"],
  slice: ["Slice"],
  scope: ["Scope"],
  target: [],
  device: [],
};

export const UNIT_TYPES = [...Object.keys(SECTIONS), "network", "netdev", "link"];

/** True when enabling the unit has something to go by: without a setting in [Install] systemd links it nowhere. */
export const canBeEnabled = (unit: UnitText): boolean => unit.settings.some(({ section }) => section === "Install");

/** What wipes a disk; a node applies its cloud-config at every boot, so that a unit with `command: start` does it every time. */
export const wipes = (unit: UnitText): boolean =>
  unit.settings.some(
    ({ section, key, value }) =>
      section === "Service" && key.startsWith("Exec") && /\b(mkfs(\.\w+)?|wipefs|sgdisk|mke2fs)\s/.test(value),
  ) && !unit.settings.some(({ key }) => key.startsWith("Condition") || key.startsWith("Assert") || key === "ExecCondition");

/** Sections that systemd skips in a unit of that type. `X-` sections are for others, such as fleet. */
export function strangeSections(name: string, unit: UnitText): readonly string[] {
  const own = SECTIONS[name.slice(name.lastIndexOf(".") + 1)];
  if (own === undefined) return [];
  const sections = new Set(unit.settings.map(({ section }) => section));
  return [...sections].filter((section) => !["Unit", "Install", ...own].includes(section) && !section.startsWith("X-"));
}
