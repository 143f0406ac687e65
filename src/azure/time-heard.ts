/** What time it is where Azure is, as far as its answers tell: a machine's own clock may be hours off. */
import type { PipelinePolicy } from "@azure/core-rest-pipeline";

/** @param hear the time of an answer, in milliseconds since 1970; to the second */
export const timeHeard = (hear: (at: number) => void): PipelinePolicy => ({
  name: "timeHeard",
  async sendRequest(request, next) {
    const response = await next(request);
    const at = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(at)) hear(at);
    return response;
  },
});
