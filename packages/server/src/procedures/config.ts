/**
 * `config.*`: integrations, from the file and put at run time. A secret goes in and never comes out.
 */
import {
  configGetInput,
  configPutInput,
  configPutResult,
  configRemoveInput,
  configRemoveResult,
  integrationViewShape,
} from "@evergrant/schema";
import { z } from "zod";
import { EvergrantError } from "../errors.ts";
import { viewIntegration } from "../integration-view.ts";
import { putIntegration, removeIntegration } from "../put-integration.ts";
import { reachesIntegration } from "../reach.ts";
import { procedure, router } from "../trpc.ts";

export const config = router({
  list: procedure.output(z.array(integrationViewShape)).query(async ({ ctx: { authority, caller } }) => {
    const integrations = await authority.integrations.list();
    return integrations.filter(({ id }) => reachesIntegration(caller, id)).map((integration) => viewIntegration(authority, integration));
  }),

  get: procedure
    .input(configGetInput)
    .output(integrationViewShape)
    .query(async ({ ctx: { authority, caller }, input }) => {
      const integration = reachesIntegration(caller, input.integration) ? await authority.integrations.find(input.integration) : null;
      if (integration === null) throw new EvergrantError("unknown_integration", `integration: there is none named "${input.integration}"`);
      return viewIntegration(authority, integration);
    }),

  put: procedure
    .input(configPutInput)
    .output(configPutResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      if (!reachesIntegration(caller, input.integration))
        throw new EvergrantError("permission_denied", "integration: this API key is for other integrations");
      const { integration, strandedConnections } = await putIntegration(authority, input);
      return { integration: viewIntegration(authority, integration), strandedConnections };
    }),

  remove: procedure
    .input(configRemoveInput)
    .output(configRemoveResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      if (!reachesIntegration(caller, input.integration))
        throw new EvergrantError("permission_denied", "integration: this API key is for other integrations");
      return removeIntegration(authority, input);
    }),
});
