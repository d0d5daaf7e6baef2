import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accessTokens, refreshTokens, revocations } from "../src/tables.ts";
import { type Started, start, withStatus } from "./start.ts";

const sweep = { limit: 10, deadlineMs: 5_000 };
const hourMs = 3_600_000;

async function revocationEvents(evergrant: Started) {
  return (await evergrant.api.events.list.query({})).events.filter(({ type }) => type === "connection.revocation");
}

/** Makes the next `times` requests for a revocation fail. */
function refuse(evergrant: Started, times: number): void {
  for (let index = 0; index < times; index += 1)
    evergrant.sandbox.faults.add({ on: "revocation", kind: "status", status: 503, retryAfter: 1 });
}

describe("disconnecting", () => {
  it("tells in an event that the grant was revoked, and keeps no token", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.connections.disconnect.mutate({ connectionId })).toEqual({
      connectionId,
      revocation: "revoked",
      rechecked: [],
    });
    expect(await revocationEvents(evergrant)).toMatchObject([
      { connectionId, generation: 2, details: { outcome: "revoked", attempts: 1 } },
    ]);
    for (const table of [accessTokens, refreshTokens, revocations]) expect(await evergrant.database.orm.select().from(table)).toEqual([]);
  });

  it("while the provider is out of reach takes the tokens away at once, and revokes them from the outbox when it is back", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const { accessToken } = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
    refuse(evergrant, 1);
    expect(await evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation: "unreachable" });
    for (const table of [accessTokens, refreshTokens]) expect(await evergrant.database.orm.select().from(table)).toEqual([]);
    expect(await evergrant.database.orm.select().from(revocations)).toHaveLength(1);
    for (const file of await readdir(evergrant.folder.path)) {
      expect((await readFile(join(evergrant.folder.path, file))).includes(accessToken), file).toBe(false);
    }
    expect(await revocationEvents(evergrant)).toEqual([]);
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);

    // Not before it is due, and by one process only.
    await evergrant.app.refreshDue(sweep);
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    evergrant.clock.advance(120_000);
    const other = await evergrant.another();
    await Promise.all([evergrant.app.refreshDue(sweep), other.refreshDue(sweep)]);
    await other.close();
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    expect(evergrant.sandbox.counters().revocation).toBe(2);
    expect(await revocationEvents(evergrant)).toMatchObject([
      { connectionId, subject: "alice", details: { outcome: "revoked", attempts: 2 } },
    ]);
    expect(await evergrant.database.orm.select().from(revocations)).toEqual([]);
  });

  it("gives a revocation up after a day, saying so, and forgets the tokens", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    refuse(evergrant, 100);
    await evergrant.api.connections.disconnect.mutate({ connectionId });
    for (let hour = 0; hour < 26; hour += 1) {
      evergrant.clock.advance(hourMs);
      await evergrant.app.refreshDue(sweep);
    }
    const [event, ...more] = await revocationEvents(evergrant);
    expect(event).toMatchObject({ connectionId, details: { outcome: "given_up", attempts: expect.any(Number) } });
    expect(more).toEqual([]);
    expect(evergrant.sandbox.counters().revocation).toBe(event?.details["attempts"]);
    expect(evergrant.sandbox.counters().revocation).toBeLessThan(35);
    expect(await evergrant.database.orm.select().from(revocations)).toEqual([]);
  });
});
