// The command line from its sources, as they are: `npm run dev -- NAME --simulate`.
import { runProcess } from "../src/cli/main.ts";

await runProcess();
