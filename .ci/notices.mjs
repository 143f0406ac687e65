// Whose work is in the bundle: dist/THIRD-PARTY.txt with every licence's own text, and dist/sbom.cdx.json, npm's own CycloneDX document
// cut down to what is bundled. No time and no random number in them: the same commit packs to the same bytes. After the bundle.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url).pathname;
const packages = JSON.parse(readFileSync(`${root}dist/packages.json`, "utf8")).map((folder) => {
  const { name, version, licenses, license = licenses?.[0].type } = JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"));
  const texts = readdirSync(root + folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(`${root}${folder}/${file}`, "utf8").replaceAll("\r\n", "\n").trim());
  if (!license && texts.length === 0) throw new Error(`${name} ${version} has no licence: it cannot be bundled`);
  return { id: `${name}@${version}`, license, texts };
});
// the one file of somebody else's that is no package says itself where it is from
const { $comment: schema } = JSON.parse(readFileSync(`${root}src/core/user-data/cloud-init/schema-cloud-config-v1.json`, "utf8"));
const sections = [...packages.map(({ id, license, texts }) => [`${id} (${license})`, ...texts].join("\n\n")), schema];
const line = `\n\n${"-".repeat(80)}\n\n`;
writeFileSync(
  `${root}dist/THIRD-PARTY.txt`,
  `${["What is bundled in azure-coreos-cluster, and under which licences.", ...sections].join(line)}\n`,
);

const ids = new Set(packages.map(({ id }) => id));
const sbom = JSON.parse(execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 }));
const kept = ({ "bom-ref": ref }) => ids.has(ref);
const licenseOf = new Map(packages.map(({ id, license }) => [id, license]));
sbom.components = sbom.components.filter(kept).map(({ scope: _, ...component }) => ({
  // npm does not look into the list that packages had once
  licenses: [{ license: { id: licenseOf.get(component["bom-ref"]) } }],
  ...component,
  // bundled: no longer anybody's development
  properties: component.properties?.filter(({ name }) => name !== "cdx:npm:package:development"),
}));
// npm takes the folder's name for it
sbom.metadata.component.name = "azure-coreos-cluster";
sbom.metadata.component.type = "application";
const self = sbom.metadata.component["bom-ref"];
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => ref === self || ids.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => ids.has(other)) }));
delete sbom.metadata.timestamp;
// which npm wrote it is nobody's business either: the same commit, the same document
delete sbom.metadata.tools;
delete sbom.serialNumber;
const missing = [...ids].filter((id) => !sbom.components.some(({ "bom-ref": ref }) => ref === id));
if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(", ")}`);
const digest = createHash("sha256").update(JSON.stringify(sbom)).digest("hex");
const uuid = [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join("-");
writeFileSync(`${root}dist/sbom.cdx.json`, `${JSON.stringify({ ...sbom, serialNumber: `urn:uuid:${uuid}` }, null, 1)}\n`);
