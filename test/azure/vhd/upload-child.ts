/** A process that uploads argv[2] to the container argv[3], to be killed by a test. */
import { parseContainerUrl } from "../../../src/azure/vhd/container.ts";
import { openContainer } from "../../../src/azure/vhd/credentials.ts";
import { surveyVhd } from "../../../src/azure/vhd/survey.ts";
import { uploadVhd } from "../../../src/azure/vhd/upload.ts";
import { realClock } from "../../../src/operations/real-clock.ts";

const [, , file = "", url = ""] = process.argv;
const container = await openContainer({ location: parseContainerUrl(url) });
await uploadVhd({ vhd: await surveyVhd(file), container, clock: realClock, concurrency: 1 });
