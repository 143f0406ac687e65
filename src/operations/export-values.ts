/** The files of an export that stay in the cluster's folder: they hold the nodes' keys, and go with the cluster. */
export const EXPORTED_VALUES = { arm: "export.parameters.json", terraform: "export.tfvars.json" } as const;
