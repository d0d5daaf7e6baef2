/**
 * `apiKeys.*`: keys for backends. A key is shown once, when it is made.
 */
import { apiKeyViewShape, apiKeysCreateInput, apiKeysCreateResult, apiKeysRevokeInput } from "@evergrant/schema";
import { z } from "zod";
import { listApiKeys, revokeApiKey } from "../api-keys-store.ts";
import { apiKeyView, createApiKey } from "../callers.ts";
import { procedure, router } from "../trpc.ts";

export const apiKeys = router({
  create: procedure
    .input(apiKeysCreateInput)
    .output(apiKeysCreateResult)
    .mutation(async ({ ctx: { authority }, input }) => createApiKey(authority, input)),

  list: procedure
    .output(z.array(apiKeyViewShape))
    .query(async ({ ctx: { authority } }) => (await listApiKeys(authority.database)).map((row) => apiKeyView(row))),

  revoke: procedure
    .input(apiKeysRevokeInput)
    .output(z.object({ revoked: z.boolean() }))
    .mutation(async ({ ctx: { authority }, input }) => ({ revoked: await revokeApiKey(authority.database, input.id, authority.now()) })),
});
