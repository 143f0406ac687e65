/**
 * How requests to the blob service are signed, and the way to an open container. In this order: the SAS in the URL; a token of
 * the signed-in identity; and where that identity may manage the account but not touch its data, which is the rule for an
 * Owner, the account's key, fetched by `listKeys`. Keys live in the client only. The SDK is loaded at the first call.
 */
import { defined } from "../../core/defined.ts";
import type { TokenCredential } from "@azure/identity";
import type { ContainerClient, StoragePipelineOptions, StorageSharedKeyCredential } from "@azure/storage-blob";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type AgentOf, UNREAD_PROXY } from "../outward.ts";
import { blobError, blobErrorCode, blobErrorStatus } from "./blob-error.ts";
import type { ContainerLocation } from "./container.ts";

export interface ContainerAccess {
  location: ContainerLocation;
  /** The tool's credential; asked for `https://storage.azure.com/.default`, which is the audience in every cloud. Unused on loopback. */
  credential?: TokenCredential;
  /** One key of the account by management's listKeys, base64; undefined when that is not permitted. Called only when needed. */
  listKeys?: (account: string) => Promise<string | undefined>;
  /** False for an image that is there already: nothing is made, and a missing container is an error. True by default. */
  make?: boolean;
  /** The sockets of the run; absent: the SDK's own. */
  agentOf?: AgentOf;
  signal?: AbortSignal;
}

const AUDIENCE = "https://storage.azure.com/.default";
/** The SDK waits 0, 4, 12, 28 s between its tries, at connection errors, 500 and 503. A wrong name must not take that long. */
const PROBE: StoragePipelineOptions = { audience: AUDIENCE, retryOptions: { maxTries: 3 } };
const WORK: StoragePipelineOptions = { audience: AUDIENCE, retryOptions: { maxTries: 5, maxRetryDelayInMs: 30_000 } };

/**
 * A client of the container, proven to work and the container to exist (made when missing and `make`). Throws ClusterErrors:
 * exit 4 when neither token nor key may, with the role to ask for. The secret of a SAS or key is in no message.
 */
export async function openContainer(access: ContainerAccess): Promise<ContainerClient> {
  const { location, credential } = access;
  if (location.sas !== undefined) return open(access, undefined);
  if (location.loopback || credential === undefined) {
    const key = (await accountKey(access)) ?? (location.loopback ? await emulatorKey(location.account) : undefined);
    if (key !== undefined) return open(access, key);
    throw new ClusterError("NoCredential", `There is neither a sign-in nor a key for ${location.url}.`, {
      exit: EXIT.signIn,
      advice: location.loopback
        ? "Take Azurite's own account, devstoreaccount1, or give a SAS with the URL."
        : "Sign in (az login, or --azure-cert), or give a SAS with the URL.",
    });
  }
  try {
    return await open(access, credential);
  } catch (error) {
    // 403 with this code: signed in and known, but without a role on the data. Any other refusal a key would not cure.
    if (blobErrorCode(error) !== "AuthorizationPermissionMismatch") throw error;
    const key = await accountKey(access);
    if (key === undefined) throw error;
    return open(access, key);
  }
}

async function open(
  { location, make = true, agentOf, signal }: ContainerAccess,
  credential: TokenCredential | StorageSharedKeyCredential | undefined,
): Promise<ContainerClient> {
  const { ContainerClient } = await import("@azure/storage-blob");
  const url = location.sas === undefined ? location.url : `${location.url}?${location.sas}`;
  // the SDK passes an agent on; its types do not say so
  const way = agentOf === undefined ? {} : { agent: agentOf(location.url), proxyOptions: UNREAD_PROXY };
  const probe = new ContainerClient(url, credential, { ...PROBE, ...way });
  const abort = defined({ abortSignal: signal });
  try {
    if (make) await probe.createIfNotExists(abort);
    else if (location.sas === undefined) await probe.getProperties(abort);
  } catch (error) {
    // "A SAS of a container or blob cannot make a container": let it try the blob, which is what it is for.
    if (location.sas === undefined || blobErrorStatus(error) !== 403)
      throw blobError(error, `Opening the container ${location.url}`, signal);
  }
  return new ContainerClient(url, credential, { ...WORK, ...way });
}

async function accountKey({ location, listKeys }: ContainerAccess): Promise<StorageSharedKeyCredential | undefined> {
  const key = await listKeys?.(location.account);
  if (key === undefined) return undefined;
  const { StorageSharedKeyCredential } = await import("@azure/storage-blob");
  return new StorageSharedKeyCredential(location.account, key);
}

/** That of the emulator's own account, which is public and which the SDK knows; undefined for any other. */
async function emulatorKey(account: string): Promise<StorageSharedKeyCredential | undefined> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import("@azure/storage-blob");
  const { credential } = BlobServiceClient.fromConnectionString("UseDevelopmentStorage=true");
  return credential instanceof StorageSharedKeyCredential && credential.accountName === account ? credential : undefined;
}
