import { expect, it } from "vitest";
import { createClock } from "./clock.ts";
import { createStore } from "./store.ts";

/** A store with one grant and its first refresh token, as oidc-provider would put them there. */
async function withRefreshToken(graceSeconds = 0) {
  const store = createStore({ clock: createClock(), graceSeconds, refreshEndsAccessToken: false });
  const refreshTokens = store.adapter("RefreshToken");
  await store.adapter("Grant").upsert("grant", { accountId: "alice" }, 3600);
  await refreshTokens.upsert("first", { grantId: "grant" }, 3600);
  return { store, refreshTokens };
}

it("a refresh token that two requests found unspent is spent by one; the other's is a reuse, and what the one then makes is born dead", async () => {
  const { store, refreshTokens } = await withRefreshToken();
  expect(await Promise.all([refreshTokens.find("first"), refreshTokens.find("first")])).not.toContainEqual(
    expect.objectContaining({ consumed: expect.anything() }),
  );
  await refreshTokens.consume("first");
  await expect(refreshTokens.consume("first")).rejects.toMatchObject({ error: "invalid_grant" });
  await refreshTokens.upsert("second", { grantId: "grant" }, 3600);
  await store.adapter("AccessToken").upsert("access", { grantId: "grant" }, 60);

  expect(await refreshTokens.find("second")).toBeUndefined();
  expect(await store.adapter("AccessToken").find("access")).toBeUndefined();
  expect(store.isAlive("second")).toBe(false);
});

it("within its grace a refresh token may be spent again, and looks unspent", async () => {
  const { store, refreshTokens } = await withRefreshToken(30);
  await refreshTokens.consume("first");
  expect(await refreshTokens.find("first")).not.toHaveProperty("consumed");
  await refreshTokens.consume("first");
  expect(store.isAlive("first")).toBe(true);
});

it("a family lives as long as one of its refresh tokens works, whichever one asks", async () => {
  const { store, refreshTokens } = await withRefreshToken();
  await refreshTokens.consume("first");
  expect(store.isAlive("first")).toBe(false);
  await refreshTokens.upsert("second", { grantId: "grant" }, 3600);
  expect([store.isAlive("first"), store.isAlive("second"), store.isAlive("unknown")]).toEqual([true, true, false]);
  store.revokeGrant("grant");
  expect([store.isAlive("first"), store.isAlive("second")]).toEqual([false, false]);
});
