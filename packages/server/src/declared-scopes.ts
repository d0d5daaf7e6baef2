/**
 * The ceiling: what an integration declares is all that anybody may ask for through it.
 */
import { judgeScopes } from "@evergrant/providers";
import { EvergrantError } from "./errors.ts";
import type { Integration } from "./integrations.ts";

/**
 * Refuses scopes outside an integration's `scopes` and `optionalScopes`; what these imply, or spell otherwise, is inside.
 *
 * @param field The input field that named them.
 * @throws {EvergrantError} `scope_not_declared`, naming them and the mend.
 */
export function refuseUndeclaredScopes(integration: Integration, field: string, asked: readonly string[]): void {
  const ceiling = [...integration.scopes, ...integration.optionalScopes];
  const undeclared =
    integration.server.kind === "facts"
      ? judgeScopes(asked, { provider: integration.server.facts, allowUnlistedScopes: integration.allowUnlistedScopes, ceiling })
          .filter(({ scope, verdict }) => verdict === "excess" || (verdict === "unknown" && !ceiling.includes(scope)))
          .map(({ scope, nearest }) => (nearest[0] === undefined ? scope : `${scope} (did you mean ${nearest[0]}?)`))
      : asked.filter((scope) => !ceiling.includes(scope));
  if (undeclared.length === 0) return;
  throw new EvergrantError(
    "scope_not_declared",
    `${field}: ${undeclared.join(", ")} not declared by integration "${integration.id}"; add it to its scopes or optionalScopes`,
  );
}
