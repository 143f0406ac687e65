/** All that needs Azurite, in one process: to start it takes longer than most of what is tried with it. */
import { afterAll } from "vitest";
import { endAzurite } from "./azurite.ts";
import "./credentials.ts";
import "./upload.ts";
import "../../cli/own-image.ts";

afterAll(endAzurite);
