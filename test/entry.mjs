/** The command line as a process of its own, from its sources: for tests that kill it. */
import { runProcess } from "../src/cli/main.ts";

await runProcess();
