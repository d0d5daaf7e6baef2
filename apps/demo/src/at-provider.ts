/**
 * What the owner of an account may do in the provider's own settings, behind the app's back.
 */
import type { Sandbox } from "@evergrant/sandbox";
import type { Evergrant } from "./evergrant.ts";
import type { User } from "./users.ts";

/** Ends the grants of a user's accounts at the provider. Evergrant is not told. */
export async function revokeAtProvider(sandbox: Sandbox, evergrant: Evergrant, user: User): Promise<void> {
  for (const account of await accountsOf(evergrant, user)) sandbox.revokeGrant({ account });
}

/** Ends their access tokens before their time; the grants live on. */
export async function endTokensAtProvider(sandbox: Sandbox, evergrant: Evergrant, user: User): Promise<void> {
  for (const account of await accountsOf(evergrant, user)) sandbox.endAccessTokens(account);
}

async function accountsOf(evergrant: Evergrant, { id }: User): Promise<string[]> {
  const { connections } = await evergrant.connections.list({ integration: "sandbox", subject: id, status: "active" });
  return connections.flatMap(({ account }) => (account === null ? [] : [account.id]));
}
