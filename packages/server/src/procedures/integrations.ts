/**
 * `integrations.list`: what a connect page shows, and nothing of the configuration.
 */
import { integrationSummaryShape } from "@evergrant/schema";
import { z } from "zod";
import { summarizeIntegration } from "../integration-view.ts";
import { reachesIntegration } from "../reach.ts";
import { procedure, router } from "../trpc.ts";

export const integrations = router({
  list: procedure.output(z.array(integrationSummaryShape)).query(async ({ ctx: { authority, caller } }) => {
    const all = await authority.integrations.list();
    return all.filter(({ id }) => reachesIntegration(caller, id)).map((integration) => summarizeIntegration(integration));
  }),
});
