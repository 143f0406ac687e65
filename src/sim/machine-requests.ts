/** What machines answer beside GET and PUT: power, instance view, boot diagnostics. */
import { defined } from "../core/defined.ts";
import { refuse } from "./arm-error.ts";
import { keyOf } from "./arm-id.ts";
import type { StoredResource } from "./cloud-index.ts";
import { clone, dig, type JsonValue, listIn, object, propertiesOf, textIn } from "./json.ts";
import type { Timing } from "./kind.ts";
import { checkLocks } from "./locks.ts";
import { answer, type SimAnswer } from "./message.ts";
import { operationHeaders, beginOperation, setState } from "./operation.ts";
import { groupEntry } from "./request-checks.ts";
import { type Desk, type RequestTarget } from "./resource-requests.ts";
import { isSpotMachine } from "./rules/machine-spot.ts";

interface Power {
  readonly during: string;
  readonly after: string;
  /** Refused for a machine that is deallocated. */
  readonly needsPower?: boolean;
  readonly timing: Timing;
}

const timing = (seconds: readonly [number, number], retry?: number, poll?: number): Timing => ({
  status: 202,
  seconds,
  header: "both",
  ...defined({ retry }),
  ...(poll === undefined ? {} : { poll, once: true }),
});

/** Recorded: Retry-After of each; the seconds are medians, shortened by the client's own step. */
const POWER: Record<string, Power> = {
  start: { during: "starting", after: "running", timing: timing([20, 35], 10, 9) },
  restart: { during: "running", after: "running", needsPower: true, timing: timing([20, 30]) },
  poweroff: { during: "stopping", after: "stopped", timing: timing([20, 30]) },
  deallocate: { during: "deallocating", after: "deallocated", timing: timing([40, 90], 10, 36) },
  redeploy: { during: "starting", after: "running", timing: timing([60, 120], 10, 36) },
  reapply: { during: "running", after: "running", timing: timing([10, 20], 10, 9) },
};

/** The action after a machine's id, or undefined when it is none that is known. */
export function answerMachine(desk: Desk, target: RequestTarget, action: string): SimAnswer | undefined {
  const { cloud, call, running, doom } = desk;
  groupEntry(cloud, target.subscription, target.group.split("/").at(-1) ?? "");
  const entry = cloud.get(target.id);
  if (entry === undefined) {
    return refuse(404, "ResourceNotFound", `The Resource '${target.kind.type}/${target.name}' was not found.`);
  }
  const name = action.toLowerCase();
  if (name === "instanceview" && call.method === "GET") return answer(200, instanceView(entry, cloud.now()));
  if (call.method !== "POST") return undefined;
  if (name === "retrievebootdiagnosticsdata") {
    if (dig(entry.resource, "properties", "diagnosticsProfile", "bootDiagnostics", "enabled") !== true) {
      refuse(409, "OperationNotAllowed", `Boot diagnostics is not enabled for the VM '${entry.name}'.`);
    }
    const base = `${call.origin}/simulated/boot${entry.id}`;
    return answer(200, {
      consoleScreenshotBlobUri: `${base}/screenshot.bmp`,
      serialConsoleLogBlobUri: `${base}/serialconsole.log`,
    });
  }
  if (name === "simulateeviction") return evict(desk, target, entry);
  const power = POWER[name];
  if (power === undefined) return undefined;
  checkLocks(cloud, entry.id, "write");
  if (entry.operation !== undefined) {
    refuse(409, "Conflict", "The request failed due to conflict with a concurrent request.");
  }
  if (power.needsPower === true && entry.hidden["power"] === "deallocated") {
    refuse(409, "OperationNotAllowed", "The operation requires the VM to be running (or set to run).");
  }
  const powerBefore = textIn(entry.hidden["power"]);
  entry.hidden["power"] = power.during;
  propertiesOf(entry.resource)["provisioningState"] = "Updating";
  const operation = beginOperation(cloud, entry, {
    verb: "power",
    namespace: "Microsoft.Compute",
    timing: power.timing,
    power: power.after,
    ...defined({ powerBefore, error: doom }),
  });
  running.add(operation.id);
  return answer(202, undefined, operationHeaders(call, entry, operation, power.timing));
}

/**
 * Azure's own way to try an eviction: 204, and some time later the machine goes, or stands still, as its policy says. Azure takes up to
 * half an hour for that; here it begins at once. The refusal's code is a guess.
 */
function evict({ cloud, running }: Desk, { kind }: RequestTarget, entry: StoredResource): SimAnswer {
  if (!isSpotMachine(entry.resource))
    refuse(
      409,
      "OperationNotAllowed",
      `Simulate eviction is supported only for Azure Spot Virtual Machines; '${entry.name}' is none.`,
    );
  const goes = propertiesOf(entry.resource)["evictionPolicy"] === "Delete";
  const { during, after, timing: still } = POWER["deallocate"]!;
  if (!goes) entry.hidden["power"] = during;
  setState(entry, kind, goes ? "Deleting" : "Updating");
  const namespace = "Microsoft.Compute";
  const operation = goes
    ? beginOperation(cloud, entry, { verb: "delete", namespace, timing: kind.remove })
    : beginOperation(cloud, entry, { verb: "power", namespace, timing: still, power: after });
  running.add(operation.id);
  return answer(204);
}

/** A GET with `$expand=instanceView`. */
export function withInstanceView(resource: JsonValue, entry: StoredResource, now: number): JsonValue {
  const copy = clone(resource);
  object(copy["properties"])["instanceView"] = instanceView(entry, now);
  return copy;
}

/** As the agent says it, by the image's publisher. */
const OS_NAMES: Readonly<Record<string, string>> = { canonical: "ubuntu", debian: "debian" };

function instanceView(entry: StoredResource, now: number): JsonValue {
  const properties = propertiesOf(entry.resource);
  const state = textIn(properties["provisioningState"]) ?? "Succeeded";
  const power = textIn(entry.hidden["power"]);
  const time = new Date(entry.changed).toISOString();
  const status = (code: string, displayStatus: string, level = "Info"): JsonValue => ({ code, level, displayStatus, time });
  const storage = object(properties["storageProfile"]);
  const disks = [object(storage["osDisk"]), ...listIn(storage["dataDisks"])].filter((disk) => disk["name"] !== undefined);
  const failure = state === "Failed" ? textIn(entry.hidden["failure"]) : undefined;
  // the agent runs where only an extension has failed
  const ready = power === "running" && (state === "Succeeded" || failure?.startsWith("VMExtension") === true);
  return {
    ...(ready
      ? {
          computerName: dig(properties, "osProfile", "computerName"),
          osName: OS_NAMES[keyOf(textIn(dig(properties, "storageProfile", "imageReference", "publisher")) ?? "")] ?? "flatcar",
          vmAgent: {
            vmAgentVersion: "2.9.1.1",
            statuses: [
              {
                ...status("ProvisioningState/succeeded", "Ready"),
                message: "Guest Agent is running",
                time: new Date(now).toISOString(),
              },
            ],
          },
        }
      : {}),
    disks: disks.map((disk) => ({
      name: disk["name"],
      statuses: [status("ProvisioningState/succeeded", "Provisioning succeeded")],
    })),
    bootDiagnostics: {},
    hyperVGeneration: "V2",
    statuses: [
      status(
        `ProvisioningState/${keyOf(state)}${failure === undefined ? "" : `/${failure}`}`,
        `Provisioning ${keyOf(state)}`,
        state === "Failed" ? "Error" : "Info",
      ),
      ...(power === undefined ? [] : [status(`PowerState/${power}`, `VM ${power}`)]),
    ],
  };
}
