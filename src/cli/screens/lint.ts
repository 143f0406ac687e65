/**
 * lint: what a node would refuse of a cloud-config, or silently ignore. The places of old files (`{0}`, `{1}`, `#DISCOVERY_URL`) are
 * filled in first, as create does: what is judged is what a node would get.
 */
import { pathExists } from "../../prepare/beside.ts";
import { readWhole, whyUnread } from "../../prepare/read-whole.ts";
import { EXIT, usageError } from "../../core/errors.ts";
import { schemaUri } from "../../core/schema-uri.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { file as fileText } from "../../core/spec/parse.ts";
import { checkUserData, checkUserDataFile, type Finding, type UserDataOptions } from "../../core/user-data/check.ts";
import { filledNotes } from "../../core/user-data/custom.ts";
import { formatFindings } from "../../core/user-data/lint.ts";
import { customFile, filledIn, gunzip } from "../../operations/create/custom-data.ts";
import { ownPath } from "../../operations/files/own-path.ts";
import type { Invocation } from "../invocation.ts";
import { printDocument } from "../print-document.ts";

/** Findings on stdout, one a line as compilers print them; exit code 1 when one of them is an error. */
export async function lint({ world, args, given }: Invocation): Promise<number> {
  const file = fileText(args[0] ?? "");
  const platform = given.platform ?? FLAGS.platform.default;
  const findings = findingsOf(await readBytes(ownPath(world, file), file), {
    platform,
    file,
    gunzip,
    isThere: (path) => pathExists(ownPath(world, path)),
  });
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  if (given.json === true) {
    printDocument(world, {
      $schema: schemaUri("lint"),
      schema: "azure-coreos-cluster/lint/1",
      file,
      platform,
      errors,
      warnings,
      findings,
    });
  } else {
    world.stdout.write(formatFindings(file, findings));
    world.stderr.write(`${file}: ${counted(errors, "error")}, ${counted(warnings, "warning")} (${platform})\n`);
  }
  return errors === 0 ? EXIT.done : EXIT.failed;
}

// --- internal ---

/** What stands for the values that create fills in adds no line and takes none away. */
function findingsOf(bytes: Uint8Array, options: UserDataOptions): readonly Finding[] {
  const file = customFile(bytes);
  const filled = filledIn(file, {
    name: "mycluster-coreos-0",
    discoveryUrl: "http://discovery.example/0123456789abcdef0123456789abcdef",
  });
  const findings = typeof filled === "string" ? checkUserData(filled, options) : checkUserDataFile(filled, options);
  return [...filledNotes(file.text ?? ""), ...findings].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

const counted = (count: number, what: string): string => `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;

async function readBytes(path: string, file: string): Promise<Uint8Array> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw usageError(`cannot read ${file}`, whyUnread(error));
  }
}
