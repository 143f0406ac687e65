/** Advice: the way to Azure. Network, proxy, certificates. */
import { type AdviceRow, found } from "./row.ts";

export const wayAdvice: readonly AdviceRow[] = [
  {
    code: ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"],
    meaning: (failure) =>
      `The name ${found(failure, /(?:ENOTFOUND|EAI_AGAIN)\s+([\w.-]+)/) ?? "of the server"} was not found: no network, or a DNS fault.`,
    advice: "Check the network and the proxy (HTTPS_PROXY, NO_PROXY), then repeat the command: it goes on where it stopped.",
    retry: "transient",
  },
  {
    code: ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN"],
    meaning: (failure) =>
      `Nothing answers at ${found(failure, /(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\s+([\w.:[\]-]+)/) ?? "the address"}.`,
    advice:
      "Check the network, the proxy (HTTPS_PROXY, NO_PROXY) and --arm-endpoint, then repeat the command: it goes on where it stopped.",
    retry: "transient",
  },
  {
    code: [
      "ECONNRESET",
      "ECONNABORTED",
      "EPIPE",
      "ETIMEDOUT",
      "ESOCKETTIMEDOUT",
      "UND_ERR_*",
      "ERR_STREAM_PREMATURE_CLOSE",
      "ERR_HTTP2_*",
      "REQUEST_SEND_ERROR",
      "PARSE_ERROR",
    ],
    meaning: "The connection broke, or no answer came in time.",
    advice:
      "Repeat the command: it goes on where it stopped. If it stays so, check the network and the proxy (HTTPS_PROXY, NO_PROXY).",
    retry: "transient",
  },
  {
    code: ["UNABLE_TO_*", "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_*", "ERR_TLS_CERT_ALTNAME_INVALID"],
    meaning: "The server's certificate is not trusted: often a proxy that looks into the traffic, or a wrong clock.",
    advice: "Set NODE_EXTRA_CA_CERTS to the CA file of your network, check the clock, and repeat the command.",
    retry: "no",
  },
];
