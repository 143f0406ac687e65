/**
 * Units and drop-ins that `write_files` puts where systemd looks: a unit is a unit, whoever writes it. Decoding is for the checks of the two
 * programs that write files.
 */
import { defined } from "../../defined.ts";
import { warning, type Finding } from "./finding.ts";
import { valueAt, type Mapping, type Tree } from "./tree.ts";
import type { UnitSource } from "./unit-source.ts";
import { parseUnit, UNIT_TYPES } from "./unit-text.ts";

/** @param decode what is written; undefined where nobody can look into it, or where only a part of the file is written */
export function writtenUnits(root: Mapping, decode: (file: Mapping) => string | undefined): readonly UnitSource[] {
  const files = valueAt(root, "write_files");
  if (files?.kind !== "list") return [];
  const found = files.items.flatMap((file, index): readonly (UnitSource & { file: string })[] => {
    const path = file.kind === "map" ? valueAt(file, "path") : undefined;
    if (file.kind !== "map" || path?.kind !== "scalar") return [];
    const [, unit, dropIn] = PLACE.exec(path.text) ?? [];
    if (unit === undefined) return [];
    const content = valueAt(file, "content");
    const scalar = content?.kind === "scalar" ? content : path;
    const isPlain = valueAt(file, "encoding") === undefined;
    return [
      {
        unit,
        ...defined({ dropIn }),
        text: decode(file),
        path: `write_files[${index}].content`,
        line: scalar.line,
        literal: scalar.literal && isPlain,
        file: path.text,
      },
    ];
  });
  const partly = new Set(found.filter(({ text }) => text === undefined).map(({ file }) => file));
  return found.map((source) =>
    partly.has(source.file) ? { ...source, text: undefined } : { ...source, edited: isEdited(root, source.file) },
  );
}

/** The file is there, and is nothing to systemd: one of variables, or a copy, may be meant. */
export const checkWrittenNames = (sources: readonly UnitSource[]): readonly Finding[] =>
  sources.flatMap(({ unit, dropIn, file, line, path, text = "" }) => {
    const { problems, settings } = parseUnit(text);
    const isRenamed = RENAMED.test(dropIn ?? unit);
    if (isRenamed || problems.length > 0 || settings.length === 0) return [];
    return dropIn === undefined
      ? [warning(line, path, `${file}: systemd knows no unit of this name`, NAMES)]
      : [warning(line, path, `${file}: systemd ignores the drop-in`, "Its name must end in .conf.")];
  });

/** What systemd reads by its name. */
export const isRead = ({ unit, dropIn }: UnitSource): boolean =>
  UNIT_TYPES.includes(unit.slice(unit.lastIndexOf(".") + 1)) && (dropIn === undefined || dropIn.endsWith(".conf"));

export const NAMES = `It must end in one of .${UNIT_TYPES.join(" .")}.`;

// --- internal ---

/** systemd.unit(5), "Unit File Load Path", and that of systemd.network(5). */
const PLACE = /^\/(?:etc|run|lib|usr\/lib|usr\/local\/lib)\/systemd\/(?:system|network)\/([^/]+?)(?:\.d\/([^/]+))?$/;

/** So that systemd passes over it: x.service.disabled. */
const RENAMED = new RegExp(`\\.(${UNIT_TYPES.join("|")}|conf)\\W`);

/** What fills in a file that is there: then it is not what systemd reads. */
const EDITS = /\b(sed|perl|awk|envsubst|python3?|crudini|tee|cp|mv|install|ln|curl|wget)\b|>/;

const isEdited = (root: Mapping, file: string): boolean =>
  textsIn(root).some((text) => text.includes(file) && text !== file && EDITS.test(text));

/** Every text; a list of them is one, as the words of a command are. @param depth an alias may lead back */
function textsIn(tree: Tree, depth = 12): readonly string[] {
  if (tree.kind === "scalar") return [tree.text];
  if (depth === 0) return [];
  if (tree.kind === "map") return tree.entries.flatMap(({ value }) => textsIn(value, depth - 1));
  const words = tree.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : []));
  return words.length === tree.items.length
    ? [words.join(" "), ...words]
    : tree.items.flatMap((item) => textsIn(item, depth - 1));
}
