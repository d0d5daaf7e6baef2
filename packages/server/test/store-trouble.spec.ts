import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { start } from "./start.ts";

it("a store that takes no writes costs no refresh token: nothing is sent that could not be stored, callers are told why, and all goes on by itself", async () => {
  await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 600 } });
  const { api, app, clock, database, logged, sandbox } = evergrant;
  const connectionId = await evergrant.connect("alice");
  // SQLite's own refusal of every write; the torture suite has the kernel refuse them, as on a full disk.
  await database.orm.run(sql`PRAGMA query_only = 1`);

  // Due and valid: handed out, and nothing asked for.
  clock.advance(570_000);
  for (const minValiditySeconds of [0, 60]) {
    expect(await api.tokens.get.query({ connectionId, minValiditySeconds })).toMatchObject({ status: "active", generation: 1 });
  }
  expect(await app.refreshDue({ limit: 10, deadlineMs: 5_000 })).toEqual({ due: 1 });
  expect(logged.filter((line) => line.includes("a due connection was not refreshed") && line.includes("store_unavailable"))).toHaveLength(
    1,
  );
  // Expired: an error of this server's own, since it is not for a provider that nobody has asked to be called unavailable.
  clock.advance(31_000);
  await expect(api.tokens.get.query({ connectionId })).rejects.toMatchObject({
    data: { code: "SERVICE_UNAVAILABLE", httpStatus: 503, reason: "store_unavailable" },
  });
  expect(await api.connections.get.query({ connectionId })).toMatchObject({ status: "active" });
  expect(sandbox.grants("refresh_token")).toHaveLength(0);

  await database.orm.run(sql`PRAGMA query_only = 0`);
  expect(await api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2, stale: false });
  expect(sandbox.grants("refresh_token")).toHaveLength(1);
});
