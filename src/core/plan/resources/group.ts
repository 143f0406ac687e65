/** The resource group: the cluster's home, and what destroy deletes whole when the tool made it. */
import { defined } from "../../defined.ts";
import type { Design } from "../cluster.ts";
import type { Resource } from "../resource.ts";

export const resourceGroup = ({ facts, tags, group }: Design): Resource<"resourceGroup"> => ({
  kind: "resourceGroup",
  id: group,
  label: `resource group ${facts.group}`,
  dependsOn: [],
  body: { location: facts.location, tags: { ...tags, ...defined({ "aoc-expires": facts.expires }) } },
});
