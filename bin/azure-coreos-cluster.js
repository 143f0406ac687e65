#!/usr/bin/env node
import { enableCompileCache } from "node:module";
enableCompileCache?.();
const { run } = await import("../dist/main.js");
await run();
