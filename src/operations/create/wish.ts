/** What of a wish can be refused before the cluster was looked at: what is wrong of a new one, and of one that exists whatever it keeps. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { platformOf } from "../../core/spec/image.ts";
import { buildSpec } from "../../core/spec/spec.ts";

/** What can be refused without asking anybody. @throws ClusterError Usage (exit 2) */
export function checkWish(name: string, given: Partial<FlagValues>): void {
  const { platform, coreosImage } = given;
  // an image that is no platform's of the default may be that of a cluster that exists
  const fitting = platform === undefined && coreosImage !== undefined ? platformOf(coreosImage) : undefined;
  buildSpec(name, { ...(fitting && { platform: fitting }), ...given }, {}, "the wish alone");
}

/**
 * For who may not sign in, or not look: nobody can tell whether the cluster exists, and it is taken for a new one.
 * @throws ClusterError Usage (exit 2) for what a new one is refused for; else what was given
 */
export const takenForNew =
  (name: string, given: Partial<FlagValues>) =>
  (error: unknown): never => {
    if (error instanceof ClusterError && error.exit === EXIT.signIn) buildSpec(name, given);
    throw error;
  };
