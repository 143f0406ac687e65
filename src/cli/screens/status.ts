/** status on a terminal: once, or again and again with --watch. What it looks at is operations/status.ts. */
import type { StatusDocument } from "../../core/documents.ts";
import { type Opening, isOpen, openingWords } from "../../core/plan/let-in.ts";
import { type Status, clusterStatus as look, withMessages } from "../../operations/status.ts";
import { renderCosts } from "../../report/cost.ts";
import { abilities } from "../../report/paint.ts";
import { renderStatus } from "../../report/status.ts";
import { columnsOf } from "../../report/wrap.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { withTypedFlags } from "../next-command.ts";
import { sayHead } from "./head.ts";
import { type Session, openSession } from "../session.ts";
import { inGroup } from "../../core/spec/in-group.ts";

const EVERY_MS = 5000;
/** A look again and again has no end of its own. */
const FOREVER_MS = 3650 * 86_400_000;

export async function statusCommand(invocation: Invocation): Promise<number> {
  const { given } = invocation;
  const watching = given.watch === true;
  const endless = watching && given.timeout === undefined;
  const open = (): Promise<Session> =>
    openSession(endless ? { ...invocation, given: { ...given, timeout: FOREVER_MS } } : invocation, { looks: true });
  const until = invocation.world.clock.now() + (given.timeout ?? FOREVER_MS);
  let session = await open();
  let seen: Status | undefined;
  try {
    for (;;) {
      seen = await lookOrEnd(session, invocation, seen);
      if (!watching || !(await again(session, until))) return seen.exit;
      // what other commands have done to a rehearsal meanwhile is in its file
      if (given.simulate === true) {
        await session.close();
        session = await open();
      }
    }
  } finally {
    await session.close();
  }
}

// --- internal ---

/** A look, or the one before where somebody ended the watching in the middle of it. */
async function lookOrEnd(session: Session, invocation: Invocation, before: Status | undefined): Promise<Status> {
  try {
    return await show(session, invocation, before?.prices);
  } catch (error) {
    if (before !== undefined && session.stop.aborted) return before;
    throw error;
  }
}

/**
 * False when it was interrupted, or has looked for as long as `--timeout` says. Whoever watches sits in real time: a rehearsal's
 * clock would make a busy loop of it, and bring its clusters to the end of their time.
 */
async function again({ world: { clock }, stop }: Session, until: number): Promise<boolean> {
  if (stop.aborted || clock.now() + EVERY_MS > until) return false;
  return clock.sleep(EVERY_MS, stop).then(
    () => true,
    (error: unknown) => {
      if (stop.aborted) return false;
      throw error;
    },
  );
}

/** @param prices of the look before; the first has none */
async function show(session: Session, invocation: Invocation, prices: Status["prices"] | undefined): Promise<Status> {
  const { given, world } = invocation;
  const first = prices === undefined;
  const head = first ? sayHead(session) : undefined;
  const complete = withTypedFlags(invocation);
  const looked = await look(session, nameArgument(invocation), {
    noNodes: given.noNodes === true,
    ...inGroup(given),
    ...(prices && { prices }),
  });
  const seen = { ...looked, document: withMessages(looked.document, complete) };
  await head;
  const { color, animate } = abilities(world.env, world.stdout);
  const framed = given.watch === true && animate && given.json !== true;
  session.hand(seen.document);
  if (given.json !== true) {
    const text = renderStatus({
      ...viewOf(seen.document, session.clock.now(), color),
      columns: columnsOf(world.stdout),
      ...(given.watch === true ? { lookedAt: world.clock.now() } : {}),
      ...(world.stdout.isTTY && given.verbose !== true ? { rows: world.stdout.rows } : {}),
      ...(framed ? { framed, rows: world.stdout.rows, ...(seen.note === undefined ? {} : { note: complete(seen.note) }) } : {}),
    });
    world.stdout.write(framed ? `\u001B[H\u001B[2J${text}` : text);
  }
  if (first)
    for (const { message } of seen.document.drift.filter(({ harm }) => harm))
      world.ci?.annotate("warning", seen.document.name, message);
  // what is drawn again would wipe it out: there it is part of the frame
  if (seen.note !== undefined && first && !framed) session.say(seen.note);
  return seen;
}

const viewOf = (document: StatusDocument, now: number, color: boolean): Parameters<typeof renderStatus>[0] => ({
  ...document,
  nodes: document.nodes.map((node) => ({
    ...node,
    ...(node.createdAt === undefined ? {} : { ageMs: now - Date.parse(node.createdAt) }),
  })),
  costs: renderCosts(document.cost),
  open: openedIn(document).filter(isOpen).map(openingWords),
  notOpen: openedIn(document)
    .filter((one) => !isOpen(one))
    .map(openingWords),
  ...(document.expires === undefined ? {} : { expiresIn: Date.parse(document.expires) - now }),
  color,
});

/** SSH stands behind the others. */
const openedIn = ({ endpoints, notOpen = [], sshFrom = ["*"] }: StatusDocument): Opening[] => [
  ...endpoints.map(({ name, port, from = ["*"] }) => ({ name, port, from })),
  ...notOpen.map((one) => ({ ...one, from: [] })),
  { name: "ssh", port: 22, from: sshFrom },
];
