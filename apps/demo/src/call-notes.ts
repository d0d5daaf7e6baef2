/**
 * One call of the provider's API as one of our users.
 */
import type { Evergrant } from "./evergrant.ts";
import type { User } from "./users.ts";

/** The token comes from memory while it is fresh, is refreshed when it is due, and once more where the API refuses it. */
export async function callNotes(evergrant: Evergrant, user: User, request: Request): Promise<Response> {
  const answer = await evergrant.tokens.get({
    integration: "sandbox",
    subject: user.id,
    requireScopes: request.method === "POST" ? ["notes:write"] : ["notes:read"],
  });
  if (answer.status !== "active") return Response.json({ error: answer.status }, { status: 409 });
  return evergrant.fetch(answer.connectionId)(request);
}
