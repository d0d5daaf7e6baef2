/**
 * `tokens.*`: a working access token at every call, or why there is none.
 */
import {
  type TokenAnswer,
  tokenAnswerShape,
  tokenStatusShape,
  tokensGetInput,
  tokensRefreshInput,
  tokensStatusInput,
} from "@evergrant/schema";
import { concerning } from "../acting.ts";
import type { Authority } from "../authority.ts";
import { reconnectBy } from "../connection-view.ts";
import { EvergrantError } from "../errors.ts";
import { reachesConnection, requireIntegration, requireSubject } from "../reach.ts";
import { type TokenRequest, readAccessToken } from "../read-access-token.ts";
import { findRefreshTokenExpiry, readTokenSets } from "../token-set-reads-store.ts";
import { procedure, router } from "../trpc.ts";

export const tokens = router({
  get: procedure
    .input(tokensGetInput)
    .meta({ answer: tokenAnswerShape })
    .query(async ({ ctx: { authority, caller }, input }) => {
      if (input.integration !== undefined) requireIntegration(caller, input.integration);
      if (!("connectionId" in input)) requireSubject(caller, input.subject);
      return counted(authority, {
        reference:
          "connectionId" in input
            ? { connectionId: input.connectionId }
            : { integrationId: input.integration, subject: input.subject, accountId: input.accountId },
        reach: input.integration === undefined ? caller : { ...caller, integrations: [input.integration] },
        minValiditySeconds: input.minValiditySeconds,
        requireScopes: input.requireScopes,
      });
    }),

  refresh: procedure
    .input(tokensRefreshInput)
    .meta({ answer: tokenAnswerShape })
    .mutation(async ({ ctx: { authority, caller }, input }) =>
      counted(authority, {
        reference: { connectionId: input.connectionId },
        reach: caller,
        refusedGeneration: input.ifGeneration,
      }),
    ),

  status: procedure
    .input(tokensStatusInput)
    .output(tokenStatusShape)
    .query(async ({ ctx: { authority, caller }, input }) => {
      const row = (await readTokenSets(authority.database, input))[0];
      if (row === undefined || !reachesConnection(caller, row.connection)) {
        throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
      }
      const { connection, schedule } = row;
      concerning({ connectionId: connection.id, integrationId: connection.integrationId, subject: connection.subject });
      const integration = await authority.integrations.find(connection.integrationId);
      return {
        connectionId: input.connectionId,
        generation: schedule.generation,
        expiresAt: row.accessToken?.expiresAt?.toISOString() ?? null,
        hasRefreshToken: row.hasRefreshToken,
        refreshTokenExpiresAt: (await findRefreshTokenExpiry(authority.database, connection.id))?.toISOString() ?? null,
        reconnectBy: reconnectBy(authority, integration, connection),
        nextRefreshAt: schedule.dueAt?.toISOString() ?? null,
        lastRefreshAt: schedule.lastRefreshAt?.toISOString() ?? null,
        lastOutcome: schedule.lastOutcome,
        retryAt: schedule.retryAt?.toISOString() ?? null,
      };
    }),
});

async function counted(authority: Authority, request: TokenRequest): Promise<TokenAnswer> {
  const answer = await readAccessToken(authority, request);
  authority.metrics.answered(answer);
  return answer;
}
