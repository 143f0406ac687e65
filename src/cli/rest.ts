/**
 * The rest of the program: what is loaded when it is needed, and could not be any more after an upgrade of the package under a running
 * command. In a checkout there is nothing to do here: the bundle has a file of this name that knows its own parts (.ci/bundle.mjs).
 */
export const loadRest = (): Promise<void> => Promise.resolve();
