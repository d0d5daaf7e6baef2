/**
 * `apiKeys.*`: keys for backends. A key is shown once, when it is made.
 */
import { apiKeyViewShape, apiKeysCreateInput, apiKeysCreateResult, apiKeysRevokeInput } from "@evergrant/schema";
import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { listApiKeys, revokeApiKey } from "../api-keys-store.ts";
import { createApiKey, viewApiKey } from "../create-api-key.ts";
import { procedure, router } from "../trpc.ts";

export const apiKeys = router({
  create: procedure
    .input(apiKeysCreateInput)
    .output(apiKeysCreateResult)
    .mutation(async ({ ctx: { authority }, input }) => {
      if (input.expiresAt !== undefined && new Date(input.expiresAt) <= authority.now())
        throw new TRPCError({ code: "BAD_REQUEST", message: "expiresAt: must be an instant to come; leave it out for a key without end" });
      return createApiKey(authority, input);
    }),

  list: procedure
    .output(z.array(apiKeyViewShape))
    .query(async ({ ctx: { authority } }) => (await listApiKeys(authority.database, authority.now())).map((row) => viewApiKey(row))),

  revoke: procedure
    .input(apiKeysRevokeInput)
    .output(z.object({ revoked: z.boolean() }))
    .mutation(async ({ ctx: { authority }, input }) => ({ revoked: await revokeApiKey(authority.database, input.id, authority.now()) })),
});
