import type { TokenAnswer } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { active } from "../test/fake-evergrant.ts";
import {
  EvergrantRequestError,
  EvergrantUnreachableError,
  MissingScopesError,
  NotConnectedError,
  ProviderUnavailableError,
  ReauthorizationRequiredError,
} from "./errors.ts";
import { requireActive } from "./require-active.ts";

const connectionId = "con_00000001";
const authorizeUrl = "https://evergrant.test/connect/sealed";
const retryAt = "2030-01-01T00:00:00.000Z";

function thrownBy(answer: TokenAnswer): unknown {
  try {
    return requireActive(answer);
  } catch (error) {
    return error;
  }
}

describe("an answer without a token", () => {
  it.each<[new (answer: never) => Error, TokenAnswer, Record<string, unknown>, RegExp]>([
    [
      ReauthorizationRequiredError,
      { status: "reauthorization_required", connectionId, reason: "grant_expired", authorizeUrl },
      { code: "reauthorization_required", connectionId, reason: "grant_expired", authorizeUrl },
      /^Connection con_00000001 has to be authorized again \(grant_expired\): send its owner to this error's authorizeUrl\.$/,
    ],
    [
      MissingScopesError,
      { status: "missing_scopes", connectionId, missingScopes: ["repo", "gist"], grantedScopes: ["read"], authorizeUrl },
      { code: "missing_scopes", connectionId, missingScopes: ["repo", "gist"], grantedScopes: ["read"], authorizeUrl },
      /^Connection con_00000001 lacks the scopes repo, gist: send its owner to this error's authorizeUrl\.$/,
    ],
    [
      NotConnectedError,
      { status: "not_connected", integration: "github", subject: "alice@example.com", authorizeUrl },
      { code: "not_connected", integration: "github", subject: "alice@example.com", authorizeUrl },
      /^This subject has no connection at github: send them to this error's authorizeUrl\.$/,
    ],
    [
      ProviderUnavailableError,
      { status: "unavailable", connectionId, reason: "rate_limited", retryAt },
      { code: "unavailable", connectionId, reason: "rate_limited", retryAt: new Date(retryAt) },
      /^Connection con_00000001 has no token at present; its provider asks for patience: try again after 2030-01-01T00:00:00\.000Z\.$/,
    ],
  ])("becomes a %o that says what to do next", (type, answer, fields, message) => {
    const error = thrownBy(answer);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ ...fields, name: type.name, message: expect.stringMatching(message) });
  });

  it("with one is that answer", () => {
    expect(requireActive(active())).toEqual(active());
  });
});

it("every class has a code of its own, by which errors can be told apart where classes cannot", () => {
  const answer = { connectionId, authorizeUrl, retryAt };
  const errors = [
    new ReauthorizationRequiredError({ ...answer, reason: "grant_revoked" }),
    new MissingScopesError({ ...answer, missingScopes: [], grantedScopes: [] }),
    new NotConnectedError({ integration: "github", subject: "alice", authorizeUrl }),
    new ProviderUnavailableError({ ...answer, reason: "misconfigured" }),
    new EvergrantUnreachableError("gone", null),
    new EvergrantRequestError("no", { procedure: "tokens.get", reason: null, httpStatus: 403 }),
  ];
  expect(new Set(errors.map(({ code }) => code)).size).toBe(errors.length);
});
