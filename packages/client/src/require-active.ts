/**
 * The token answer as success or error: for callers who want a token and nothing else.
 */
import type { ActiveAnswer, TokenAnswer } from "@evergrant/schema";
import { MissingScopesError, NotConnectedError, ProviderUnavailableError, ReauthorizationRequiredError } from "./errors.ts";

/**
 * The answer, if it brings a token.
 *
 * @throws {ReauthorizationRequiredError} the grant has ended.
 * @throws {MissingScopesError} it lacks scopes that were required.
 * @throws {NotConnectedError} there is no connection.
 * @throws {ProviderUnavailableError} no token at present.
 */
export function requireActive(answer: TokenAnswer): ActiveAnswer {
  switch (answer.status) {
    case "active":
      return answer;
    case "reauthorization_required":
      throw new ReauthorizationRequiredError(answer);
    case "missing_scopes":
      throw new MissingScopesError(answer);
    case "not_connected":
      throw new NotConnectedError(answer);
    case "unavailable":
      throw new ProviderUnavailableError(answer);
  }
}
