import type { Sandbox } from "@evergrant/sandbox";
import { describe, expect, it } from "vitest";
import { present, sandboxIntegration, start, withStatus } from "./start.ts";

describe("US-INTEG-OAUTH-004: automatic token refresh", () => {
  it("API-INTEG-OAUTH-REFRESH-001: tokens are refreshed before they expire, by a read and without one", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const [read, unread] = [await evergrant.connect("alice"), await evergrant.connect("bob")];
    const before = withStatus("active", await evergrant.api.tokens.get.query({ connectionId: read }));
    evergrant.clock.advance(545_000);
    expect(evergrant.clock.now().getTime()).toBeLessThan(Date.parse(before.expiresAt ?? ""));

    // Due and valid: answered at once with what there is, and refreshed behind the answer.
    const held = evergrant.sandbox.hold("refresh");
    expect(await evergrant.api.tokens.get.query({ connectionId: read })).toMatchObject({ status: "active", generation: 1, stale: false });
    await held.arrived;
    held.release();
    // Nobody reads the other one: it is refreshed because it is due.
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 10_000 });
    for (const connectionId of [read, unread]) {
      await expect.poll(async () => (await evergrant.api.tokens.status.query({ connectionId })).generation).toBe(2);
    }
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(2);
    expect(await evergrant.api.tokens.get.query({ connectionId: read })).toMatchObject({ status: "active", generation: 2 });
  });

  it("API-INTEG-OAUTH-REFRESH-002: a failed refresh triggers re-authorization, whose link brings the connection back", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.revokeGrant({ account: "alice" });
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);

    const answer = withStatus("reauthorization_required", await evergrant.api.tokens.get.query({ connectionId }));
    expect(answer).toMatchObject({ connectionId, reason: "grant_revoked" });
    // The provider has said it once, and is not asked again.
    await evergrant.api.tokens.get.query({ connectionId });
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 1_000 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({
      status: "reauthorization_required",
      reason: "grant_revoked",
    });

    await evergrant.browser().open(answer.authorizeUrl);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", connectionId });
    const { events } = await evergrant.api.events.list.query({ connectionId });
    expect(events.map(({ type }) => type)).toEqual([
      "connection.created",
      "connection.reauthorization_required",
      "connection.reauthorized",
      "connection.recovered",
    ]);
  });

  it("API-INTEG-OAUTH-REFRESH-003: refresh is transparent: twenty callers at expiry get one new token from one refresh token grant", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const before = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
    evergrant.clock.advanceTo(before.expiresAt);

    const held = evergrant.sandbox.hold("refresh");
    const asked = Promise.all(Array.from({ length: 20 }, () => evergrant.api.tokens.get.query({ connectionId })));
    await held.arrived;
    held.release();
    const answers = await asked;

    expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, expiresInSeconds: 0, cacheSeconds: 0 }))).size).toBe(1);
    const answer = withStatus("active", answers[0]);
    expect(answer.accessToken).not.toBe(before.accessToken);
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
    const notes = await fetch(evergrant.sandbox.resourceUrl, { headers: { authorization: `Bearer ${answer.accessToken}` } });
    expect(notes.status).toBe(200);
  });

  it("API-INTEG-OAUTH-REFRESH-004: refresh procedures return 401 without authentication", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const body = JSON.stringify({ connectionId, ifGeneration: 1 });
    expect((await evergrant.app.request("/trpc/tokens.refresh", { method: "POST", body })).status).toBe(401);
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(0);
  });
});

describe("tokens.refresh", () => {
  it("spends nothing where the generation has moved on", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advance(20_000);
    const first = await evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 });
    expect(first).toMatchObject({ status: "active", generation: 2 });
    const second = await evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 });
    expect(second).toMatchObject({ status: "active", generation: 2 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
  });

  it("says what to do about a refused token that nothing can renew, and does not end the connection on one caller's word", async () => {
    await using evergrant = await start();
    evergrant.sandbox.faults.add({ on: "code", kind: "no-refresh-token" });
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 })).toMatchObject({
      status: "reauthorization_required",
      reason: "no_refresh_token",
    });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 1 });
    // Once it has expired there is no doubt left.
    evergrant.clock.advance(61_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ reason: "no_refresh_token" });
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ status: "reauthorization_required" });
  });

  it("does not refresh a set that has only just come", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 })).toMatchObject({ status: "active", generation: 1 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(0);
  });
});

