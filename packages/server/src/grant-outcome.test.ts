import { describe, expect, it } from "vitest";
import { outcomeOfTokenError } from "./grant-outcome.ts";

describe("outcomeOfTokenError", () => {
  it.each([
    [400, "invalid_grant", "dead_grant"],
    // Auth0 and Atlassian answer a dead refresh token with 403, others with 401 and 404.
    [403, "invalid_grant", "dead_grant"],
    [401, "invalid_grant", "dead_grant"],
    [200, "bad_refresh_token", "dead_grant"],
    [400, "consent_required", "dead_grant"],
    [503, "invalid_grant", "provider_unavailable"],
    [401, "invalid_client", "misconfigured"],
    [400, "unauthorized_client", "misconfigured"],
    [400, "invalid_scope", "misconfigured"],
    [200, "incorrect_client_credentials", "misconfigured"],
    [429, null, "rate_limited"],
    [400, "slow_down", "rate_limited"],
    [400, "temporarily_unavailable", "provider_unavailable"],
    [500, null, "provider_unavailable"],
    [504, "no_such_code", "provider_unavailable"],
    [408, null, "provider_unavailable"],
    [403, null, "unrecognized"],
    [404, null, "unrecognized"],
    [302, null, "unrecognized"],
    [400, "no_such_code", "unrecognized"],
  ] as const)("%d %s is %s", (status, error, outcome) => {
    expect(outcomeOfTokenError({ status, error, retryAfterSeconds: null, succeeded: false })).toBe(outcome);
  });

  it("a success that brought no token may have spent one", () => {
    expect(outcomeOfTokenError({ status: 200, error: null, retryAfterSeconds: null, succeeded: true })).toBe("outcome_unknown");
  });
});
