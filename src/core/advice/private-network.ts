/** How the nodes of a private cluster are reached by somebody who is not in their network. Pure. */
import { shellWord } from "../quoting.ts";

/**
 * @param machineId ARM id of a node's machine: behind a tunnel of Azure Bastion it is the hop to the others
 * @see https://learn.microsoft.com/azure/bastion/native-client
 */
export const waysIn = (machineId: string, user: string): string =>
  "Run the same command on a machine in the network, or give --jump user@host, a machine there that lets you in. With Azure Bastion, in another terminal: " +
  `\`az network bastion tunnel --name BASTION --resource-group BASTION_GROUP --target-resource-id ${shellWord(machineId)} --resource-port 22 --port 2222\`, ` +
  `and here --jump ${user}@127.0.0.1:2222.`;
