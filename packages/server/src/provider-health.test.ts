import { describe, expect, it } from "vitest";
import { createProviderHealth } from "./provider-health.ts";

const shop = { integrationId: "shopify", authority: "https://one.example" };
const otherShop = { integrationId: "shopify", authority: "https://two.example" };

function health() {
  let nowMs = 0;
  const made = createProviderHealth(() => new Date(nowMs));
  return { ...made, advance: (ms: number) => (nowMs += ms), fail: (times: number) => fail(made, times) };
}
function fail(of: ReturnType<typeof createProviderHealth>, times: number) {
  for (let each = 0; each < times; each += 1) of.record(shop, `con_${each}`, "provider_unavailable", null);
}

describe("a provider that is down", () => {
  it("is left alone after five failures in a row, and only it", () => {
    const { admit, fail: failTimes, paused } = health();
    failTimes(4);
    expect(admit(shop)).toBeNull();
    failTimes(1);
    expect(admit(shop)).toMatchObject({ reason: "provider_unavailable" });
    expect(admit(otherShop)).toBeNull();
    expect(paused()).toEqual([shop]);
  });

  it("is asked by one when the pause is over, and by all once that one succeeds", () => {
    const { admit, record, advance, fail: failTimes, paused } = health();
    failTimes(5);
    advance(600_000);
    expect(admit(shop)).toBeNull();
    expect(admit(shop)).not.toBeNull();
    record(shop, "con_1", "refreshed", null);
    expect(admit(shop)).toBeNull();
    expect(admit(shop)).toBeNull();
    expect(paused()).toEqual([]);
  });

  it("is asked less and less often while it stays down", () => {
    const { admit, record, advance, fail: failTimes } = health();
    failTimes(5);
    let asked = 0;
    for (let second = 0; second < 3_600; second += 1) {
      advance(1_000);
      if (admit(shop) !== null) continue;
      asked += 1;
      record(shop, "con_1", "provider_unavailable", null);
    }
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(120);
  });
});

describe("a provider that is asked too often", () => {
  it("is left alone for as long as it said, and asked by fewer at once afterwards", () => {
    const { admit, record, advance, concurrencyOf } = health();
    const before = concurrencyOf(shop);
    record(shop, "con_1", "rate_limited", 40);
    advance(39_000);
    expect(admit(shop)).toMatchObject({ reason: "rate_limited" });
    advance(1_000);
    expect(admit(shop)).toBeNull();
    expect(concurrencyOf(shop)).toBe(before / 2);
    record(shop, "con_1", "refreshed", null);
    expect(concurrencyOf(shop)).toBe(before / 2 + 1);
  });
});

describe("an integration at fault", () => {
  it("is marked when two connections say so with no success between, and unmarked by any success", () => {
    const { record, admit } = health();
    expect(record(shop, "con_1", "misconfigured", null)).toBeNull();
    expect(record(shop, "con_1", "misconfigured", null)).toBeNull();
    expect(record(shop, "con_2", "refreshed", null)).toBeNull();
    expect(record(shop, "con_3", "misconfigured", null)).toBeNull();
    expect(admit(shop)).toBeNull();
    expect(record(shop, "con_1", "misconfigured", null)).toBe("misconfigured");
    expect(admit(shop)).toMatchObject({ reason: "misconfigured" });
    expect(record(shop, "con_4", "misconfigured", null)).toBeNull();
    expect(record(shop, "con_1", "refreshed", null)).toBe("recovered");
    expect(admit(shop)).toBeNull();
  });
});