describe("minValiditySeconds", () => {
  it("brings a newer token where the one at hand would end too soon, and none where no token could last that long", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advance(300_000);
    expect(await evergrant.api.tokens.get.query({ connectionId, minValiditySeconds: 200 })).toMatchObject({ generation: 1 });
    expect(await evergrant.api.tokens.get.query({ connectionId, minValiditySeconds: 6_000 })).toMatchObject({ generation: 1 });
    expect(await evergrant.api.tokens.get.query({ connectionId, minValiditySeconds: 400 })).toMatchObject({ generation: 2 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
  });
});

describe("a refresh that fails for a passing reason", () => {
  it("leaves the valid token in use, says that it is stale, and does not ask again before its time", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advance(545_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "status", status: 429, retryAfter: 40, times: "always" });
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });

    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 1, stale: true });
    expect(await evergrant.api.tokens.status.query({ connectionId })).toMatchObject({ lastOutcome: "rate_limited" });
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);

    // Expired: unavailable until Retry-After is over, then well again without anybody's help.
    evergrant.clock.advance(56_000);
    evergrant.sandbox.faults.clear();
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2, stale: false });
  });

  it.each([
    ["500", { kind: "status", status: 500 }, "provider_unavailable"],
    ["a page of HTML with 403", { kind: "html", status: 403 }, "unrecognized"],
    ["a redirect to another origin", { kind: "redirect", status: 307 }, "unrecognized"],
    ["invalid_client", { kind: "error", error: "invalid_client" }, "misconfigured"],
    ["temporarily_unavailable", { kind: "error", error: "temporarily_unavailable" }, "provider_unavailable"],
  ] as const)("%s never ends a connection", async (_name, fault, outcome) => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    evergrant.sandbox.faults.add({ on: "refresh", ...fault });

    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "unavailable" });
    expect(await evergrant.api.tokens.status.query({ connectionId })).toMatchObject({ lastOutcome: outcome });
    expect(evergrant.sandbox.counters()).toMatchObject({ trap: 0 });
    evergrant.clock.advance(60_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
  });

  it.each([
    ["expires_in as a string", { kind: "string-expires-in" }],
    ["no token_type", { kind: "no-token-type" }],
    ["scopes with commas", { kind: "comma-scopes" }],
    ["scopes as an array", { kind: "array-scopes" }],
    ["201 Created", { kind: "created" }],
  ] as const)("%s is taken as it is meant", async (_name, fault) => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const before = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    evergrant.sandbox.faults.add({ on: "refresh", ...fault });
    const answer = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
    expect(answer).toMatchObject({ generation: 2, tokenType: "Bearer" });
    expect(answer.expiresInSeconds).toBeGreaterThan(50);
    expect(answer.scopes.toSorted()).toEqual(before.scopes.toSorted());
  });

  it("a refresh token left out of the answer is the old one, kept", async () => {
    await using evergrant = await start({ sandbox: { rotation: "none" } });
    const connectionId = await evergrant.connect("alice");
    for (const generation of [2, 3]) {
      evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
      evergrant.sandbox.faults.add({ on: "refresh", kind: generation === 2 ? "no-refresh-token" : "empty-refresh-token" });
      expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation });
    }
  });

  it("without expires_in the token has no known expiry, and is refreshed when it is refused", async () => {
    await using evergrant = await start();
    evergrant.sandbox.faults.add({ on: "code", kind: "no-expires-in" });
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({
      status: "active",
      expiresAt: null,
      expiresInSeconds: null,
    });
    evergrant.clock.advance(3_600_000);
    expect(await evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 })).toMatchObject({ status: "active", generation: 2 });
  });
});

