import { Secret, inlineProviderShape, revealingJson } from "@evergrant/schema";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTokenResponse } from "./token-response.ts";

const facts = inlineProviderShape.parse({
  authorizationEndpoint: "https://as.example/authorize",
  tokenEndpoint: "https://as.example/token",
});
const now = () => new Date("2026-01-01T00:00:00Z");
const answerTo = (body: unknown, init: ResponseInit = {}, more: Partial<typeof facts> = {}) =>
  readTokenResponse(new Response(typeof body === "string" ? body : JSON.stringify(body), init), { ...facts, ...more }, now);
/** The same with its secrets in the clear, to be compared. */
const read = async (...given: Parameters<typeof answerTo>): Promise<unknown> => JSON.parse(revealingJson(await answerTo(...given)));

const form = { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" };

describe("readTokenResponse", () => {
  it.each([
    ["as RFC 6749 has it", { access_token: "a", token_type: "Bearer", expires_in: 3600, refresh_token: "r", scope: "x y" }],
    ["in other clothes", { access_token: "a", token_type: "bearer", expires_in: "3600", refresh_token: "r", scope: ["x", "y"] }],
    ["with commas and no type", { access_token: "a", expires_in: 3600.9, refresh_token: "r", scope: "x,y" }],
    ["with spaces about a number", { access_token: "a", expires_in: " 3600 ", refresh_token: "r", scope: "x y" }],
    ["after a byte order mark", '\uFEFF{"access_token":"a","expires_in":3600,"refresh_token":"r","scope":"x y"}'],
    ["as a form", new URLSearchParams({ access_token: "a", token_type: "bearer", expires_in: "3600", refresh_token: "r", scope: "x y" })],
  ])("takes a token response %s", async (_name, body) => {
    const answer = body instanceof URLSearchParams ? await readTokenResponse(new Response(body), facts, now) : await answerTo(body);
    expect(JSON.parse(revealingJson(answer))).toEqual({
      kind: "tokens",
      tokenSet: {
        accessToken: "a",
        tokenType: "Bearer",
        refreshToken: "r",
        scopes: ["x", "y"],
        expiresInSeconds: 3600,
        refreshTokenExpiresInSeconds: null,
        captured: {},
        account: null,
      },
      idToken: null,
    });
  });

  it.each([
    ["absent", undefined],
    ["nought, which some servers send for no expiry", 0],
    ["negative", -1],
    ["no number", "soon"],
    ["an object", {}],
  ])("takes expires_in for unknown where it is %s", async (_name, expiresIn) => {
    expect(await read({ access_token: "a", expires_in: expiresIn })).toMatchObject({
      tokenSet: { expiresInSeconds: null, refreshToken: null, scopes: null },
    });
  });

  it.each([
    [{ error: "bad_refresh_token" }, {}, {}, { error: "bad_refresh_token", succeeded: false }],
    [{ ok: false, error: "token_revoked" }, {}, { responseAdapter: "ok_false" } as const, { error: "token_revoked" }],
    [{ ok: false }, {}, { responseAdapter: "ok_false" } as const, { error: "unknown_error" }],
    [{ error: "invalid_grant" }, { status: 403 }, {}, { status: 403, error: "invalid_grant" }],
    ["<html>go away</html>", { status: 403 }, {}, { status: 403, error: null, succeeded: false }],
    ["<html>welcome</html>", {}, {}, { status: 200, error: null, succeeded: true }],
    [{ access_token: "" }, {}, {}, { error: null, succeeded: true }],
    [{ access_token: "a" }, { status: 500 }, {}, { status: 500, error: null }],
    ["error=invalid_grant&error_description=gone", { status: 400, headers: form }, {}, { status: 400, error: "invalid_grant" }],
    ["error=invalid_grant", { status: 400, headers: { "content-type": "text/html" } }, {}, { status: 400, error: null }],
  ])("finds no token in %j", async (body, init, more, error) => {
    expect(await read(body, init, more)).toMatchObject({ kind: "error", error });
  });

  it.each([
    ["authed_user", { ok: true, authed_user: { access_token: "u", scope: "a" }, access_token: "b" }, { accessToken: "u", scopes: ["a"] }],
    ["authed_user", { ok: true, access_token: "b", scope: "x" }, { accessToken: "b", scopes: ["x"] }],
    [
      "status_body",
      { status: 0, body: { access_token: "w", scope: "a,b", expires_in: 60 } },
      { accessToken: "w", scopes: ["a", "b"], expiresInSeconds: 60 },
    ],
  ] as const)("%s: finds the token in %j", async (responseAdapter, body, tokenSet) => {
    expect(await read(body, {}, { responseAdapter })).toMatchObject({ kind: "tokens", tokenSet });
  });

  it("names an account by its whole id, or not at all", async () => {
    const more = { accountIn: { source: "token_response", idPath: "id", labelPath: "name" } as const };
    expect(await read('{"access_token":"a","id":9007199254740993}', {}, more)).toMatchObject({
      tokenSet: { account: { id: "9007199254740993" } },
    });
    expect(await read({ access_token: "a", id: "x".repeat(257) }, {}, more)).toMatchObject({ tokenSet: { account: null } });
  });

  it("reads members under the provider's names, and what it captures", async () => {
    const more = {
      tokenFields: { scope: "granted.list", expiresIn: "expires_in", expiresAt: "ends", refreshTokenExpiresIn: "x_refresh" },
      captures: { callback: [], token: ["instance_url", "team.id"] },
      accountIn: { source: "token_response", idPath: "team.id", labelPath: "team.name" } as const,
    };
    const body = {
      access_token: "a",
      granted: { list: "x y" },
      ends: "2026-01-01T01:00:00Z",
      x_refresh: 90,
      instance_url: "https://one.example",
      team: { id: 5, name: "Five" },
      id_token: "e30.e30.x",
    };
    expect(await read(body, {}, more)).toMatchObject({
      tokenSet: {
        scopes: ["x", "y"],
        expiresInSeconds: 3600,
        refreshTokenExpiresInSeconds: 90,
        captured: { instance_url: "https://one.example", "team.id": "5" },
        account: { id: "5", label: "Five" },
      },
      // As it came: nobody has validated it here.
      idToken: "e30.e30.x",
    });
  });

  it.each([
    [{ status: "BAD_REFRESH_TOKEN" }, "status", ["BAD_REFRESH_TOKEN"]],
    [{ error: { code: 190, message: "expired" } }, "error.code", ["190"]],
    [{ error: "invalid_request", error_codes: [1, 700082] }, "error_codes", ["700082"]],
  ] as const)("%j means invalid_grant by the provider's error map", async (body, member, codes) => {
    expect(await read(body, { status: 400 }, { errorMap: [{ member, codes, means: "invalid_grant" }] })).toMatchObject({
      kind: "error",
      error: { error: "invalid_grant" },
    });
  });

  it("takes a rule with words for what it is only where they are said", async () => {
    const errorMap = [{ member: "error", codes: ["invalid_request"], containing: "Token was Invalid", means: "invalid_grant" as const }];
    const said = { error: "invalid_request", error_description: "Value passed for the token was invalid." };
    expect(await read(said, { status: 400 }, { errorMap })).toMatchObject({ error: { error: "invalid_grant" } });
    expect(await read({ error: "invalid_request" }, { status: 400 }, { errorMap })).toMatchObject({ error: { error: "invalid_request" } });
  });

  it("reads Retry-After in both forms, counted from now, and caps it at a day", async () => {
    const retryAfter = async (value: string) => {
      const answer = await answerTo({}, { status: 429, headers: { "retry-after": value } });
      return answer.kind === "error" ? answer.error.retryAfterSeconds : undefined;
    };
    expect(await retryAfter("7")).toBe(7);
    expect(await retryAfter("Thu, 01 Jan 2026 00:01:00 GMT")).toBe(60);
    expect(await retryAfter("Thu, 01 Jan 2020 00:01:00 GMT")).toBe(0);
    expect(await retryAfter("999999999")).toBe(86_400);
    expect(await retryAfter("soon")).toBeNull();
  });

  it("never throws, whatever a server sends", async () => {
    const values = fc.oneof(fc.jsonValue(), fc.string());
    const members = fc.constantFrom("access_token", "token_type", "expires_in", "refresh_token", "scope", "error", "ok");
    const bodies = fc.oneof(fc.string(), fc.jsonValue(), fc.dictionary(members, values));
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 200, max: 599 }), async (body, status) => {
        fc.pre(![204, 205, 304].includes(status));
        const answer = await answerTo(body, { status });
        const { accessToken, expiresInSeconds } =
          answer.kind === "tokens" ? answer.tokenSet : { accessToken: new Secret("none"), expiresInSeconds: null };
        expect(accessToken.reveal()).not.toBe("");
        expect(expiresInSeconds ?? 1).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
