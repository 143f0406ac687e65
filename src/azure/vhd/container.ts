/**
 * Where image VHDs go: reads `--blob-container-url`, and the URL of a `.vhd` that lies in Azure already. A shared access
 * signature in the query is a secret: it is kept out of `url`, of what is printed or serialised, and of every error text.
 */
import { bareAddress } from "../../core/bare-address.ts";
import { type ClusterError, usageError } from "../../core/errors.ts";

export interface ContainerLocation {
  account: string;
  container: string;
  /** Of the container: no query, no slash at the end. Safe to show. */
  url: string;
  /** An emulator on this machine: no sign-in with a token, the account's key instead. */
  loopback: boolean;
  /** The cloud that the host name belongs to; undefined on loopback and for hosts that do not tell. */
  cloud: "AzureCloud" | "AzureUSGovernment" | "AzureChinaCloud" | undefined;
  /** The query of the URL when it carries a signature. Secret; not enumerable, so that neither JSON nor a log shows it. */
  readonly sas: string | undefined;
}

export interface BlobLocation {
  container: ContainerLocation;
  blob: string;
}

/** Suffixes behind `ACCOUNT.blob.`; those of the sovereign clouds are guesses of facts that no recording has shown. */
const SUFFIXES = {
  "core.windows.net": "AzureCloud",
  "core.usgovcloudapi.net": "AzureUSGovernment",
  "core.chinacloudapi.cn": "AzureChinaCloud",
} as const;

const EXAMPLE = "https://ACCOUNT.blob.core.windows.net/CONTAINER/";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Reads the URL of a container: `https://ACCOUNT.blob.SUFFIX/CONTAINER/`, with or without the last slash, or path-style
 * `http://127.0.0.1:10000/ACCOUNT/CONTAINER` on loopback for Azurite. Everything else is a usage error that says what to give.
 */
export function parseContainerUrl(text: string): ContainerLocation {
  const { location, rest } = split(text, "--blob-container-url");
  if (rest.length > 0)
    throw wrong(
      "--blob-container-url",
      text,
      "it names something inside a container",
      "Leave it out: only the container is given",
    );
  return location;
}

/** Reads the URL of a blob that lies in Azure already, as given to `--coreos-image`. Errors as `parseContainerUrl`. */
export function parseBlobUrl(text: string): BlobLocation {
  const { location, rest } = split(text, "--coreos-image");
  const blob = rest.join("/");
  if (blob === "") throw wrong("--coreos-image", text, "it names a container and no blob", `Give ${EXAMPLE}FILE.vhd`);
  return { container: location, blob };
}

function split(text: string, flag: string): { location: ContainerLocation; rest: string[] } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw wrong(flag, text, "it is no URL", `Give ${EXAMPLE}`);
  if (url.username !== "" || url.password !== "")
    throw wrong(
      flag,
      text,
      "it has a user name or password",
      "Leave them out; sign-in is by the credential of the tool, or by a SAS in the query",
    );
  if (url.hash !== "") throw wrong(flag, text, "it has a fragment", "Leave out everything from # on");
  const segments = pathOf(url, flag, text);
  const loopback = LOOPBACK.has(url.hostname);
  if (!loopback && url.protocol !== "https:")
    throw wrong(flag, text, "only https is safe outside this machine", "Write https://");
  if (loopback && !["http:", "https:"].includes(url.protocol))
    throw wrong(flag, text, "it is neither http nor https", "Write http://");
  const host = loopback ? { account: segments.shift() ?? "", cloud: undefined } : accountOf(url, flag, text);
  if (!/^[a-z0-9]{3,24}$/.test(host.account))
    throw wrong(
      flag,
      text,
      `"${host.account}" is no name of a storage account (3 to 24 lower-case letters and digits)`,
      `Give ${loopback ? "http://127.0.0.1:10000/ACCOUNT/CONTAINER" : EXAMPLE}`,
    );
  const container = segments.shift() ?? "";
  if (container === "")
    throw wrong(flag, text, "it names no container", `Give ${loopback ? "http://127.0.0.1:10000/ACCOUNT/CONTAINER" : EXAMPLE}`);
  if (!/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(container))
    throw wrong(
      flag,
      text,
      `"${container}" is no name of a container`,
      "3 to 63 lower-case letters, digits and single dashes, a letter or digit at both ends",
    );
  if (url.search !== "" && !url.searchParams.has("sig"))
    throw wrong(flag, text, "its query is no shared access signature", "Leave out everything from ? on, or give a complete SAS");
  const base = loopback ? `${url.origin}/${host.account}/${container}` : `${url.origin}/${container}`;
  const location = { account: host.account, container, url: base, loopback, cloud: host.cloud };
  const sas = url.search === "" ? undefined : url.search.slice(1);
  return {
    location: Object.defineProperty(location, "sas", { value: sas, enumerable: false }) as ContainerLocation,
    rest: segments,
  };
}

/** Segments of the path, decoded; one slash at the end is nothing, an empty segment elsewhere stays and is refused later. */
function pathOf(url: URL, flag: string, text: string): string[] {
  try {
    return url.pathname.slice(1).replace(/\/$/, "").split("/").map(decodeURIComponent);
  } catch {
    throw wrong(flag, text, "its path is badly encoded", "Write % as %25");
  }
}

function accountOf(url: URL, flag: string, text: string): { account: string; cloud: ContainerLocation["cloud"] } {
  const [account = "", ...rest] = url.hostname.split(".");
  const domain = rest.join(".");
  for (const [suffix, cloud] of Object.entries(SUFFIXES)) {
    if (domain === `blob.${suffix}`) return { account, cloud };
    if (domain === `privatelink.blob.${suffix}`)
      throw wrong(flag, text, "it is the name of a private link", `Write ${account}.blob.${suffix}; DNS does the rest`);
    const service = ["dfs", "file", "queue", "table", "web"].find((word) => domain === `${word}.${suffix}`);
    if (service !== undefined)
      throw wrong(flag, text, `it is the account's ${service} service`, `Page blobs need ${account}.blob.${suffix}`);
  }
  // Accounts with Azure DNS zone endpoints: ACCOUNT.z12.blob.storage.azure.net.
  if (/^z\d+\.blob\.storage\.azure\.net$/.test(domain)) return { account, cloud: "AzureCloud" };
  const advice =
    flag === "--coreos-image"
      ? "Download the image, unpack it, and give the file; or give the URL of a page blob"
      : `Give ${EXAMPLE}`;
  throw wrong(flag, text, `${url.hostname} is no host of Azure Blob Storage`, advice);
}

/** The message shows neither query nor password. */
function wrong(flag: string, text: string, why: string, advice: string): ClusterError {
  return usageError(`${flag} ${bareAddress(text)}: ${why}.`, `${advice}.`);
}
