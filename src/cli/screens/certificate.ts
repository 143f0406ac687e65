/** generate-mgmt-cert: the certificate of a service principal, in the two files that the old script made. Nothing is asked of Azure. */
import { relative } from "node:path";
import { EXIT } from "../../core/errors.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import { generateManagementCertificate } from "../../prepare/management-certificate.ts";
import { parseSubject, subjectOf } from "../../prepare/subject.ts";
import { prose } from "../../report/wrap.ts";
import { openFolder } from "../../operations/files/folder.ts";
import type { Invocation } from "../invocation.ts";
import { shellWord } from "../../core/quoting.ts";

/** What is there is used, never overwritten. Files and thumbprint on stdout, the way to sign in with them on stderr. */
export async function generateManagementCertificateCommand({ world, given }: Invocation): Promise<number> {
  const dir = await openFolder(world, given.dir);
  const { subject, notes } =
    given.subject === undefined ? await subjectOf(dir) : { subject: parseSubject(given.subject), notes: [] };
  const certificate = await generateManagementCertificate(dir, {
    subject,
    bits: given.bits ?? subject.bits,
    days: given.days ?? FLAGS.days.default,
    now: world.clock.now(),
  });
  const [pem, cer] = [certificate.pemFile, certificate.cerFile].map((file) => relative(world.cwd, file));
  world.stdout.write(`${pem}\n${cer}\nthumbprint ${certificate.thumbprint}\nvalid until ${day(certificate.notAfter)}\n`);
  if (given.quiet === true) return EXIT.done;
  const ignored = (["subject", "bits", "days"] as const).filter((flag) => given[flag] !== undefined).map((flag) => `--${flag}`);
  const kept = `${pem} was there and is kept as it is${ignored.length === 0 ? "" : `, so ${ignored.join(", ")} had no effect`}. Move it and ${cer} away to make new ones.`;
  for (const note of [...notes, ...certificate.notes, ...(certificate.made ? [] : [kept])]) prose(world.stderr, `${note}\n`);
  prose(world.stderr, nextSteps(pem ?? "", cer ?? ""));
  return EXIT.done;
}

// --- internal ---

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** `az ad sp create-for-rbac` takes a PEM certificate, not the DER of the .cer: hence the upload. */
const nextSteps = (pem: string, cer: string): string => `
${pem} holds the private key: keep it to yourself. Once, to let it sign in:
  1. az ad sp create-for-rbac --name azure-coreos-cluster --role Contributor --scopes /subscriptions/ID and note "tenant" and "appId" of what it prints (the password is not needed).
  2. Upload ${cer} to that app registration: portal.azure.com, Microsoft Entra ID, App registrations, azure-coreos-cluster, Certificates & secrets, Certificates.
Then, each time:
  azure-coreos-cluster NAME --subscription ID --azure-cert ${shellWord(pem)} --tenant TENANT --client-id APPID
`;
