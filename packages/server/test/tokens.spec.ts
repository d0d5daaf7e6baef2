import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { accessTokens, refreshTokens } from "../src/tables.ts";
import { present, start, withStatus } from "./start.ts";

describe("US-INTEG-OAUTH-003: secure token storage", () => {
  it("API-INTEG-OAUTH-TOKEN-001: access tokens are encrypted at rest, each for its own row and generation", async () => {
    await using evergrant = await start();
    const [alice, bob] = [await evergrant.connect("alice"), await evergrant.connect("bob")];
    const answer = withStatus("active", await evergrant.api.tokens.get.query({ connectionId: alice }));

    const { orm } = evergrant.database;
    const sealedOf = async (id: string) =>
      present((await orm.select().from(accessTokens).where(eq(accessTokens.connectionId, id)))[0]).token;
    const [sealedForAlice, sealedForBob] = [await sealedOf(alice), await sealedOf(bob)];
    expect(Buffer.from(sealedForAlice).includes(answer.accessToken)).toBe(false);

    // Bob's ciphertext in Alice's row does not open, and harms nobody else.
    await orm.update(accessTokens).set({ token: sealedForBob }).where(eq(accessTokens.connectionId, alice));
    expect(await evergrant.api.tokens.get.query({ connectionId: alice })).toMatchObject({
      status: "reauthorization_required",
      reason: "secret_unreadable",
    });
    expect(await evergrant.api.tokens.get.query({ connectionId: bob })).toMatchObject({ status: "active" });
    // Nothing was stored about it: her own ciphertext put back opens.
    await orm.update(accessTokens).set({ token: sealedForAlice }).where(eq(accessTokens.connectionId, alice));
    expect(await evergrant.api.tokens.get.query({ connectionId: alice })).toMatchObject({
      status: "active",
      accessToken: answer.accessToken,
    });
  });

  it("API-INTEG-OAUTH-TOKEN-001: a token of an earlier generation that somebody puts back does not open", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const { orm } = evergrant.database;
    const old = present((await orm.select().from(accessTokens).where(eq(accessTokens.connectionId, connectionId)))[0]);
    evergrant.clock.advanceTo(old.expiresAt);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });

    await orm.update(accessTokens).set({ token: old.token }).where(eq(accessTokens.connectionId, connectionId));
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({
      status: "reauthorization_required",
      reason: "secret_unreadable",
    });
  });

  it("API-INTEG-OAUTH-TOKEN-002: refresh tokens are stored apart, under a key of their own, and never handed out", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const { orm } = evergrant.database;
    const access = present((await orm.select().from(accessTokens).where(eq(accessTokens.connectionId, connectionId)))[0]);
    const refresh = present((await orm.select().from(refreshTokens).where(eq(refreshTokens.connectionId, connectionId)))[0]);
    expect(Object.keys(access)).not.toContain("refreshToken");

    // A refresh token put where access tokens are does not open there: it cannot be had by the way of `tokens.get`.
    await orm.update(accessTokens).set({ token: refresh.token }).where(eq(accessTokens.connectionId, connectionId));
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({
      status: "reauthorization_required",
      reason: "secret_unreadable",
    });
    await orm.update(accessTokens).set({ token: access.token }).where(eq(accessTokens.connectionId, connectionId));

    const answers = [
      await evergrant.api.tokens.get.query({ connectionId }),
      await evergrant.api.tokens.status.query({ connectionId }),
      await evergrant.api.connections.get.query({ connectionId }),
      await evergrant.api.events.list.query({}),
    ];
    expect(JSON.stringify(answers)).not.toMatch(/"refresh_?token"/i);
    expect(answers[1]).toMatchObject({ hasRefreshToken: true });
  });

  it("API-INTEG-OAUTH-TOKEN-003: token expiration is tracked from the moment that the token was asked for", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const before = evergrant.clock.now().getTime();
    const connectionId = await evergrant.connect("alice");
    const status = await evergrant.api.tokens.status.query({ connectionId });
    const answer = await evergrant.api.tokens.get.query({ connectionId });

    const expiresAt = Date.parse(status.expiresAt ?? "");
    expect(expiresAt).toBeGreaterThan(before + 590_000);
    expect(expiresAt).toBeLessThanOrEqual(evergrant.clock.now().getTime() + 600_000);
    expect(answer).toMatchObject({ status: "active", expiresAt: status.expiresAt });
    // Due a tenth of its lifetime ahead at the least, and twice that at the most.
    const lead = expiresAt - Date.parse(status.nextRefreshAt ?? "");
    expect(lead).toBeGreaterThanOrEqual(60_000);
    expect(lead).toBeLessThanOrEqual(120_000);

    // What has expired is not handed out, whatever befalls the refresh.
    evergrant.sandbox.faults.add({ on: "refresh", kind: "status", status: 503, times: "always" });
    evergrant.clock.advanceTo(status.expiresAt);
    const expired = await evergrant.api.tokens.get.query({ connectionId });
    expect(expired).toMatchObject({ status: "unavailable", reason: "provider_unavailable" });
    expect(expired).not.toHaveProperty("accessToken");
  });

  it("API-INTEG-OAUTH-TOKEN-004: token procedures return 401 without authentication", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const input = encodeURIComponent(JSON.stringify({ connectionId }));
    for (const path of ["tokens.get", "tokens.status"])
      expect((await evergrant.app.request(`/trpc/${path}?input=${input}`)).status).toBe(401);
    expect((await evergrant.app.request("/trpc/tokens.get", { method: "POST", body: JSON.stringify({ connectionId }) })).status).toBe(401);
  });
});
