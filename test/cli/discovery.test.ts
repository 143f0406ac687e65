/** A discovery URL that was given: the service is asked what it is, before anything is made. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../ports.ts";
import { ownAzure } from "./world.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** A URL for so many members, of which some have registered; of none the service knows nothing. */
async function urlFor(size: number | undefined, registered = 0): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const nodes = Array.from({ length: registered }, (_, index) => ({ value: `m${index}=http://10.9.9.${index}:2380` }));
  const server = createServer(({ url = "" }, answer) => {
    asked.push(url);
    const node = url.endsWith("/_config/size") ? { value: String(size) } : { dir: true, nodes };
    answer.writeHead(size === undefined ? 404 : 200).end(JSON.stringify(size === undefined ? { errorCode: 100 } : { node }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${TOKEN}`, asked };
}

const OWN =
  "#cloud-config\ncoreos:\n  units:\n    - name: x.service\n      content: |\n        [Service]\n        Environment=ETCD_DISCOVERY={0}\n        ExecStart=/bin/true\n";

const shown = (text: string): string => text.replaceAll(/\s+/g, " ");

test.each([
  ["a token that nobody knows", undefined, 0, /does not know http.*discovery-service-url http:\/\/127\.0\.0\.1:\d+\/new`/],
  ["a URL that is full", 3, 3, /is for 3 members, 3 of which are registered already, and 3 would come/],
  ["one place too few", 3, 1, /is for 3 members, 1 of which is registered already, and 3 would come/],
  ["a URL for fewer", 1, 0, /is for 1 member, and 3 would come/],
])("%s is refused before the first write, by plan too", async (_, size, registered, words) => {
  const azure = ownAzure();
  const { url, asked } = await urlFor(size, registered);
  for (const command of ["mycluster", "plan mycluster"]) {
    const { exit, stderr } = await azure.run(`${command} --discovery-service-url ${url}`);
    expect([exit, azure.puts().size], stderr).toEqual([5, 0]);
    expect(shown(stderr)).toMatch(words);
    expect(shown(stderr)).toContain("Nothing was written to Azure.");
  }
  expect(asked).toHaveLength(4);
});

test.each([
  ["for more members", 5, 0, ["etcd begins when all have registered: 2 more than come from here."]],
  ["that others use", 4, 1, ["1 member is registered with the discovery URL already"]],
  ["for these", 3, 0, []],
] as const)("a URL %s is taken, and what may not be meant is said", async (_, size, registered, notes) => {
  const { url } = await urlFor(size, registered);
  const { exit, stderr } = await ownAzure().run(`plan mycluster --discovery-service-url ${url}`);
  expect(exit, stderr).toBe(0);
  for (const note of notes) expect(shown(stderr)).toContain(note);
  expect(stderr.match(/registered/g) ?? []).toHaveLength(notes.length);
  expect(stderr).toContain("leads a node to itself");
});

test("a service that cannot be reached from here, or is none, is said", async () => {
  const [port] = await freePorts(1);
  const dead = await ownAzure().run(`plan mycluster --discovery-service-url http://127.0.0.1:${port}/${TOKEN}`);
  expect(dead.exit).toBe(0);
  expect(shown(dead.stderr)).toMatch(
    /Not checked: the discovery URL \(The discovery service http\S+ cannot be reached: .*ECONNREFUSED/,
  );
});

test("with a file of one's own it is a note: the file says what a node does that finds no place", async () => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "mine.yaml"), OWN);
  const { url } = await urlFor(3);
  const { exit, stderr } = await azure.run(`plan mycluster --num-nodes 4 --custom-data mine.yaml --discovery-service-url ${url}`);
  expect(exit, stderr).toBe(0);
  expect(shown(stderr)).toContain("is for 3 members, and 4 would come.");
});

test("a cluster that is there has its URL, and nobody is asked again", async () => {
  const azure = ownAzure();
  const { url, asked } = await urlFor(3);
  expect(await azure.run(`mycluster --wait-for machines --discovery-service-url ${url}`)).toMatchObject({ exit: 0 });
  expect(asked.toSorted()).toEqual([`/${TOKEN}`, `/${TOKEN}/_config/size`]);
  expect(await azure.run(`mycluster --wait-for machines --num-nodes 4 --discovery-service-url ${url}`)).toMatchObject({
    exit: 0,
  });
  expect(asked).toHaveLength(2);
});
