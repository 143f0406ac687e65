/** Advice: the way to Azure. Network, proxy, certificates. */
import { type AdviceRow, type AzureFailure, found, rerun } from "./row.ts";

export const wayAdvice: readonly AdviceRow[] = [
  {
    code: "ProxyUnreachable",
    meaning: (failure) =>
      `The proxy${proxyIn(failure)} that ${variable(failure)} names does not answer; nothing was asked beyond it.`,
    advice: (failure, context) =>
      `Check ${variable(failure)}, and that the proxy runs; where no proxy is needed: \`unset ${variable(failure)}\`, or name the host in NO_PROXY. Then run \`${rerun(context)}\` again.`,
    retry: "transient",
  },
  {
    code: "ProxyAuthenticationRequired",
    meaning: "The proxy lets nobody through whom it does not know.",
    advice: (failure, context) =>
      `Set ${variable(failure)} to http://USER:PASSWORD@HOST:PORT (in the password / is %2F, @ is %40, : is %3A), then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "ProxySignInUnsupported",
    meaning: (failure) =>
      `The proxy wants a sign-in by ${found(failure, /a sign-in by ([\w ]+) \(407\)/) ?? "NTLM or Kerberos"}, of which this tool knows none: a password in the address does not help.`,
    advice: (failure, context) =>
      `Run a local proxy that signs in there (cntlm, px) and name it: \`export ${variable(failure)}=http://localhost:3128\`; or whoever runs the proxy lets this machine through without. Then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
  {
    code: "ProxyCannotConnect",
    meaning: "The proxy is there, and does not reach the server: its DNS, its own way out or the server is in trouble.",
    advice: (failure, context) =>
      `Run \`${rerun(context)}\` again: it goes on where it stopped. If it stays so, whoever runs the proxy (${variable(failure)}) sees in its log why.`,
    retry: "transient",
  },
  {
    code: "ProxyRefused",
    meaning: "The proxy is there, and does not let this through.",
    advice: (failure, context) =>
      `Whoever runs the proxy allows the host that is named; where it can be reached without, name it in NO_PROXY (${variable(failure)} stays). Then run \`${rerun(context)}\` again.`,
    retry: "no",
  },
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
    meaning: (failure) =>
      `The certificate of ${found(failure, /^([\w.-]+\.[a-z]+(?::\d+)?): /i) ?? "the server"} is not trusted: often a proxy that looks into the traffic, or a wrong clock.`,
    advice: "Set NODE_EXTRA_CA_CERTS to the CA file of your network, check the clock, and repeat the command.",
    retry: "no",
  },
];

/** "proxy.example:3128" */
const proxyIn = (failure: AzureFailure): string => (found(failure, /the proxy (\S+) \(/) ?? "").replace(/^(?=.)/, " ");

/** The variable of the environment that the proxy comes from. */
const variable = (failure: AzureFailure): string => found(failure, /\((\w+_proxy)\)/i) ?? "HTTPS_PROXY";
