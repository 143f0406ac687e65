/** Custom data is never shown again, but a second PUT must not change it: a digest is all that is kept. */
import { createHash } from "node:crypto";

export const digest = (value: string): string => createHash("sha256").update(value).digest("hex");
