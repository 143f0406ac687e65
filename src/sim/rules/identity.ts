/** User-assigned managed identities: made at once, looked for when a machine is to have them, shown with whom they are. */
import { refuse } from "../arm-error.ts";
import type { SimCloud } from "../cloud.ts";
import { clone, type JsonValue, object, propertiesOf, textIn } from "../json.ts";
import { atOnce, type Change, type KindRules } from "../kind.ts";
import { writtenHead } from "./heads.ts";

const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";

export const userAssignedIdentity: KindRules = {
  ...writtenHead(IDENTITIES, "properties{tenantId principalId clientId isolationScope}"),
  name: /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/,
  remove: atOnce(200),
  shape: ({ cloud, before }) => ({
    properties:
      before === undefined
        ? { tenantId: cloud.random.uuid(), principalId: cloud.random.uuid(), clientId: cloud.random.uuid() }
        : clone(propertiesOf(before.resource)),
  }),
};

/**
 * Sentence and code as in public logs.
 * @throws ArmError 400 FailedIdentityOperation for an identity that is not there
 */
export function checkIdentity({ cloud, id, body }: Change): void {
  const type = textIn(object(body["identity"])["type"]) ?? "None";
  const ids = Object.keys(object(object(body["identity"])["userAssignedIdentities"]));
  if (ids.length > 0 && !type.includes("UserAssigned"))
    refuse(
      400,
      "InvalidIdentityValues",
      `Invalid value for the identities '${ids.join(",")}'. The 'UserAssignedIdentities' property keys should only be used with identity type 'UserAssigned'.`,
    );
  const missing = ids.find((one) => cloud.get(one)?.type !== IDENTITIES);
  if (missing === undefined) return;
  const inner = { error: { code: "BadRequest", message: `Resource '${missing}' was not found.` } };
  refuse(
    400,
    "FailedIdentityOperation",
    `Identity operation for resource '${id}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${JSON.stringify(inner)}'.'.`,
  );
}

/** As Azure shows it: each identity with its principal and client. */
export function shownIdentity(cloud: SimCloud, identity: unknown): JsonValue | undefined {
  if (identity === undefined) return undefined;
  const { userAssignedIdentities, ...rest } = object(identity);
  const ids = Object.keys(object(userAssignedIdentities));
  return {
    ...rest,
    ...(ids.length === 0
      ? {}
      : {
          userAssignedIdentities: Object.fromEntries(
            ids.map((one) => {
              const { principalId, clientId } = propertiesOf(cloud.get(one)?.resource);
              return [one, { principalId, clientId }];
            }),
          ),
        }),
  };
}
