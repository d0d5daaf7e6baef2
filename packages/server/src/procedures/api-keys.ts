/**
 * `apiKeys.*`: keys for backends. A key is shown once, when it is made.
 */
import { apiKeyViewShape, apiKeysCreateInput, apiKeysCreateResult, apiKeysRevokeInput } from "@evergrant/schema";
import { z } from "zod";
import { listApiKeys, revokeApiKey } from "../api-keys-store.ts";
import { apiKeyView, createApiKey } from "../callers.ts";
import { EvergrantError } from "../errors.ts";
import { procedure, router } from "../trpc.ts";

// A key for some integrations must not be able to make one for all.
const unlimited = procedure.use(({ ctx, next }) => {
  if (ctx.caller.integrations !== null)
    throw new EvergrantError("permission_denied", "an API key that is limited to integrations cannot manage keys");
  return next();
});

export const apiKeys = router({
  create: unlimited
    .input(apiKeysCreateInput)
    .output(apiKeysCreateResult)
    .mutation(async ({ ctx: { authority }, input }) => createApiKey(authority, input)),

  list: unlimited
    .output(z.array(apiKeyViewShape))
    .query(async ({ ctx: { authority } }) => (await listApiKeys(authority.database)).map((row) => apiKeyView(row))),

  revoke: unlimited
    .input(apiKeysRevokeInput)
    .output(z.object({ revoked: z.boolean() }))
    .mutation(async ({ ctx: { authority }, input }) => ({ revoked: await revokeApiKey(authority.database, input.id, authority.now()) })),
});
