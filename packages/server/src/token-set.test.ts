import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueAt, nextRefreshAt } from "./token-set.ts";

describe("dueAt", () => {
  it("lies before expiry by the margin and at most the jitter more, neither beyond a tenth of the lifetime", () => {
    const seconds = fc.integer({ min: 1, max: 10_000_000 });
    fc.assert(
      fc.property(
        seconds,
        fc.integer({ min: 0, max: 86_400 }),
        fc.integer({ min: 0, max: 3_600 }),
        (lifetime, marginSeconds, jitterSeconds) => {
          const requestedAt = new Date("2026-01-01T00:00:00Z");
          const expiresAt = new Date(requestedAt.getTime() + lifetime * 1000);
          const lead = expiresAt.getTime() - dueAt(requestedAt, expiresAt, { marginSeconds, jitterSeconds }).getTime();
          const margin = Math.min(marginSeconds, lifetime / 10) * 1000;
          expect(lead).toBeGreaterThanOrEqual(Math.floor(margin));
          expect(lead).toBeLessThanOrEqual(Math.ceil(margin + Math.min(jitterSeconds * 1000, margin)) + 1);
        },
      ),
    );
  });

  it("spreads tokens that were issued in one second", () => {
    const requestedAt = new Date("2026-01-01T00:00:00Z");
    const expiresAt = new Date("2026-01-01T01:00:00Z");
    const instants = Array.from({ length: 1000 }, () => dueAt(requestedAt, expiresAt, { marginSeconds: 300, jitterSeconds: 60 }).getTime());
    expect(Math.max(...instants) - Math.min(...instants)).toBeGreaterThan(50_000);
  });
});

describe("nextRefreshAt", () => {
  const settings = { marginSeconds: 300, jitterSeconds: 60 };
  const requestedAt = new Date("2026-01-01T00:00:00Z");
  const after = (seconds: number) => new Date(requestedAt.getTime() + seconds * 1000);
  const day = 86_400;

  it("keeps a refresh token alive where no access token's expiry asks for a refresh first", () => {
    const idle = nextRefreshAt(requestedAt, { expiresAt: null, refreshTokenExpiresAt: after(60 * day) }, settings);
    expect(idle?.getTime()).toBeGreaterThan(after(53 * day).getTime());
    expect(idle?.getTime()).toBeLessThanOrEqual(after(57 * day).getTime());
    // An access token that outlives it, such as one for a year.
    expect(
      nextRefreshAt(requestedAt, { expiresAt: after(365 * day), refreshTokenExpiresAt: after(7 * day) }, settings)?.getTime(),
    ).toBeLessThan(after(6.4 * day).getTime());
  });

  it("follows the access token where that one ends first, and nothing where neither has an end", () => {
    const due = nextRefreshAt(requestedAt, { expiresAt: after(3_600), refreshTokenExpiresAt: after(60 * day) }, settings);
    expect(due?.getTime()).toBeGreaterThan(after(3_200).getTime());
    expect(due?.getTime()).toBeLessThanOrEqual(after(3_300).getTime());
    expect(nextRefreshAt(requestedAt, { expiresAt: null, refreshTokenExpiresAt: null }, settings)).toBeNull();
  });

  it("ends where a refresh token counts down to an end that no refresh puts off", () => {
    const ends = after(30 * day);
    let [at, refreshes]: [Date | null, number] = [requestedAt, 0];
    for (; at !== null; refreshes += 1) at = nextRefreshAt(at, { expiresAt: null, refreshTokenExpiresAt: ends }, settings);
    expect(refreshes).toBeLessThan(10);
  });
});
