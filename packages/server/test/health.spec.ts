import { describe, expect, it } from "vitest";
import { startServerProcess } from "./processes.ts";
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

describe("an integration at fault, seen by several processes", () => {
  it("is told of once, is hardly asked, and is found well again by a process that was not there", { timeout: 60_000 }, async () => {
    await using evergrant = await start();
    const subjects = ["alice", "bob", "carol", "dave", "erin", "frank"];
    const connections: string[] = [];
    for (const subject of subjects) connections.push(await evergrant.connect(subject));
    evergrant.clock.advance(61_000);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_client", times: "always" });
    const told = async () => {
      const { events } = await evergrant.api.events.list.query({ limit: 100 });
      return events.filter(({ type }) => type.startsWith("integration.")).map(({ type }) => type);
    };
    {
      await using one = await startServerProcess(evergrant, { clockAheadMs: 61_000 });
      await using other = await startServerProcess(evergrant, { clockAheadMs: 61_000 });
      for (const process of [one, other, one, other]) {
        for (const id of connections) {
          expect(await process.read(id)).toMatchObject([{ status: "unavailable", reason: "misconfigured" }]);
        }
      }
    }
    expect(await told()).toEqual(["integration.misconfigured"]);
    expect(evergrant.sandbox.grants("refresh_token").length).toBeLessThan(8);

    evergrant.sandbox.faults.clear();
    evergrant.clock.advance(600_000);
    await using third = await startServerProcess(evergrant, { clockAheadMs: 661_000 });
    await Promise.all(connections.flatMap((connectionId) => [third.read(connectionId), evergrant.api.tokens.get.query({ connectionId })]));
    for (const connectionId of connections) {
      expect(await third.read(connectionId)).toMatchObject([{ status: "active" }]);
      expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active" });
    }
    expect(await told()).toEqual(["integration.misconfigured", "integration.recovered"]);
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