describe("a grant that nobody uses", () => {
  const day = 86_400_000;
  const withFacts = (facts: object) => ({
    config: (sandbox: Sandbox) => {
      const { issuer, authorizationEndpoint, tokenEndpoint } = sandbox;
      const offlineAccess = { scopes: ["offline_access"], parameters: { prompt: "consent" } };
      const provider = { issuer, authorizationEndpoint, tokenEndpoint, offlineAccess, ...facts };
      return { providers: { sandbox: { ...sandboxIntegration(sandbox), parameters: undefined, provider } } };
    },
  });

  it("is kept alive before its refresh token's idle limit, though its access token has no known expiry", async () => {
    await using evergrant = await start(withFacts({ refreshTokenLifetimeSeconds: 4 * 86_400 }));
    const { api, app, clock, sandbox } = evergrant;
    sandbox.faults.add({ on: "code", kind: "no-expires-in" }, { on: "refresh", kind: "no-expires-in", times: "always" });
    const connectionId = await evergrant.connect("alice");
    const born = await api.tokens.status.query({ connectionId });
    expect(born).toMatchObject({ expiresAt: null, refreshTokenExpiresAt: expect.any(String), reconnectBy: null });
    for (const round of [1, 2]) {
      const { nextRefreshAt, refreshTokenExpiresAt } = await api.tokens.status.query({ connectionId });
      expect(Date.parse(present(nextRefreshAt))).toBeLessThan(Date.parse(present(refreshTokenExpiresAt)) - 0.3 * day);
      clock.advance(3 * day);
      await app.refreshDue({ limit: 10, deadlineMs: 5_000 });
      expect(sandbox.grants("refresh_token")).toHaveLength(round - 1);
      clock.advanceTo(nextRefreshAt);
      await app.refreshDue({ limit: 10, deadlineMs: 5_000 });
      expect(sandbox.grants("refresh_token")).toHaveLength(round);
    }
    expect(await api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 3 });
  });

  it("has its idle span counted anew where the server keeps the refresh token that was used", async () => {
    await using evergrant = await start({
      ...withFacts({ refreshTokenLifetimeSeconds: 60 * 86_400, rotation: { mode: "none" } }),
      sandbox: { rotation: "none", accessTokenLifetimeSeconds: 600 },
    });
    evergrant.sandbox.faults.add({ on: "refresh", kind: "no-refresh-token", times: "always" });
    const connectionId = await evergrant.connect("alice");
    const { refreshTokenExpiresAt: before } = await evergrant.api.tokens.status.query({ connectionId });
    evergrant.clock.advance(600_000);
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    const { refreshTokenExpiresAt: after, generation } = await evergrant.api.tokens.status.query({ connectionId });
    expect(generation).toBe(2);
    expect(Date.parse(present(after)) - Date.parse(present(before))).toBeGreaterThanOrEqual(600_000);
  });

  it("has an end that no refresh puts off: told ahead of time, and called by its name when it has come", async () => {
    await using evergrant = await start(withFacts({ grantLifetimeSeconds: 30 * 86_400 }));
    const { api, clock, sandbox } = evergrant;
    const connectionId = await evergrant.connect("alice");
    const { reconnectBy } = await api.connections.get.query({ connectionId });
    expect(Date.parse(present(reconnectBy))).toBeGreaterThan(clock.now().getTime() + 29 * day);
    expect(await api.tokens.status.query({ connectionId })).toMatchObject({ reconnectBy });
    expect((await api.connections.list.query({})).connections).toMatchObject([{ reconnectBy }]);
    clock.advanceTo(reconnectBy);
    sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_grant" });
    expect(await api.tokens.get.query({ connectionId })).toMatchObject({ status: "reauthorization_required", reason: "grant_expired" });
  });
});

describe("an answer that is lost after the provider has rotated", () => {
  it("is not tried again while the token lives, and is called by its name when the last try fails", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advance(545_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "drop", when: "after" });
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });

    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 1, stale: true });
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);

    evergrant.clock.advance(56_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({
      status: "reauthorization_required",
      reason: "refresh_outcome_lost",
    });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(2);
  });

  it("is saved by a grace period", async () => {
    await using evergrant = await start({
      sandbox: { rotation: "grace", graceSeconds: 30 },
      config: (sandbox) => ({
        providers: {
          sandbox: {
            ...sandboxIntegration(sandbox),
            parameters: undefined,
            provider: {
              authorizationEndpoint: sandbox.authorizationEndpoint,
              tokenEndpoint: sandbox.tokenEndpoint,
              rotation: { mode: "grace", graceSeconds: 30 },
              offlineAccess: { scopes: ["offline_access"], parameters: { prompt: "consent" } },
            },
          },
        },
      }),
    });
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "drop", when: "after" });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(2);
  });
});

describe("a connection that changes while its refresh is under way", () => {
  it("disconnect wins, and what the refresh brings is revoked", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    const held = evergrant.sandbox.hold("refresh", "after");
    const read = evergrant.api.tokens.get.query({ connectionId }).catch((error: unknown) => error);
    await held.arrived;
    expect(await evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation: "revoked" });
    held.release();
    expect(await read).toMatchObject({ status: "not_connected" });
    await evergrant.app.close();
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ status: "disconnected" });
  });

  it("a reconnection wins, and what the refresh brings is dropped", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    const held = evergrant.sandbox.hold("refresh", "after");
    const read = evergrant.api.tokens.get.query({ connectionId });
    await held.arrived;
    expect(await evergrant.connect("alice", { connectionId })).toBe(connectionId);
    held.release();
    expect(await read).toMatchObject({ status: "active", generation: 2 });
    const answer = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
    expect((await fetch(evergrant.sandbox.resourceUrl, { headers: { authorization: `Bearer ${answer.accessToken}` } })).status).toBe(200);
  });
});
