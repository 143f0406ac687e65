/** Names another price list than Azure's, https or http on this machine, or `none`. No flag: whoever needs it needs it for every command. */
export const PRICES_URL = "AZURE_COREOS_CLUSTER_PRICES_URL";
