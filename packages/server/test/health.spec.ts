import { describe, expect, it } from "vitest";
import { start } from "./start.ts";

describe("an integration at fault", () => {
  it("is told of once, spares the provider, harms no connection, and recovers by itself", async () => {
    await using evergrant = await start();
    const connections = [await evergrant.connect("alice"), await evergrant.connect("bob"), await evergrant.connect("carol")];
    evergrant.clock.advance(61_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_client", times: "always" });
    for (const connectionId of [...connections, ...connections]) {
      expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "unavailable", reason: "misconfigured" });
    }
    // Two said so; the third was not even asked.
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(2);

    evergrant.sandbox.faults.clear();
    evergrant.clock.advance(600_000);
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    for (const connectionId of connections) {
      expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    }
    const { events } = await evergrant.api.events.list.query({});
    expect(events.filter(({ type }) => type.startsWith("integration.")).map(({ type, integration }) => [type, integration])).toEqual([
      ["integration.misconfigured", "sandbox"],
      ["integration.recovered", "sandbox"],
    ]);
  });
});

describe("a provider that is down for an hour", () => {
  it("is asked a bounded number of times; tokens are stale while they live, unavailable after, and well again without help", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 1_800 } });
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advance(1_700_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "status", status: 503, times: "always" });
    const seen = new Set<string>();
    for (let minute = 0; minute < 60; minute += 1) {
      await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
      const answer = await evergrant.api.tokens.get.query({ connectionId });
      seen.add(answer.status === "active" ? `active ${answer.stale ? "stale" : "fresh"}` : answer.status);
      evergrant.clock.advance(60_000);
    }
    expect([...seen]).toEqual(["active stale", "unavailable"]);
    const asked = evergrant.sandbox.grants("refresh_token").length;
    expect(asked).toBeLessThan(61);

    evergrant.sandbox.faults.clear();
    evergrant.clock.advance(600_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2, stale: false });
  });
});
