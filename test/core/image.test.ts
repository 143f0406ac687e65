/** What --coreos-image can be, as people type it. */
import { expect, test } from "vitest";
import { imageChoice, platformOf, twinFor, urnText } from "../../src/core/spec/image.ts";

const choice = (coreosImage: string) => imageChoice({ coreosImage, platform: "flatcar" });

test.each(["Flatcar", "flatcar", "FlatcarLinuxFreeGen2", "FLATCARLINUXFREEGEN2"])(
  "the Azure CLI's %s is Flatcar's URN",
  (word) => {
    const found = choice(word);
    expect(found).toMatchObject({ kind: "urn", alias: word });
    expect(found.kind === "urn" && urnText(found.urn)).toMatch(/^kinvolk:flatcar-container-linux-free:stable(-gen2)?:latest$/);
  },
);

test.each([
  "Ubuntu2204",
  "UbuntuLTS",
  "Ubuntu2404Pro",
  "Debian12",
  "CentOS85Gen2",
  "SLES",
  "RHELRaw8LVMGen2",
  "FlatcarLinuxBYOL",
  "openSUSE-Leap",
])("%s is an alias for something else, and the way to its URN is said", (word) =>
  expect(() => choice(word)).toThrow(
    expect.objectContaining({ exit: 2, advice: expect.stringContaining("`az vm image list --output table`") as string }),
  ),
);

test.each([
  ...["vhd", "vhdx", "vmdk", "vdi", "qcow2", "qcow", "img", "raw", "bin", "iso", "ova"].map((ending) => `image.${ending}`),
  ...["vhd.bz2", "vhd.gz", "vhd.xz", "img.bz2", "img.xz", "qcow2.gz", "raw.zst", "vhd.zip"].map(
    (ending) => `flatcar_production_azure_image.${ending}`,
  ),
  "image.zip",
  "IMAGE.QCOW2",
  "./flatcar_production_image",
  "/home/me/disk",
  "../images/disk",
  "C:\\images\\disk.vhd",
  "image.unknown",
])("%s is a file", (text) => expect(choice(text)).toEqual({ kind: "file", path: text }));

test.each([
  ["kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:4459.2.1", "urn"],
  ["kinvolk:flatcar-container-linux-corevm:stable", "urn"],
  ["https://a.blob.core.windows.net/c/disk.vhd", "blob"],
  ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i", "id"],
  ["/CommunityGalleries/flatcar-1/Images/flatcar-stable-amd64/Versions/latest", "id"],
])("%s is a %s", (text, kind) => expect(choice(text).kind).toBe(kind));

test.each([" kinvolk:o:s:1 ", "kinvolk:o:s:", "kinvolk:o:s"])("%j has a version", (text) => {
  const found = choice(text);
  expect(found.kind === "urn" && urnText(found.urn)).toMatch(/^kinvolk:o:s:(1|latest)$/);
});

test("a packed image at a publisher's address is to be unpacked first", () =>
  expect(() => choice("https://stable.example/flatcar_production_azure_image.vhd.bz2?sig=secret")).toThrow(
    expect.objectContaining({
      message: "--coreos-image https://stable.example/flatcar_production_azure_image.vhd.bz2 is no .vhd blob",
      advice: expect.stringContaining("unpack it") as string,
    }),
  ));

test.each(["snapshots", "disks"])("the id of one of the %s is no image's, and the way to one is said", (kind) =>
  expect(() => choice(`/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/${kind}/x`)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`is no id of an image (${kind})`) as string,
      advice: expect.stringContaining("az image create") as string,
    }),
  ),
);

test.each([
  ["kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest", "flatcar"],
  ["Flatcar", "flatcar"],
  ["Canonical:ubuntu-24_04-lts:server:latest", "ubuntu"],
  ["Debian:debian-12:12-gen2:latest", "debian"],
  ["mycompany:linux:own:1.0.0", undefined],
  ["canonical:", undefined],
  ["/subscriptions/s/resourceGroups/canonical:g/providers/Microsoft.Compute/images/i", undefined],
  ["C:\\canonical.vhd", undefined],
])("%s is for nodes of %s", (image, platform) => expect(platformOf(image)).toBe(platform));

test.each([
  "2b171e93f07c4903bcad35bda10acf22__CoreOS-Stable-647.2.0",
  "CoreOS:CoreOS:Stable:latest",
  "CoreOS:CoreOS:Stable:2512.3.0",
  "coreos",
])("%s is an image of CoreOS, and those have left Azure", (given) =>
  expect(() => choice(given)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining("no image that Azure has today") as string,
      advice: expect.stringMatching(/^CoreOS ended in 2020/) as string,
    }),
  ),
);

const ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i";
const VERSION = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/i/versions/1.0.0";

test.each([
  [ID.slice(1), ID],
  [
    "subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
  ],
  [`https://management.azure.com${ID}?api-version=2024-03-01`, ID],
  [`https://portal.azure.com/#@example.com/resource${ID}/overview`, ID],
  [`https://portal.azure.com/#resource${VERSION}`, VERSION],
  [
    "kinvolk/flatcar-container-linux-corevm-amd64/stable-gen2/latest",
    "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
  ],
  ["kinvolk/flatcar-container-linux-free/stable/4230.2.1", "kinvolk:flatcar-container-linux-free:stable:4230.2.1"],
])("%s is nearly right", (given, right) =>
  expect(() => choice(given)).toThrow(expect.objectContaining({ advice: `Give --coreos-image ${right}` })),
);

test.each([
  [
    "Arm64",
    "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
    "kinvolk:flatcar-container-linux-corevm:stable:latest",
  ],
  ["Arm64", "kinvolk:flatcar-container-linux-corevm-amd64:beta:4459.1.0", "kinvolk:flatcar-container-linux-corevm:beta:4459.1.0"],
  ["Arm64", "kinvolk:flatcar-container-linux-free:lts2024-gen2:latest", "kinvolk:flatcar-container-linux-corevm:lts2024:latest"],
  ["x64", "kinvolk:flatcar-container-linux-corevm:alpha:1.2.3", "kinvolk:flatcar-container-linux-corevm-amd64:alpha-gen2:1.2.3"],
  ["x64", "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest", undefined],
  ["Arm64", "kinvolk:flatcar-container-linux-corevm:stable:latest", undefined],
  ["Arm64", "Canonical:ubuntu-24_04-lts:server:latest", "Canonical:ubuntu-24_04-lts:server-arm64:latest"],
  ["x64", "Canonical:ubuntu-24_04-lts:server-arm64:24.04.1", "Canonical:ubuntu-24_04-lts:server:24.04.1"],
  ["Arm64", "Debian:debian-13:13-gen2:latest", "Debian:debian-13:13-arm64:latest"],
  ["x64", "Debian:debian-13:13-arm64:0.1.2", "Debian:debian-13:13-gen2:0.1.2"],
  ["Arm64", "SUSE:opensuse-leap-15-6:gen2:latest", undefined],
])("for %s machines, in place of %s: %s", (architecture, given, wanted) => {
  const found = choice(given);
  const twin = found.kind === "urn" ? twinFor(architecture, found.urn) : undefined;
  expect(twin && urnText(twin)).toBe(wanted);
});
