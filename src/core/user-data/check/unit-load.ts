/**
 * What keeps a unit, with its drop-ins, from being loaded: settings that are missing, or that do not go together. The words are short for
 * those of systemd's own service_verify(), timer_verify() and so on, which `systemd-analyze verify` says in the tests.
 */
import type { Platform } from "../../node-config.ts";
import { unitNameOf } from "../mount-unit.ts";
import { commandCount } from "./unit-settings.ts";
import type { UnitSetting } from "./unit-text.ts";

/** @param settings of the unit file, then of its drop-ins in the order of their names */
export function loadProblems(name: string, settings: readonly UnitSetting[], platform: Platform): readonly string[] {
  const problem = CHECKS[name.slice(name.lastIndexOf(".") + 1)]?.(name, settings, platform);
  return problem === undefined ? [] : [problem];
}

// --- internal ---

type Check = (name: string, settings: readonly UnitSetting[], platform: Platform) => string | undefined;

/** The last one counts, and an empty one is none. */
const get = (settings: readonly UnitSetting[], section: string, key: string): string =>
  settings.findLast((setting) => setting.section === section && setting.key === key)?.value ?? "";

const isTrue = (value: string): boolean => /^(1|yes|y|true|t|on)$/i.test(value);

const service: Check = (_name, settings, platform) => {
  const value = (key: string): string => get(settings, "Service", key);
  const starts = commandCount(settings, "ExecStart");
  const acts = get(settings, "Unit", "SuccessAction") !== "";
  const isOneshot = value("Type") === "oneshot";
  if (starts === 0 && commandCount(settings, "ExecStop") === 0 && !acts) return "a service without ExecStart= is not loaded";
  if (starts === 0 && !acts && !isTrue(value("RemainAfterExit")))
    return "a service without ExecStart= is loaded with RemainAfterExit=yes only";
  if (starts > 1 && !isOneshot)
    return "a service with several commands in ExecStart= is loaded with Type=oneshot only; an empty ExecStart= takes away those before it";
  // of systemd 244 (2019) and newer; before that "no" was all
  const refused = platform === "coreos" ? /^(?!no$)./ : /^(always|on-success)$/;
  if (isOneshot && refused.test(value("Restart")))
    return `a service of Type=oneshot is not loaded with Restart=${value("Restart")}`;
  return value("Type") === "dbus" && value("BusName") === ""
    ? "a service of Type=dbus is not loaded without BusName="
    : undefined;
};

/** A unit of which one of these must be set; an empty one takes away all before it. */
const oneOf =
  (section: string, key: RegExp, needs: string): Check =>
  (_name, settings) => {
    const values = settings.filter((setting) => setting.section === section && key.test(setting.key)).map(({ value }) => value);
    return values.slice(values.lastIndexOf("") + 1).length > 0 ? undefined : `it is not loaded without ${needs}`;
  };

const timer = oneOf(
  "Timer",
  /^On([A-Z][a-z]+Sec|UnitActiveSec|UnitInactiveSec|Calendar)$/,
  "OnCalendar=, OnBootSec= or the like",
);

/** A unit whose name is that of a path, which it need not say. */
const named =
  (section: string, key: string, ending: string): Check =>
  (name, settings) => {
    const path = get(settings, section, key);
    const expected = unitNameOf(path);
    return expected === undefined || `${expected}.${ending}` === name
      ? undefined
      : `${ARTICLE[ending]} ${path} must be named ${expected}.${ending}`;
  };

const ARTICLE: Readonly<Record<string, string>> = { mount: "a mount at", automount: "an automount at", swap: "swap on" };

const CHECKS: Readonly<Record<string, Check | undefined>> = {
  service,
  timer: (name, settings, platform) =>
    ["OnClockChange", "OnTimezoneChange"].some((key) => isTrue(get(settings, "Timer", key)))
      ? undefined
      : timer(name, settings, platform),
  socket: oneOf("Socket", /^Listen/, "ListenStream= or the like"),
  path: oneOf("Path", /^(PathExists(Glob)?|PathChanged|PathModified|DirectoryNotEmpty)$/, "PathExists= or the like"),
  mount: (name, settings, platform) =>
    get(settings, "Mount", "What") === "" ? "a mount needs What=" : named("Mount", "Where", "mount")(name, settings, platform),
  automount: named("Automount", "Where", "automount"),
  swap: named("Swap", "What", "swap"),
};
