import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { startHranaServer } from "./hrana-server.ts";
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

it("a database that is away leaves nobody outside: whose credential cannot be looked up is told to come back, and not that it is wrong", async () => {
  await using server = await startHranaServer();
  await using evergrant = await start({ databaseUrl: server.url });
  const session = await evergrant.api.sessions.create.mutate({ subject: "alice" });
  const ask = (credential: string) =>
    evergrant.app.request("/trpc/connections.list?input={}", { headers: { authorization: `Bearer ${credential}` } });
  for (const credential of [evergrant.apiKey, session.sessionToken]) {
    server.faults.answerStatus = { status: 503, times: 1_000 };
    const response = await ask(credential);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await response.json()).toMatchObject({ error: { data: { code: "SERVICE_UNAVAILABLE", reason: "store_unavailable" } } });
    expect((await ask("nothing-of-the-kind")).status).toBe(401);
    server.faults.answerStatus = { status: 503, times: 0 };
    expect((await ask(credential)).status).toBe(200);
  }
});
