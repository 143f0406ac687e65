/** A machine's user, keys and custom data: rules that need nothing but the body. */
import { invalid } from "../arm-error.ts";
import { dig, type JsonValue, listIn, object, textIn } from "../json.ts";
import type { Change } from "../kind.ts";
import { sshKeyProblem } from "./ssh-key.ts";

/** From the SDK's documentation of `OSProfile.adminUsername`. `core` is not among them. */
const FORBIDDEN_USERS = new Set(
  (
    "administrator admin user user1 user2 user3 user4 user5 test test1 test2 test3 1 123 a actuser adm admin1 admin2 aspnet backup console " +
    "david guest john owner root server sql support support_388945a0 sys"
  ).split(" "),
);

const CUSTOM_DATA_LIMIT = 65_535;

/** @throws ArmError 400 InvalidParameter */
export function checkOsProfile({ properties }: Change): void {
  const profile = object(properties["osProfile"]);
  if (properties["osProfile"] === undefined) invalid("Required parameter 'osProfile' is missing (null).", "osProfile");
  const user = textIn(profile["adminUsername"]) ?? "";
  const computer = textIn(profile["computerName"]) ?? "";
  if (user === "") invalid("Required parameter 'adminUsername' is missing (null).", "adminUsername");
  if (FORBIDDEN_USERS.has(user.toLowerCase()) || user.length > 64 || /[\\/"[\]:|<>+=;,?*@\s]/.test(user)) {
    invalid(`The Admin Username specified is not allowed.`, "adminUsername");
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(computer) || /^\d+$/.test(computer)) {
    invalid(
      "Linux host name must be from 1 to 64 characters in length and contain only letters, digits, hyphens and points.",
      "computerName",
    );
  }
  const linux = object(profile["linuxConfiguration"]);
  const keys = listIn(dig(linux, "ssh", "publicKeys"));
  if (linux["disablePasswordAuthentication"] !== true && textIn(profile["adminPassword"]) === undefined) {
    invalid("Required parameter 'adminPassword' is missing (null).", "adminPassword");
  }
  if (linux["disablePasswordAuthentication"] === true && keys.length === 0) {
    invalid(
      "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
      "linuxConfiguration",
    );
  }
  for (const key of keys) {
    const path = `/home/${user}/.ssh/authorized_keys`;
    if (key["path"] !== path)
      invalid(
        `Destination path for SSH public keys is currently limited to its default value ${path}.`,
        "linuxConfiguration.ssh.publicKeys.path",
      );
    const problem = sshKeyProblem(textIn(key["keyData"]) ?? "");
    if (problem !== undefined) invalid(problem, "linuxConfiguration.ssh.publicKeys.keyData");
  }
  checkCustomData(profile);
}

/** The limit is on the decoded bytes (SDK, `OSProfile.customData`). */
function checkCustomData(profile: JsonValue): void {
  const data = textIn(profile["customData"]);
  if (data === undefined) return;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0) {
    invalid("Custom data in OSProfile must be in Base64 encoding.", "customData");
  }
  const bytes = (data.length / 4) * 3 - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0);
  if (bytes > CUSTOM_DATA_LIMIT) {
    invalid(
      `Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters: ${CUSTOM_DATA_LIMIT} bytes decoded, ${bytes} given.`,
      "customData",
    );
  }
}
