/** Lines of bytes: any cutting into chunks gives the same lines; what is too long is cut and told; who has to wait is paused. */
import { array, assert, constantFrom, integer, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { inOrder } from "../../src/nodes/in-order.ts";
import { LINE_BYTES, beginning, lineSplitter } from "../../src/nodes/output-lines.ts";
import { shownLine, shownOutput } from "../../src/nodes/shown-output.ts";

const split = (chunks: readonly Uint8Array[]): [string, number][] => {
  const lines: [string, number][] = [];
  const splitter = lineSplitter((bytes, length) => lines.push([bytes.toString("latin1"), length]));
  for (const chunk of chunks) splitter.add(Buffer.from(chunk));
  splitter.end();
  splitter.end();
  return lines;
};

/** Bytes with many line ends. */
const bytes = uint8Array({ maxLength: 60 }).map((all) => all.map((byte) => (byte < 40 ? 10 : byte)));

test("chunks are joined and lines are split, byte for byte", () => {
  assert(
    property(array(bytes), (chunks) => {
      const whole = Buffer.concat(chunks).toString("latin1");
      const lines = whole.split("\n");
      if (lines.at(-1) === "") lines.pop();
      expect(split(chunks)).toEqual(lines.map((line) => [line, line.length]));
    }),
  );
});

test("a line of any length is cut to 64 KiB, and its length is told; the next one is whole", () => {
  const x = Buffer.alloc(LINE_BYTES, "x");
  const cut = "x".repeat(LINE_BYTES);
  expect(split([x])).toEqual([[cut, LINE_BYTES]]);
  expect(split([Buffer.concat([x, Buffer.from("y\nnext\n")])])).toEqual([
    [cut, LINE_BYTES + 1],
    ["next", 4],
  ]);
  expect(split([x, x, x, Buffer.from("\nnext")])).toEqual([
    [cut, 3 * LINE_BYTES],
    ["next", 4],
  ]);
});

test("150 MB that come byte by byte or in one line take no memory", () => {
  const before = process.memoryUsage().rss;
  const chunk = Buffer.alloc(32 << 10, "x");
  const seen: [number, number][] = [];
  const splitter = lineSplitter((line, length) => seen.push([line.length, length]));
  for (let sent = 0; sent < 150 << 20; sent += chunk.length) splitter.add(chunk);
  for (let sent = 0; sent < 1 << 20; sent++) splitter.add(chunk.subarray(0, 1));
  splitter.end();
  expect(seen).toEqual([[LINE_BYTES, 151 << 20]]);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20); // others' garbage is in it
});

test("a beginning keeps whole characters, and counts the rest", () => {
  const kept = beginning(5);
  for (const part of ["aä", "ä€", "€"]) kept.add(Buffer.from(part));
  expect([kept.text(), kept.bytes()]).toEqual(["aää", 11]);
  const odd = beginning(4);
  odd.add(Buffer.from("aä€"));
  expect(odd.text()).toBe("aä");
  const whole = beginning(6);
  whole.add(Buffer.from("aä€"));
  expect(whole.text()).toBe("aä€");
});

test("the first node's lines go on at once, the others' when all before have ended; who has a MiB waiting is paused", () => {
  const out: string[] = [];
  const flows: string[] = [];
  const order = inOrder(3, ({ name }) => out.push(name));
  const line = (position: number, size = 1): void =>
    order.line(position, { index: position, name: `${position}`, stream: "stdout", bytes: Buffer.alloc(size) });
  for (const position of [0, 1, 2])
    order.flows(position, { pause: () => flows.push(`pause ${position}`), resume: () => flows.push(`resume ${position}`) });
  line(0);
  line(2);
  for (let more = 0; more < 17; more++) line(1, LINE_BYTES);
  expect([out, [...new Set(flows)]]).toEqual([["0"], ["pause 1"]]);
  order.ended(2);
  order.ended(0);
  expect(out).toEqual(["0", ...Array.from({ length: 17 }, () => "1")]);
  order.ended(1);
  expect([out.at(-1), flows.slice(-2)]).toEqual(["2", ["resume 1", "resume 2"]]);
});

test.each([
  ["a title", "\u001B]0;owned\u0007", "^[]0;owned^G"],
  ["a clipboard", "\u001B]52;c;aGk=\u001B\\", "^[]52;c;aGk=^[\\"],
  ["a screen", "\u001B[2J\u001B[H", "^[[2J^[[H"],
  ["a forged label", "x\rnode-1 | all is well", "x^Mnode-1 | all is well"],
  ["backspaces", "ab\b\bcd\u007F", "ab^H^Hcd^?"],
  ["an 8-bit control sequence", "\u009B2J\u0085", "<U+009B>2J<U+0085>"],
  ["text from right to left", "a\u202Ecba\u2066", "a<U+202E>cba<U+2066>"],
  ["what cannot be seen", "a\u200Bb\uFEFF\u{E0041}", "a<U+200B>b<U+FEFF><U+E0041>"],
  ["line ends of Unicode", "a\u2028b\u2029", "a<U+2028>b<U+2029>"],
  ["the end of a line of DOS", "text\r", "text"],
  ["text", "Grüße\t日本 €", "Grüße\t日本 €"],
])("on a terminal %s is shown, not obeyed", (_, raw, expected) => expect(shownLine(Buffer.from(raw))).toBe(expected));

test("bytes that are no UTF-8 are no control characters either", () =>
  expect(shownLine(Buffer.from([0x61, 0x9b, 0x32, 0x4a, 0xff]))).toBe("a\uFFFD2J\uFFFD"));

test("a stream is shown as a whole is, however it is cut", () => {
  assert(
    property(array(constantFrom("a", "\r", "\n", "\r\n", "ä", "\u001B[2J", "€")), integer(), (parts, seed) => {
      const whole = Buffer.from(parts.join(""));
      let text = "";
      const output = shownOutput((more) => (text += more));
      for (let at = 0, step = 1 + (Math.abs(seed) % 5); at < whole.length; at += step) output.add(whole.subarray(at, at + step));
      output.end();
      const steps = { "\r\n": "\n", "\r": "^M", "\u001B": "^[" } as Record<string, string>;
      expect(text).toBe(whole.toString().replaceAll(/\r\n|\r|\p{Cc}(?=\[)/gu, (found) => steps[found] ?? ""));
    }),
  );
});
