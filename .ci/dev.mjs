// The command line from its sources, as they are: `npm run dev -- NAME --simulate`.
import { run } from "../src/cli/main.ts";

await run();
