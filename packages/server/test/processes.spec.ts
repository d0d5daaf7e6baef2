import { describe, expect, it } from "vitest";
import { startServerProcess } from "./processes.ts";
import { type Started, start } from "./start.ts";

/** A connection whose token is past its expiry, or due and valid still, for processes with the same clock. */
async function connected(evergrant: Started, at: "expired" | "due"): Promise<{ connectionId: string; clockAheadMs: number }> {
  const connectionId = await evergrant.connect("alice");
  const { expiresAt } = await evergrant.api.connections.get.query({ connectionId });
  evergrant.clock.advanceTo(new Date(Date.parse(expiresAt ?? "") - (at === "due" ? 45_000 : 0)));
  return { connectionId, clockAheadMs: evergrant.clock.now().getTime() - Date.now() };
}

describe("several processes on one file", () => {
  it("ten callers in each of two processes at expiry: one refresh token grant, one token for all, and the grant alive afterwards", async () => {
    await using evergrant = await start();
    const { connectionId, clockAheadMs } = await connected(evergrant, "expired");
    await using one = await startServerProcess(evergrant, { clockAheadMs });
    await using two = await startServerProcess(evergrant, { clockAheadMs });

    const held = evergrant.sandbox.hold("refresh");
    const asked = Promise.all([one.read(connectionId, 10), two.read(connectionId, 10)]);
    await held.arrived;
    held.release();
    const answers = (await asked).flat();

    expect(answers).toHaveLength(20);
    expect(new Set(answers.map((answer) => (answer.status === "active" ? answer.accessToken : answer.status))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: "active", generation: 2 });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
    evergrant.clock.advance(61_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 3 });
  });

  it("a slow provider keeps its one grant: the lease is renewed for as long as its owner lives", async () => {
    await using evergrant = await start();
    const { connectionId, clockAheadMs } = await connected(evergrant, "expired");
    await using one = await startServerProcess(evergrant, { clockAheadMs });
    await using two = await startServerProcess(evergrant, { clockAheadMs });
    // Three times as long as a lease lasts.
    evergrant.sandbox.faults.add({ on: "refresh", kind: "delay", delayMs: 2_100 });
    const answers = (await Promise.all([one.read(connectionId), two.read(connectionId)])).flat();
    expect(answers.map(({ status }) => status)).toEqual(["active", "active"]);
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);
  });

  it("a process killed before its grant was processed is taken over from, and nothing is lost", async () => {
    await using evergrant = await start();
    const { connectionId, clockAheadMs } = await connected(evergrant, "expired");
    await using one = await startServerProcess(evergrant, { clockAheadMs });
    await using two = await startServerProcess(evergrant, { clockAheadMs });
    const held = evergrant.sandbox.hold("refresh");
    const lost = one.read(connectionId).catch((error: unknown) => error);
    await held.arrived;
    one.signal("SIGKILL");
    expect(await lost).toBeInstanceOf(Error);

    expect(await two.read(connectionId)).toMatchObject([{ status: "active", generation: 2 }]);
    expect(evergrant.sandbox.grants("refresh_token").filter(({ outcome }) => outcome === "issued")).toHaveLength(1);
  });

  it("a process killed between the provider's answer and its own commit costs the grant at a strict provider, which is told by its name", async () => {
    await using evergrant = await start();
    const { connectionId, clockAheadMs } = await connected(evergrant, "expired");
    await using one = await startServerProcess(evergrant, { clockAheadMs });
    await using two = await startServerProcess(evergrant, { clockAheadMs });
    const held = evergrant.sandbox.hold("refresh", "after");
    const lost = one.read(connectionId).catch((error: unknown) => error);
    await held.arrived;
    one.signal("SIGKILL");
    await lost;

    expect(await two.read(connectionId)).toMatchObject([{ status: "reauthorization_required", reason: "refresh_outcome_lost" }]);
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(2);
  });

  it("a process paused past its lease stores the only live refresh token when it wakes", async () => {
    await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
    const { connectionId, clockAheadMs } = await connected(evergrant, "due");
    await using one = await startServerProcess(evergrant, { clockAheadMs });
    await using two = await startServerProcess(evergrant, { clockAheadMs });
    const held = evergrant.sandbox.hold("refresh", "after");
    await one.read(connectionId);
    await held.arrived;
    one.signal("SIGSTOP");

    // The other process sees a grant that was sent and never heard of again. The token lives, so it does not try its luck.
    await expect
      .poll(
        async () => {
          await two.read(connectionId);
          return (await evergrant.api.tokens.status.query({ connectionId })).lastOutcome;
        },
        { timeout: 20_000 },
      )
      .toBe("outcome_unknown");
    expect(await two.read(connectionId)).toMatchObject([{ status: "active", generation: 1, stale: true }]);
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);

    one.signal("SIGCONT");
    held.release();
    await expect
      .poll(async () => (await two.read(connectionId))[0], { timeout: 20_000 })
      .toMatchObject({ status: "active", generation: 2, stale: false });
    evergrant.clock.advance(601_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 3 });
  });
});
