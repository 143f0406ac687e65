/** The systemd name of a mount point. */
import { ClusterError } from "../errors.ts";
import { isSystemPlace } from "../spec/mount-point.ts";

/**
 * `/var/lib/docker` is `var-lib-docker.mount`, `/srv/my-data` is `srv-my\x2ddata.mount`: systemd refuses a mount unit whose
 * name is not the escaped path (systemd.unit(5), "String escaping for inclusion in unit names").
 *
 * @throws ClusterError DataDiskMountInvalid for a path that is not absolute, not plain, or the system's own
 */
export function mountUnitName(path: string): string {
  const name = unitNameOf(path);
  if (name === undefined || isSystemPlace(path)) {
    throw new ClusterError("DataDiskMountInvalid", `the data disk cannot be mounted at "${path}"`, {
      advice:
        "Give an absolute path of letters, digits, dots and dashes that the system does not use itself, such as /var/lib/docker or /data.",
    });
  }
  return `${name}.mount`;
}

/** The name of the unit of a path, without its ending; undefined for a path that is not absolute, or not plain. */
export function unitNameOf(path: string): string | undefined {
  const segments = path.split("/").slice(1);
  const plain = /^(\/[A-Za-z0-9._:@-]+)+$/.test(path) && !segments.includes(".") && !segments.includes("..");
  return plain ? segments.map(escape).join("-").replace(/^\./, "\\x2e") : undefined;
}

const escape = (segment: string): string =>
  segment.replace(/[^A-Za-z0-9:_.]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
