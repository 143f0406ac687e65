/** Where a data disk may go: the system's own places are refused, however they are written. */
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { mountPoint } from "../../src/core/spec/parse.ts";
import { mountUnitName } from "../../src/core/user-data/mount-unit.ts";

const REFUSED = [
  "/ /bin /boot /boot/x /dev/x /etc /etc/docker /home /home/core /home/core/.ssh /lib /mnt /mnt/resource /oem /opt /opt/bin /proc /root",
  "/run /run/x /sbin /sys /tmp /tmp/x /usr /usr/local/x /var /var/lib /var/lib/etcd /var/lib/etcd/member /var/lib/systemd",
  "/var/lib/waagent /var/log /var/log/journal /var/run /var/run/x /var/tmp",
  "/var/lib/cloud /var/lib/cloud/instances /var/lib/dpkg /var/lib/apt/lists /snap /var/snap /var/lib/snapd /sysroot /efi",
  "/var/lib/azure-coreos-cluster /var/lib/azure-coreos-cluster/platform /var/lib/extensions /var/lib/private /var/cache/apt",
].flatMap((paths) => paths.split(" "));
const TAKEN = [
  "/data",
  "/srv",
  "/srv/my-data",
  "/opt/data",
  "/mnt/data",
  "/home/deis",
  "/var/lib/docker",
  "/var/lib/rancher",
  "/var/lib/postgresql",
  "/var/lib/etc",
  "/usr2",
];

describe("--data-disk-mount", () => {
  test.each(REFUSED)("refuses %s", (path) => {
    expect(() => mountPoint(path)).toThrow("the system itself lives there");
    expect(() => mountUnitName(path)).toThrow("cannot be mounted");
  });
  test.each(TAKEN)("takes %s", (path) => expect(mountPoint(path)).toBe(path));
  test.each(["", "data", "C:/data", "/a b", "/a%b", "/é", "/a\nb", "~/data"])("%j is no path", (path) =>
    expect(() => mountPoint(path)).toThrow("no absolute path"),
  );
  test("the spelling changes nothing", () => {
    const detour = constantFrom("/", "//", "/./", "/x/../", "/x/y/../../");
    const start = constantFrom("", "/..", "/../x/..");
    const end = constantFrom("", "/", "/.");
    assert(
      property(
        constantFrom(...REFUSED, ...TAKEN),
        start,
        array(detour, { minLength: 4, maxLength: 4 }),
        end,
        (path, from, way, to) => {
          const parts = path.split("/").slice(1);
          const written = `${from}${parts.map((part, nth) => `${way[nth] ?? "/"}${part}`).join("")}${to}`;
          if (REFUSED.includes(path)) expect(() => mountPoint(written)).toThrow("the system itself lives there");
          else expect(mountPoint(written)).toBe(path);
        },
      ),
    );
  });
});
