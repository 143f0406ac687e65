/** What nodes say of their system: what is understood is told, what is not is left out, whatever it is. */
import { expect, test } from "vitest";
import { factsIn } from "../../src/nodes/system-facts.ts";

const ends = Date.UTC(2036, 10, 5, 20, 41, 6);

test.each([
  [
    "Flatcar",
    "ID=flatcar\nVERSION_ID=4459.2.1\nCURRENT_OP=UPDATE_STATUS_IDLE\nNEW_VERSION=0.0.0\nnotAfter=Nov  5 20:41:06 2036 GMT\n",
    { system: "flatcar 4459.2.1", certificateEnds: ends },
  ],
  [
    "Flatcar with an update",
    "ID=flatcar\nVERSION_ID=4459.2.1\nCURRENT_OP=UPDATE_STATUS_UPDATED_NEED_REBOOT\nNEW_VERSION=4593.1.0\n",
    { system: "flatcar 4459.2.1", rebootTo: "4593.1.0" },
  ],
  ["Debian", 'ID=debian\nVERSION_ID="13"\nREBOOT_REQUIRED=yes\n', { system: "debian 13", rebootTo: "unknown" }],
  ["without a version", "ID=arch\n", { system: "arch" }],
  ["nothing", "", {}],
  [
    "somebody's own words",
    "ID=\u001b[2J\nVERSION_ID=1\nCURRENT_OP=UPDATE_STATUS_UPDATED_NEED_REBOOT\nNEW_VERSION=a b\nnotAfter=never\n",
    { rebootTo: "unknown" },
  ],
])("%s", (_, text, facts) => expect(factsIn(text)).toEqual(facts));
