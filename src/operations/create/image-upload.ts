/**
 * The way of an image VHD into Azure: the container's checks, before anything is written, and the upload, when the image's turn has come.
 * Where no blob service can be reached (a rehearsal) everything but the bytes is done. Keys and signatures are in no event.
 */
import { defined } from "../../core/defined.ts";
import type { ContainerClient } from "@azure/storage-blob";
import type { StorageAccount } from "@azure/arm-storage";
import { IMAGE_CONTAINER } from "../../azure/vhd/account.ts";
import { type ContainerLocation, parseContainerUrl } from "../../azure/vhd/container.ts";
import { openContainer } from "../../azure/vhd/credentials.ts";
import type { VhdSurvey } from "../../azure/vhd/survey.ts";
import { uploadVhd } from "../../azure/vhd/upload.ts";
import { ClusterError, usageError } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { blobContainer, storageAccount } from "../../core/plan/resources/storage.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { converge } from "../../engine/converge.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { accountKey, checkRegion } from "./image-account.ts";
import type { Run } from "../run.ts";

/** A storage account of the tool's own, that is yet to be made. */
export interface OwnAccount {
  readonly account: string;
  /** `/subscriptions/S/resourceGroups/G` */
  readonly group: string;
  readonly location: string;
  readonly cluster: string;
  readonly tags: Tags;
}

/** Whether there is a blob service behind the URL: always on this machine (Azurite), elsewhere not in a rehearsal. */
export const reaches = ({ simulated, credential }: Run, { loopback, sas }: ContainerLocation): boolean =>
  loopback || (!simulated && (sas !== undefined || credential !== undefined));

/**
 * Refuses a container that the image cannot come from: of another cloud, in another region, or not to be opened. Reads only.
 * Throws ClusterErrors, exit 2, 4 or 5.
 */
export async function checkContainer(
  run: Run,
  container: ContainerLocation,
  wanted: { cloud: FlagValues["cloud"]; location: string; mayBeMissing: boolean },
): Promise<void> {
  if (container.cloud !== undefined && container.cloud !== wanted.cloud)
    throw usageError(
      `${container.url} is in ${container.cloud}, and --cloud is ${wanted.cloud}`,
      "Give a container of the same cloud.",
    );
  if (container.loopback && run.credential !== undefined)
    throw usageError(
      `Azure cannot take an image from ${container.url}, which is on this machine`,
      "Give a container of a storage account in Azure.",
    );
  if (!container.loopback) await checkRegion(run, container, wanted.location);
  if (!wanted.mayBeMissing || !reaches(run, container)) return;
  try {
    await openImageContainer(run, container);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== "ContainerNotFound") throw error;
  }
}

export const openImageContainer = (run: Run, location: ContainerLocation): Promise<ContainerClient> =>
  openContainer({ ...containerOf(run, location), make: false });

/**
 * Uploads the VHD, into a container that is made when it is missing. Goes on where an earlier run stopped. Returns the blob's URL,
 * undefined where there is no blob service to upload to.
 */
export async function stageVhd(
  run: Run,
  vhd: VhdSurvey,
  target: ContainerLocation | OwnAccount,
  onMake: (account: string) => void,
): Promise<string | undefined> {
  const location = "url" in target ? target : await makeAccount(run, target, onMake);
  if (!reaches(run, location)) {
    run.emit({
      ...ABOUT,
      kind: "note",
      message: `${vhd.file} was not uploaded to ${location.url}: no Azure is there, it is taken as if it had been.`,
    });
    return undefined;
  }
  const step = steps();
  const { url } = await uploadVhd({
    vhd,
    container: await openContainer({ ...containerOf(run, location), make: true }),
    // bytes take real time, in a rehearsal too
    clock: run.simulated ? run.outside.clock : run.clock,
    signal: stopSignal(run),
    onWait: () => run.emit({ ...ABOUT, kind: "phase", detail: "waiting for another upload of the same file" }),
    onProgress: ({ done, total, skipped }) => {
      const detail = step(done - skipped, total - skipped);
      if (detail !== undefined) run.emit({ ...ABOUT, kind: "phase", detail });
    },
  });
  return url;
}

// --- internal ---

const containerOf = (run: Run, location: ContainerLocation): Omit<Parameters<typeof openContainer>[0], "make"> => ({
  location,
  agentOf: run.wayOut.agentOf,
  listKeys: (account) => accountKey(run, account),
  signal: stopSignal(run),
  ...defined({ credential: run.credential }),
});

const ABOUT = { id: "image-upload", label: "image upload" } as const;

/** An upload can take an hour and goes on where it stopped: the first Ctrl-C ends it. */
const stopSignal = ({ stop, tools }: Run): AbortSignal => AbortSignal.any([stop, tools.signal]);

/** Account and container in the cluster's group, with its tags: they go when the cluster goes. */
async function makeAccount(
  run: Run,
  { account, cluster, ...home }: OwnAccount,
  onMake: (account: string) => void,
): Promise<ContainerLocation> {
  const { tools } = run;
  const resource = storageAccount(home, account);
  const observed = (await getPatiently(resource, tools)) ?? null;
  // before it is asked for: of what is broken off here Azure may make it all the same
  if (observed === null) onMake(resource.id);
  await converge(resource, tools, { cluster, observed });
  await converge(blobContainer(home, resource, IMAGE_CONTAINER), tools, { cluster });
  const live = await getPatiently(resource, tools);
  const endpoint = (live?.model as StorageAccount | undefined)?.primaryEndpoints?.blob;
  if (endpoint === undefined)
    throw new ClusterError("NoBlobEndpoint", `Azure does not say where the blobs of ${account} are`, {
      source: "azure",
      advice: "Run the same command again.",
    });
  return parseContainerUrl(`${endpoint.replace(/\/$/, "")}/${IMAGE_CONTAINER}`);
}

/** "uploaded 12 of 300 MiB", at the start, at every tenth, and at the end; undefined in between. */
function steps(): (sent: number, total: number) => string | undefined {
  let last = -1;
  const mib = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
  return (sent, total) => {
    const tenth = total === 0 ? 10 : Math.floor((10 * sent) / total);
    if (tenth === last) return undefined;
    last = tenth;
    return total === 0 ? "there already" : `uploaded ${mib(sent)} of ${mib(total)} MiB`;
  };
}
