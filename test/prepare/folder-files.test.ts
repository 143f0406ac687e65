import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refuseUnsafeFolder } from "../../src/prepare/cluster-folder.ts";
import { FOLDER_FILES, isLeftOfOne, tunnelKubeconfig, userDataFile } from "../../src/prepare/folder-files.ts";
import { newFolder } from "./folder.ts";

const FILES = [...Object.values(FOLDER_FILES), userDataFile(12), tunnelKubeconfig(40_001)];

test.each(FILES)("%s is not believed where others may write to it", async (name) => {
  const dir = newFolder();
  const file = join(dir, "mycluster", name);
  mkdirSync(join(dir, "mycluster"), { mode: 0o700 });
  writeFileSync(file, "");
  await expect(refuseUnsafeFolder(dir, "mycluster")).resolves.toBeUndefined();
  chmodSync(file, 0o666);
  await expect(refuseUnsafeFolder(dir, "mycluster")).rejects.toMatchObject({
    code: "FolderUnsafe",
    advice: expect.stringContaining(`chmod go-w ${file}`) as string,
  });
});

test("the command that mends it takes a folder with a blank, too", async () => {
  const dir = join(newFolder(), "my files");
  mkdirSync(join(dir, "mycluster"), { mode: 0o777, recursive: true });
  chmodSync(join(dir, "mycluster"), 0o777);
  await expect(refuseUnsafeFolder(dir, "mycluster")).rejects.toMatchObject({
    advice: expect.stringContaining(`chmod go-w '${join(dir, "mycluster")}'`) as string,
  });
});

test.each(FILES)("%s goes with the cluster, and what a killed run left of it", (name) => {
  for (const left of [name, `.${name}.0a1b2c3d`, `${name}.0a1b2c3d4e5f`]) expect(isLeftOfOne(left), left).toBe(true);
});

test.each(["notes.txt", "known_hosts.old", "user-data-1.yaml.bak", "kubeconfig-mine", "ssh-cert.key", "my-cluster.json"])(
  "%s is the user's",
  (name) => {
    expect(isLeftOfOne(name)).toBe(false);
  },
);
