/** The clouds of Azure by name, and by the address where one signs in to each: AZURE_AUTHORITY_HOST, which AKS puts into every pod. */
import { usageError } from "../errors.ts";
import { choice } from "./flag.ts";
import { type Parse, accepting } from "./parse.ts";

/** Azure's own variable for where one signs in. */
export const AUTHORITY_HOST = "AZURE_AUTHORITY_HOST";

const NAMES = choice("AzureCloud", "AzureUSGovernment", "AzureChinaCloud");
type CloudName = (typeof NAMES.values)[number];

/** With the older names that Entra still answers to: learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const AUTHORITIES: Readonly<Record<string, CloudName>> = {
  "login.microsoftonline.com": "AzureCloud",
  "login.microsoft.com": "AzureCloud",
  "login.windows.net": "AzureCloud",
  "sts.windows.net": "AzureCloud",
  "login.microsoftonline.us": "AzureUSGovernment",
  "login.usgovcloudapi.net": "AzureUSGovernment",
  "login.chinacloudapi.cn": "AzureChinaCloud",
  "login.partner.microsoftonline.cn": "AzureChinaCloud",
};

/** The cloud that is signed in to at this address or host. */
export function cloudOfAuthority(text: string): CloudName | undefined {
  const address = text.includes("://") ? text : `https://${text}`;
  return URL.canParse(address) ? AUTHORITIES[new URL(address).hostname] : undefined;
}

/** An address, and of no cloud that is known: Azure Stack, AD FS. */
export const isStrangeAuthority = (text: string): boolean => /:\/\/|\./.test(text) && cloudOfAuthority(text) === undefined;

/** The columns of --cloud: a name, or as its variable has it. */
export const clouds = {
  ...NAMES,
  parse: accepting({ type: "string", enum: NAMES.values }, (text): CloudName => {
    const cloud = cloudOfAuthority(text.trim());
    if (cloud !== undefined) return cloud;
    if (!isStrangeAuthority(text)) return NAMES.parse(text);
    throw usageError(
      `one signs in at ${text} to no cloud that this tool knows`,
      `\`unset ${AUTHORITY_HOST}\`, or give --cloud ${NAMES.values.join(" or ")}.`,
    );
  }) satisfies Parse<CloudName>,
};
