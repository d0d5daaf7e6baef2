import { describe, expect, it } from "vitest";
import { createProviderHealth } from "./provider-health.ts";

const shop = { integrationId: "shopify", authority: "https://one.example" };
const otherShop = { integrationId: "shopify", authority: "https://two.example" };

function health() {
  let nowMs = 0;
  const made = createProviderHealth(() => new Date(nowMs));
  const admit = (key: typeof shop) => {
    const admission = made.admit(key);
    return admission.kind === "paused" ? admission.pause : null;
  };
  return { ...made, admit, now: () => nowMs, advance: (ms: number) => (nowMs += ms), fail: (times: number) => fail(made, times) };
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

  it("is left alone all that time though a grant that was under way succeeds", () => {
    const { admit, record, advance } = health();
    record(shop, "con_1", "rate_limited", 40);
    expect(record(shop, "con_2", "refreshed", null)).toBeNull();
    advance(39_000);
    expect(admit(shop)).toMatchObject({ reason: "rate_limited" });
    advance(1_000);
    expect(admit(shop)).toBeNull();
    expect(record(shop, "con_3", "refreshed", null)).toBe("lifted");
    expect([admit(shop), admit(shop)]).toEqual([null, null]);
  });

  it("is told of to others once, not for each of the many that were refused together", () => {
    const { record } = health();
    const told = Array.from({ length: 20 }, (_, each) => record(shop, `con_${each}`, "rate_limited", 40));
    expect(told.filter((change) => change !== null)).toMatchObject([{ ...shop, reason: "rate_limited", misconfigured: false }]);
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
    expect(record(shop, "con_1", "misconfigured", null)).toMatchObject({ reason: "misconfigured", misconfigured: true });
    expect(admit(shop)).toMatchObject({ reason: "misconfigured" });
    expect(record(shop, "con_1", "refreshed", null)).toBe("lifted");
    expect(admit(shop)).toBeNull();
  });
});

describe("what another process has learnt", () => {
  const theirs = { ...shop, until: new Date(60_000), reason: "misconfigured", failures: 9, misconfigured: true } as const;

  it("holds here too, and ends when it does there", () => {
    const { admit, learn, advance } = health();
    learn([theirs]);
    advance(59_000);
    expect(admit(shop)).toMatchObject({ until: theirs.until, reason: "misconfigured" });
    expect(admit(otherShop)).toBeNull();
    learn([]);
    expect(admit(shop)).toBeNull();
  });

  it("makes the next pause as long as it would be there", () => {
    const { learn, record, advance, now } = health();
    learn([theirs]);
    advance(60_000);
    const longest = Math.max(
      ...Array.from({ length: 50 }, () => {
        const change = record(shop, "con_1", "misconfigured", null);
        return change === null || change === "lifted" ? 0 : change.until.getTime() - now();
      }),
    );
    expect(longest).toBeGreaterThan(10_000);
  });

  it("does not end a pause of this process that the others have not yet been told of", () => {
    const { admit, learn, fail: failTimes } = health();
    failTimes(5);
    learn([]);
    expect(admit(shop)).toMatchObject({ reason: "provider_unavailable" });
  });
});
