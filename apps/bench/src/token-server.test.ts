import { expect, it } from "vitest";
import { firstRefreshToken, startTokenServer } from "./token-server.ts";

async function refresh(url: string, refreshToken: string) {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  const response = await fetch(`${url}/token`, { method: "POST", body });
  return { status: response.status, granted: (await response.json()) as { refresh_token?: string } };
}

it("ends a family whose refresh token is used twice, its newest one too", async () => {
  await using provider = await startTokenServer({ delayMs: 0 });
  const { granted } = await refresh(provider.url, firstRefreshToken("a"));
  expect(provider.isAlive("a")).toBe(true);
  expect((await refresh(provider.url, firstRefreshToken("a"))).status).toBe(400);
  expect(provider.isAlive("a")).toBe(false);
  expect((await refresh(provider.url, granted.refresh_token ?? "")).status).toBe(400);
  expect(provider.grants).toBe(3);
});

it("takes the same refresh token again where it does not rotate", async () => {
  await using provider = await startTokenServer({ delayMs: 0, rotates: false });
  for (let time = 0; time < 3; time += 1) {
    const { status, granted } = await refresh(provider.url, firstRefreshToken("a"));
    expect(status).toBe(200);
    expect(granted.refresh_token).toBe(firstRefreshToken("a"));
  }
  expect(provider.isAlive("a")).toBe(true);
});
