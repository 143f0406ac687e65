/**
 * THE CLOUDS TABLE: where Azure Resource Manager is, who signs in, and for which audience a token is asked. The three belong
 * together: the SDK's own `cloudSetting` changes the first and leaves the last, so that a token of another cloud is sent.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";

export interface Cloud {
  readonly endpoint: string;
  readonly authority: string;
  /** The token's audience, as a scope. */
  readonly scope: string;
  readonly blobSuffix: string;
}

export const CLOUDS: Record<"AzureCloud" | "AzureUSGovernment" | "AzureChinaCloud", Cloud> = {
  AzureCloud: {
    endpoint: "https://management.azure.com",
    authority: "https://login.microsoftonline.com",
    scope: "https://management.azure.com/.default",
    blobSuffix: "blob.core.windows.net",
  },
  AzureUSGovernment: {
    endpoint: "https://management.usgovcloudapi.net",
    authority: "https://login.microsoftonline.us",
    scope: "https://management.usgovcloudapi.net/.default",
    blobSuffix: "blob.core.usgovcloudapi.net",
  },
  AzureChinaCloud: {
    endpoint: "https://management.chinacloudapi.cn",
    authority: "https://login.chinacloudapi.cn",
    scope: "https://management.chinacloudapi.cn/.default",
    blobSuffix: "blob.core.chinacloudapi.cn",
  },
};

export interface ArmEndpoint {
  readonly url: string;
  /** Absent on a loopback address over http: nobody signs in there. */
  readonly scope?: string;
}

/**
 * The ARM to talk to. Another https endpoint gets tokens made for itself: a token for Azure goes to Azure only.
 * Plain http is for loopback addresses.
 */
export function endpointOf(cloud: Cloud, armEndpoint: string | undefined): ArmEndpoint {
  if (armEndpoint === undefined) return { url: cloud.endpoint, scope: cloud.scope };
  const url = armEndpoint.replace(/\/+$/, "");
  if (new URL(url).protocol === "http:") {
    if (isLoopback(url)) return { url };
    throw new ClusterError("InsecureEndpoint", `--arm-endpoint ${url}: plain http is accepted for loopback addresses only`, {
      exit: EXIT.usage,
      advice: "A token sent over http can be read by anybody on the way. Use https, or 127.0.0.1.",
    });
  }
  return { url, scope: cloudAt(url)?.scope ?? `${new URL(url).origin}/.default` };
}

/**
 * The cloud whose Resource Manager answers at an https address: at the endpoint itself, or at a region's own host below it, which
 * Azure names in answers (https://westus.management.azure.com/..., as the ARM client's documentation shows it).
 */
export function cloudAt(address: string): Cloud | undefined {
  const { protocol, port, hostname } = new URL(address);
  if (protocol !== "https:" || port !== "") return undefined;
  return Object.values(CLOUDS).find((row) => {
    const { hostname: own } = new URL(row.endpoint);
    return hostname === own || (hostname.endsWith(`.${own}`) && REGION.test(hostname.slice(0, -own.length - 1)));
  });
}

/** One label: a region's name, with or without what Azure adds to it. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Whether an address that an answer names can be a blob of Azure's: over https, at a storage account of a cloud, in a DNS zone of its own
 * or not; on loopback where the endpoint is. Nothing but its own signature goes there, and never Resource Manager's token.
 */
export function isBlob(address: string, endpoint: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, port, hostname, username, password } = new URL(address);
  if (username !== "" || password !== "") return false;
  if (isLoopback(endpoint)) return isLoopback(address) && /^https?:$/.test(protocol);
  const cloud = cloudAt(endpoint);
  const suffixes = [...(cloud === undefined ? Object.values(CLOUDS) : [cloud]).map((one) => one.blobSuffix), ZONES];
  return protocol === "https:" && port === "" && suffixes.some((suffix) => hostname.endsWith(`.${suffix}`));
}

/** `ACCOUNT.z12.blob.storage.azure.net`, as accounts with DNS zones of their own are called. */
const ZONES = "blob.storage.azure.net";
