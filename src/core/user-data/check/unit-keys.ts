/**
 * Settings whose name systemd does not know: it says so in its log, and leaves the line out. Not every name is known here, for each release has
 * more: what is near to one that units often have is taken for a slip, and one of those in another section for a line in the wrong place.
 * systemd's own list is held against this in the tests. Pure.
 */
import { slips } from "../../nearest.ts";

/** What a setting that systemd leaves out was meant to be, "[Unit] After"; undefined for one that is known, or not known here. */
export function meantSetting(section: string, key: string): { readonly section: string; readonly key: string } | undefined {
  const own = KEYS[section];
  if (own === undefined || own.includes(key)) return undefined;
  const near = own.find((one) => isSlip(key, one));
  if (near !== undefined) return { section, key: near };
  const other = Object.keys(KEYS).find((one) => KEYS[one]?.includes(key) === true && ALSO[section]?.includes(key) !== true);
  return other === undefined ? undefined : { section: other, key };
}

// --- internal ---

const words = (text: string): readonly string[] => text.split(/\s+/);

const CONDITIONS =
  "Architecture Virtualization Host KernelCommandLine KernelVersion Security Capability ACPower NeedsUpdate FirstBoot PathExists PathExistsGlob PathIsDirectory PathIsSymbolicLink PathIsMountPoint PathIsReadWrite DirectoryNotEmpty FileNotEmpty FileIsExecutable User Group Memory CPUs Environment";

/** Those that units often have, and those of systemd's that are as near to one of them as a slip. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  Unit: words(
    `Description Documentation Requires Requisite Wants BindsTo PartOf Upholds Conflicts Before After OnFailure OnSuccess RequiresMountsFor
    BindTo StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate DefaultDependencies JobTimeoutSec StartLimitIntervalSec StartLimitInterval
    StartLimitBurst StartLimitAction SuccessAction FailureAction ${CONDITIONS.replaceAll(/\w+/g, "Condition$& Assert$&")}`,
  ),
  Service: words(
    `Type ExecStart ExecStartPre ExecStartPost ExecCondition ExecReload ExecStop ExecStopPost Restart RestartSec TimeoutSec TimeoutStartSec
    TimeoutStopSec RuntimeMaxSec WatchdogSec SuccessExitStatus RestartPreventExitStatus RestartForceExitStatus RemainAfterExit PIDFile BusName
    NotifyAccess User Group WorkingDirectory Environment EnvironmentFile StandardInput StandardOutput StandardError SyslogIdentifier
    KillMode KillSignal LimitNOFILE LimitNPROC LimitCORE LimitMEMLOCK`,
  ),
  Install: words("Alias WantedBy RequiredBy UpheldBy Also DefaultInstance"),
  Timer: words(
    `OnActiveSec OnBootSec OnStartupSec OnUnitActiveSec OnUnitInactiveSec OnCalendar AccuracySec RandomizedDelaySec Persistent WakeSystem
    RemainAfterElapse Unit`,
  ),
};

/** Of those of one section what another one has, too. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  Service: words("FailureAction StartLimitAction StartLimitBurst StartLimitInterval"),
};

/** In other letters alone, or a slip of the hand: two in a long word. */
function isSlip(word: string, known: string): boolean {
  const count = slips(word.toLowerCase(), known.toLowerCase());
  return count <= (known.length >= 10 ? 2 : known.length >= 5 ? 1 : 0);
}
