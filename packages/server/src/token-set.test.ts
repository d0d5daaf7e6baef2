import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueAt } from "./token-set.ts";

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
