/** How work ends that may stop half-way: its document with `--json`, what is done, or why it stopped. */
import { advised } from "../../core/advice/advice.ts";
import type { Documents } from "../../core/documents.ts";
import { type ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import { short } from "../../report/short.ts";
import type { Invocation } from "../invocation.ts";
import type { Session } from "../session.ts";
import { adviceContext } from "../typed-command.ts";

export interface WorkOutcome<Document> {
  /** How far it came, also when it stopped. */
  readonly document: Document;
  readonly error?: ClusterError;
}

/**
 * @param done says on the screen what was done
 * @throws ClusterError why it stopped, where no document tells how far it came
 */
export function endWith<Document extends Documents[keyof Documents]>(
  session: Session,
  invocation: Invocation,
  { document, error }: WorkOutcome<Document>,
  done: (document: Document) => void,
): ExitCode {
  session.endReport();
  session.hand(document);
  if (error === undefined) {
    done(document);
    return EXIT.done;
  }
  if (invocation.given.json !== true) throw error;
  const known = advised(error, adviceContext(invocation));
  session.say(short([known.message, known.advice].filter(Boolean).join("\n"), { own: true }));
  return known.exit;
}
