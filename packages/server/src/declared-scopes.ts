/**
 * The ceiling: what an integration declares is all that anybody may ask for through it.
 */
import { EvergrantError } from "./errors.ts";
import type { Integration } from "./integrations.ts";

/**
 * Refuses scopes outside an integration's `scopes` and `optionalScopes`.
 *
 * @param field The input field that named them.
 * @throws {EvergrantError} `scope_not_declared`, naming them and the mend.
 */
export function refuseUndeclaredScopes(integration: Integration, field: string, asked: readonly string[]): void {
  const undeclared = asked.filter((scope) => !integration.scopes.includes(scope) && !integration.optionalScopes.includes(scope));
  if (undeclared.length === 0) return;
  throw new EvergrantError(
    "scope_not_declared",
    `${field}: ${undeclared.join(", ")} not declared by integration "${integration.id}"; add it to its scopes or optionalScopes`,
  );
}
