import { describe, expect, test } from "vitest";
import { classify, type Evidence } from "../../src/nodes/diagnosis.ts";
import { redact } from "../../src/nodes/redact.ts";

const ssh = (journal: string, more: Partial<Evidence> = {}): Evidence => ({
  state: "ssh",
  code: "EtcdUnhealthy",
  journal,
  ...more,
});
const silent = (serial: string | undefined, more: Partial<Evidence> = {}): Evidence => ({
  state: "unreachable",
  code: "SshTimeout",
  serial,
  ...more,
});

describe("what a node's logs mean", () => {
  test.each<[string, Evidence]>([
    ["no-boot", silent("")],
    ["no-boot", silent("[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)")],
    ["no-boot", silent('You are in emergency mode. After logging in, type "journalctl -xb"')],
    ["booting", silent("[    1.2] systemd[1]: Detected virtualization microsoft.")],
    ["no-ssh", silent("This is mycluster-coreos-0 (Linux x86_64 6.12.0) 12:00:00\nmycluster-coreos-0 login: ")],
    ["booting", ssh("cloud-init[74]: Setting up chrony", { code: "FirstBoot" })],
    ["no-ssh", silent(undefined)],
    ["key-refused", silent("node login: ", { state: "no-login", code: "SshAuthentication" })],
    ["wrong-host-key", silent("node login: ", { state: "wrong-host-key", code: "HostKeyMismatch" })],
    ["machine-failed", silent(undefined, { state: "failed", code: "MachineFailed" })],
    // OSProvisioningTimedOut: what the console says of Ignition and cloud-init is why
    [
      "cloud-config-refused",
      silent("[    9.1] ignition[601]: failed to parse config: invalid config\nPress Enter", {
        state: "failed",
        code: "MachineFailed",
      }),
    ],
    [
      "cloud-config-refused",
      silent("cloud-init[703]: Failed loading yaml blob. Invalid format", { state: "failed", code: "MachineFailed" }),
    ],
    ["no-boot", silent("Kernel panic - not syncing", { state: "failed", code: "MachineFailed" })],
    ["machine-failed", silent("node login: ", { state: "failed", code: "MachineFailed" })],
    ["client-certificate", ssh("", { code: "EtcdClientCertificateMissing" })],
    [
      "cloud-config-refused",
      silent("coreos-cloudinit[912]: Failed to parse user-data: yaml: line 3: found character that cannot start any token"),
    ],
    [
      "cloud-config-refused",
      silent('coreos-cloudinit[912]: line 7: error: incorrect type for "discovery" (want string)\nnode login: '),
    ],
    [
      "packages",
      ssh(
        "need-etcd[274]: E: Failed to fetch file:/srv/packages/./Packages  File not found\nsystemd[1]: Failed to start etcd-member.service",
      ),
    ],
    [
      "packages",
      ssh(
        "errors:\n\t- ('package-update-upgrade-install', PackageInstallerError(\"Failed to install the following packages: {'chrony', 'etcd-server'}. See associated package manager logs for more details.\"))",
      ),
    ],
    ["packages", silent("[   27.1] cloud-init[703]: E: Unable to locate package etcd-server\nnode login: ")],
    [
      "no-internet",
      ssh("need-etcd[274]: Err:1 http://a.example/debian trixie InRelease\n  Temporary failure resolving 'a.example'"),
    ],
    [
      "no-internet",
      ssh("cloud-init[74]: W: Failed to fetch x  Could not connect to a.example:80 (192.0.2.1), connection timed out"),
    ],
    [
      "first-boot",
      ssh("cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)"),
    ],
    // what failed at first and was mended is not why etcd waits now
    ["etcd-waiting", ssh("need-etcd[9]: E: Failed to fetch x\netcd[12]: 8211f1d0f64f3269 is starting a new election at term 4")],
    ["cloud-config-refused", ssh("node coreos-cloudinit[801]: Failed to apply cloud-config: Unit fleet.service not found.")],
    [
      "disk-missing",
      ssh("systemd[1]: dev-disk-azure-data-by\\x2dlun-0.device: Timed out waiting for device /dev/disk/azure/data/by-lun/0."),
    ],
    [
      "disk-not-blank",
      ssh(
        "format-data-disk[601]: /dev/sdc is not blank, and nothing on it is known: left alone\nsystemd[1]: format-data-disk.service: Failed with result 'exit-code'.\nsystemd[1]: Dependency failed for var-lib-docker.mount - Data disk on /var/lib/docker.",
      ),
    ],
    [
      "disk-unmountable",
      ssh(
        "mount[612]: mount: /var/lib/docker: wrong fs type, bad option, bad superblock on /dev/sdc, missing codepage or helper program",
      ),
    ],
    ["disk-missing", ssh("format-data-disk[601]: no data disk on LUN 0")],
    ["disk-missing", ssh("systemd[1]: Dependency failed for var-lib-docker.mount - Data disk on /var/lib/docker.")],
    ["disk-full", ssh("etcd[77]: failed to write: write /var/lib/etcd/member/wal/0.tmp: no space left on device")],
    ["clock", ssh("W | rafthttp: the clock difference against peer 8211f1d0f64f3269 is too high [4.12s > 1s]")],
    [
      "clock",
      ssh("x509: certificate has expired or is not yet valid: current time 2020-01-01T00:00:00Z is before 2026-11-22T00:00:00Z"),
    ],
    ["already-bootstrapped", ssh("C | etcdmain: member 8983aadec219cc47 has already been bootstrapped")],
    ["member-removed", ssh("E | etcdserver: the member has been permanently removed from the cluster")],
    ["not-added", ssh("C | etcdmain: error validating peerURLs {...}: member count is unequal")],
    ["discovery", ssh("C | etcdmain: discovery token http://127.0.0.9:8087/0123 was used, but failed to find it")],
    [
      "gateway",
      ssh('"msg":"deactivated endpoint","address":"10.0.0.4:2379","interval":"5s","error":"dial tcp 10.0.0.4:2379: i/o timeout"'),
    ],
    ["registry-limit", ssh("docker[5]: toomanyrequests: You have reached your pull rate limit.")],
    [
      "no-internet",
      ssh(
        'etcd-wrapper[9]: docker: Error response from daemon: Get "https://quay.io/v2/": dial tcp: lookup quay.io: i/o timeout.',
      ),
    ],
    [
      "no-internet",
      ssh(
        'Get "https://quay.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      ),
    ],
    [
      "certificates",
      ssh('embed: rejected connection from "10.0.0.5:44" (error "remote error: tls: bad certificate", ServerName "")'),
    ],
    ["etcd-waiting", ssh("N | discovery: found 2 peer(s), waiting for 1 more")],
    [
      "etcd-waiting",
      ssh("W | rafthttp: health check for peer 9de1a4b6 could not connect: dial tcp 10.0.0.5:2380: connect: connection refused"),
    ],
    ["unit-failed", ssh("", { failedUnits: "etcd-member.service loaded failed failed etcd (System Application Container)" })],
    ["unit-failed", ssh("", { failedUnits: "● docker.service loaded failed failed Docker Application Container Engine" })],
    ["etcd-unknown", ssh("", { failedUnits: "" })],
  ])("%s", (expected, evidence) => {
    const { class: found, summary, advice } = classify(evidence);
    expect(found).toBe(expected);
    expect(summary).not.toBe("");
    expect(advice).not.toBe("");
  });

  test("the cause wins over its symptom, the journal over the serial log, the last line is shown", () => {
    const waiting = "raft: 8983 is starting a new election at term 7";
    expect(
      classify(
        ssh(`${waiting}\n1 member a1 has already been bootstrapped\n2 member a1 has already been bootstrapped\n${waiting}`),
      ),
    ).toMatchObject({
      class: "already-bootstrapped",
      evidence: "2 member a1 has already been bootstrapped",
    });
    expect(classify(ssh(waiting, { serial: "no space left on device" })).class).toBe("etcd-waiting");
  });

  test("the name of a failed unit is said", () => {
    expect(classify(ssh("", { failedUnits: "var-lib-docker.mount loaded failed failed Data disk" })).summary).toBe(
      "var-lib-docker.mount failed",
    );
  });
});

describe("a log line on the screen", () => {
  test.each([
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "(a line with a private key)"],
    ["discovery https://d.example/0123456789abcdef0123456789abcdef failed", "discovery https://d.example/… failed"],
    [`key ${"QUJD".repeat(20)}== end`, "key … end"],
    ["GET https://x/y?sv=1&sig=abc%2Bdef&se=2", "GET https://x/y?sv=1&sig=…&se=2"],
    ["Authorization: Bearer eyJhbGciOi", "Authorization: …"],
    ["password=hunter2 next", "password=… next"],
    ["\u001b[31mred\u001b[0m \u0007bell\u001b]0;title\u0007", "red bell"],
    ["member 8983aadec219cc47 has already been bootstrapped", "member 8983aadec219cc47 has already been bootstrapped"],
    ["x ".repeat(400), "x ".repeat(400).slice(0, 300)],
  ])("%j is shown as %j", (line, shown) => {
    expect(redact(line)).toBe(shown);
  });
});
