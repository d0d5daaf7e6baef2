/**
 * `scopes.*`: what a provider offers, and a list judged scope by scope.
 */
import { judgeScopes } from "@evergrant/providers";
import {
  scopeFactsShape,
  scopeJudgementShape,
  scopeLedgerEntryShape,
  scopesCheckInput,
  scopesLedgerInput,
  scopesListInput,
} from "@evergrant/schema";
import { z } from "zod";
import type { Authority } from "../authority.ts";
import type { Caller } from "../callers.ts";
import { findConnection } from "../connection-reads-store.ts";
import { EvergrantError } from "../errors.ts";
import { reachesConnection, reachesIntegration } from "../reach.ts";
import { listScopeLedger } from "../scope-ledger-store.ts";
import { procedure, router } from "../trpc.ts";

export const scopes = router({
  list: procedure
    .input(scopesListInput)
    .output(z.array(scopeFactsShape.partial().extend({ scope: z.string() })))
    .query(async ({ ctx: { authority, caller }, input }) => {
      const { facts } = await factsOf(authority, caller, input.integration);
      return Object.entries(facts.scopes ?? {}).map(([scope, each]) => ({ scope, ...each }));
    }),

  ledger: procedure
    .input(scopesLedgerInput)
    .output(z.array(scopeLedgerEntryShape))
    .query(async ({ ctx: { authority, caller }, input }) => {
      const found = await findConnection(authority.database, input.connectionId);
      if (found === null || !reachesConnection(caller, found.connection)) {
        throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
      }
      return listScopeLedger(authority.database, input.connectionId);
    }),

  check: procedure
    .input(scopesCheckInput)
    .output(z.array(scopeJudgementShape))
    .query(async ({ ctx: { authority, caller }, input }) => {
      const { integration, facts } = await factsOf(authority, caller, input.integration);
      return judgeScopes(input.scopes, {
        provider: facts,
        allowUnlistedScopes: integration.allowUnlistedScopes,
        ceiling: [...integration.scopes, ...integration.optionalScopes],
      });
    }),
});

async function factsOf(authority: Authority, caller: Caller, id: string) {
  const integration = reachesIntegration(caller, id) ? await authority.integrations.find(id) : null;
  if (integration === null) throw new EvergrantError("unknown_integration", `integration: there is none named "${id}"`);
  return { integration, facts: (await authority.integrations.serverOf(integration)).facts };
}
