// The README's picture: the terminal of a rehearsal, a minute into a create, as docs/terminal.svg. The run is the real command line over the
// simulation, with the same seed and the same virtual time whenever it is drawn: `node .ci/picture.mjs` writes it, `--check` fails when
// what it says above the moving part is not current (how far a run is at that moment, every change of a schedule moves). It is text,
// readable in light and dark.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../src/cli/main.ts";
import { realPulse } from "../src/report/live.ts";
import { createVirtualClock } from "../src/sim/clock.ts";

const COMMAND = "azure-coreos-cluster mycluster --num-nodes 3 --deis --simulate=10x";
const START = Date.UTC(2026, 10, 22, 12);
const SHOWN_AT_MS = 8_000;
const SIZE = { columns: 92, rows: 60 };
const CELL = { width: 8.4, height: 19, margin: 18 };

const file = fileURLToPath(new URL("../docs/terminal.svg", import.meta.url));
const settled = (picture) => picture.slice(picture.indexOf("<text"), picture.indexOf("<g>"));
const draw = async () => svg(screenOf(`$ ${COMMAND}\n${await rehearse()}`));

/** Whether it still says what a rehearsal does. */
export const isCurrent = async () => settled(readFileSync(file, "utf8")) === settled(await draw());

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== "--check") writeFileSync(file, await draw());
  else if (!(await isCurrent())) {
    console.error(`${file} is not current: \`node .ci/picture.mjs\` draws it anew`);
    process.exitCode = 1;
  }
}

/** What the screen got until then. */
async function rehearse() {
  const dir = mkdtempSync(join(tmpdir(), "picture-"));
  const clock = createVirtualClock(START);
  // frames are drawn by real time, which is never the same twice: here at events, by the run's own time
  const pulse = { ...realPulse };
  Object.assign(realPulse, { now: clock.now, every: () => () => undefined });
  let seed = 1;
  let text = "";
  const stdout = { write: () => undefined, isTTY: true, ...SIZE };
  const stderr = { ...stdout, write: (part) => clock.now() - START <= SHOWN_AT_MS && (text += part) };
  try {
    await main({
      argv: COMMAND.split(" ").slice(1),
      env: {},
      cwd: dir,
      stdout,
      stderr,
      interactive: false,
      clock,
      random: (bytes) => Uint8Array.from({ length: bytes }, () => (seed = (seed * 16_807) % 2_147_483_647) % 256),
      ask: () => Promise.resolve(undefined),
      onInterrupt: () => () => undefined,
    });
  } finally {
    Object.assign(realPulse, pulse);
    rmSync(dir, { recursive: true });
  }
  return text;
}

/** Lines of pieces of one style, as a terminal shows them, and the first of those that are drawn again and again. It knows what our screens write: colour, up, clear. */
function screenOf(text) {
  const lines = [[]];
  let [row, style, frame] = [0, new Set(), Infinity];
  const STYLES = { 1: ["add", "strong"], 2: ["add", "dim"], 22: ["delete", "strong", "dim"], 31: ["add", "bad"], 32: ["add", "good"], 39: ["delete", "bad", "good"] };
  for (const [part, number, verb] of text.matchAll(/\u001B\[\??(\d*)([A-Za-z])|\n|\r|[^\u001B\n\r]+/g)) {
    if (part === "\n") lines[(row += 1)] ??= [];
    else if (part === "\r") lines[row] = [];
    else if (verb === "A") {
      // a frame is always drawn anew as a whole
      lines.length = row - Number(number);
      lines[(row -= Number(number))] = [];
      frame = Math.min(frame, row);
    }
    else if (verb === "J") lines.length = row + 1;
    else if (verb === "m") {
      const [how, ...names] = STYLES[number];
      for (const name of names) style[how](name);
    } else if (verb === undefined) {
      // a line is always written from its beginning
      lines[row].push({ text: part, style: [...style].join(" ") });
    }
  }
  return { lines: lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1), frame };
}

function svg({ lines, frame }) {
  const [width, height] = [SIZE.columns * CELL.width + 2 * CELL.margin, lines.length * CELL.height + 2 * CELL.margin];
  const rows = lines.map((pieces, row) => {
    let column = 0;
    const y = CELL.margin + (row + 0.75) * CELL.height;
    // each word or run of words has its own place: programs do not agree on what becomes of spaces
    const spans = pieces.flatMap(({ text, style }) => text.split(/(^ +| {2,})/).map((part) => ({ text: part, style }))).map(({ text, style }) => {
      const at = [column, (column += [...text].length)].map((cells) => Math.round(cells * CELL.width * 10) / 10);
      if (text.trim() === "") return "";
      const kind = style === "" ? "" : ` class="${style}"`;
      return `<tspan x="${CELL.margin + at[0]}" textLength="${Math.round((at[1] - at[0]) * 10) / 10}" lengthAdjust="spacingAndGlyphs"${kind}>${escaped(text)}</tspan>`;
    });
    return spans.join("") === "" ? "" : `<text y="${y}">${spans.join("")}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(COMMAND)}</title>
<style>
rect { fill: #f6f8fa; stroke: #d0d7de }
text { fill: #1f2328; font: 14px ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace }
.strong { font-weight: bold } .dim { fill: #656d76 } .good { fill: #1a7f37 } .bad { fill: #cf222e }
@media (prefers-color-scheme: dark) {
rect { fill: #161b22; stroke: #30363d } text { fill: #e6edf3 } .dim { fill: #8b949e } .good { fill: #3fb950 } .bad { fill: #f85149 }
}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${rows.slice(0, frame).join("")}<g>
${rows.slice(frame).join("")}</g>
</svg>
`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
