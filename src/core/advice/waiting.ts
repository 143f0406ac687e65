/** Advice: what may pass. Too many requests, another operation on the same resource, a fault of Azure's own. */
import { type AdviceRow, rerun } from "./row.ts";

export const waitingAdvice: readonly AdviceRow[] = [
  {
    // Compute says this with its 429; without the text the same code means quota or a state that forbids it.
    code: "OperationNotAllowed",
    text: /too many requests|throttl/i,
    meaning: "Azure limits how many requests a subscription may send, and the limit was reached.",
    advice: (_, context) => `Wait some minutes and run \`${rerun(context)}\` again: it goes on where it stopped.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    retry: "throttle",
  },
  {
    code: ["TooManyRequests", "SubscriptionRequestsThrottled", "ResourceRequestsThrottled"],
    meaning: "Azure limits how many requests a subscription may send, and the limit was reached.",
    advice: (_, context) => `Wait some minutes and run \`${rerun(context)}\` again: it goes on where it stopped.`,
    link: "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    retry: "throttle",
  },
  {
    code: "NicReservedForAnotherVm",
    meaning: "Azure keeps a network interface for 180 seconds after a machine on it failed or was deleted.",
    advice: (_, context) => `Wait three minutes and run \`${rerun(context)}\` again.`,
    retry: "contention",
    patienceMs: 180_000,
  },
  {
    code: [
      "AnotherOperationInProgress",
      "RequestConflict",
      "*RetryableError",
      "RetryableErrorDueToAnotherOperation",
      "ReferencedResourceNotProvisioned",
      "CanceledAndSupersededDueToAnotherOperation",
      "OperationPreempted",
      // of a disk that a machine has let go of, or that went with it, a moment ago
      "AttachDiskWhileBeingDetached",
    ],
    meaning: "Another operation was working on the same resource, or on one that it needs.",
    advice: (_, context) =>
      `Let it finish, then run \`${rerun(context)}\` again. Somebody else may be changing the cluster at the same time.`,
    retry: "contention",
  },
  {
    // the second is this tool's word for an end without a code
    code: ["Canceled", "OperationCanceled"],
    meaning: "Azure ended an operation before it was done: another one took its place, or somebody cancelled it.",
    advice: (_, context) =>
      `Run \`${rerun(context)}\` again: it goes on where it stopped. The activity log in the portal says who cancelled it.`,
    retry: "contention",
  },
  {
    // the last: interfaces and balancers are refused so while a machine on them goes
    code: ["Conflict", "OperationNotAllowed"],
    text: /concurrent request|another operation|in progress|ongoing operation|is not terminal|marked for deletion/i,
    meaning: "Another request was changing or deleting the same resource, or one that it is tied to.",
    advice: (_, context) => `Let it finish, then run \`${rerun(context)}\` again.`,
    retry: "contention",
  },
  {
    // Azure's published lists have some forty codes of this form
    code: [
      "*Internal*Error",
      "GatewayTimeout",
      "BadGateway",
      "ServiceUnavailable",
      "ServerBusy",
      "ServerTimeout",
      "OperationTimedOut",
      "RequestTimeout",
      "StorageAccountTooBusy",
    ],
    meaning: "Azure had a fault of its own.",
    advice: (_, context) => `Run \`${rerun(context)}\` again in some minutes; https://status.azure.com tells of outages.`,
    retry: "transient",
  },
  {
    // this tool's own word for an answer that was cut short
    code: "EmptyAnswer",
    meaning: "Azure's answer came with nothing in it: it was lost on the way, or Azure had a fault of its own.",
    advice: (_, context) => `Run \`${rerun(context)}\` again: it looks what was done, and goes on from there.`,
    retry: "transient",
  },
  {
    // whatever the code: what Azure asks to be sent again is sent again
    code: "*",
    text: /^(?!allocation failed\b)[^]*(?:\b(re-?try|try again)\b[^.]{0,40}\b(later|shortly|after|when|in (a|some|\d+))\b|\bplease retry\b(?! with)|\bcan be retried\b)/i,
    meaning: "Azure says that this may pass; its own words stand below.",
    advice: (_, context) => `Run \`${rerun(context)}\` again in some minutes; https://status.azure.com tells of outages.`,
    retry: "transient",
  },
];
