import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../src/database.ts";
import { openStream } from "./sse.ts";
import { present, start } from "./start.ts";

const refusedWith = (httpStatus: number) => ({ data: { httpStatus } });

describe("an API key", () => {
  it("is shown once and hashed at rest; afterwards its beginning tells it from others", async () => {
    await using evergrant = await start();
    const { apiKey, ...made } = await evergrant.api.apiKeys.create.mutate({
      name: "backend",
      permissions: ["tokens:read"],
      integrations: ["sandbox"],
      subjects: ["alice"],
    });
    expect(apiKey).toMatch(new RegExp(`^${made.prefix}_[\\w-]{43}$`));
    expect(made).toMatchObject({ integrations: ["sandbox"], subjects: ["alice"], expiresAt: null, revokedAt: null, lastUsedAt: null });
    expect((await evergrant.api.apiKeys.list.query()).find(({ id }) => id === made.id)).toEqual(made);
    const everything = JSON.stringify([
      await evergrant.database.orm.all(sql`SELECT * FROM api_keys`),
      await evergrant.database.orm.all(sql`SELECT * FROM audit`),
      evergrant.logged,
    ]);
    expect(everything).toContain(made.id);
    expect(everything).not.toContain(apiKey.slice(-43));
  });

  it("is listed before any that has ended, however many there are", async () => {
    await using evergrant = await start();
    const { api, clock, database } = evergrant;
    const old = await api.apiKeys.create.mutate({ name: "old", permissions: ["tokens:read"] });
    clock.advance(1_000);
    const at = clock.now().getTime();
    await database.orm.run(sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
      INSERT INTO api_keys (id, hash, name, permissions, created_at, revoked_at, expires_at)
      SELECT 'over' || i, 'none', 'over', '["admin"]', ${at}, iif(i % 2, ${at}, NULL), iif(i % 2, NULL, ${at}) FROM n`);
    clock.advance(1_000);
    const listed = await api.apiKeys.list.query();
    expect(listed.slice(0, 3).map(({ name }) => name)).toEqual(["old", "test", "over"]);
    expect(listed[0]?.id).toBe(old.id);
    expect(listed).toHaveLength(500);
  });

  it("is refused with the field that is wrong", async () => {
    await using evergrant = await start();
    const make = (more: object) => evergrant.api.apiKeys.create.mutate({ name: "backend", permissions: ["tokens:read"], ...more });
    const past = new Date(evergrant.clock.now().getTime() - 1_000).toISOString();
    await expect(make({ expiresAt: past })).rejects.toThrow(/^expiresAt: must be an instant to come/);
    await expect(make({ expiresAt: "tomorrow" })).rejects.toThrow(/^expiresAt/);
    await expect(make({ permissions: [] })).rejects.toThrow(/^permissions: name at least one/);
    await expect(make({ permissions: ["everything"] })).rejects.toThrow(/^permissions\.0/);
    await expect(make({ integrations: [] })).rejects.toThrow(/^integrations: name at least one/);
    await expect(make({ subjects: [] })).rejects.toThrow(/^subjects: name at least one/);
    await expect(make({ subjects: [""] })).rejects.toThrow(/^subjects\.0: must not be empty/);
  });

  it("for some subjects neither sees nor uses the connections of others, and makes no session for them", async () => {
    await using evergrant = await start();
    const alices = await evergrant.connect("alice");
    const bobs = await evergrant.connect("bob");
    const ofBob = evergrant.as(await evergrant.apiKeyFor(["admin"], { subjects: ["bob", "carol"] }));
    expect(await ofBob.tokens.get.query({ connectionId: bobs })).toMatchObject({ status: "active" });
    expect(await ofBob.tokens.get.query({ integration: "sandbox", subject: "carol" })).toMatchObject({ status: "not_connected" });
    expect((await ofBob.connections.list.query({})).connections.map(({ id }) => id)).toEqual([bobs]);
    expect((await ofBob.events.list.query({})).events.map(({ subject }) => subject)).toEqual(["bob"]);
    await expect(ofBob.tokens.get.query({ connectionId: alices })).rejects.toMatchObject(refusedWith(404));
    await expect(ofBob.tokens.refresh.mutate({ connectionId: alices, ifGeneration: 1 })).rejects.toMatchObject(refusedWith(404));
    await expect(ofBob.tokens.get.query({ integration: "sandbox", subject: "alice" })).rejects.toMatchObject(refusedWith(403));
    await expect(ofBob.sessions.create.mutate({ subject: "alice" })).rejects.toMatchObject(refusedWith(403));
    expect(await ofBob.sessions.create.mutate({ subject: "carol" })).toMatchObject({ subject: "carol" });
    await expect(ofBob.apiKeys.create.mutate({ name: "wider", permissions: ["admin"] })).rejects.toMatchObject(refusedWith(403));
  });
});

describe("the end of an API key", () => {
  it("comes at its instant", async () => {
    await using evergrant = await start();
    const expiresAt = new Date(evergrant.clock.now().getTime() + 60_000).toISOString();
    const { apiKey } = await evergrant.api.apiKeys.create.mutate({ name: "short", permissions: ["tokens:read"], expiresAt });
    const ask = () => evergrant.as(apiKey).tokens.get.query({ integration: "sandbox", subject: "alice" });
    expect(await ask()).toMatchObject({ status: "not_connected" });
    evergrant.clock.advanceTo(expiresAt);
    await expect(ask()).rejects.toMatchObject(refusedWith(401));
  });

  it("is known to every other process at the next call, and on an open stream within the time between two looks", async () => {
    await using evergrant = await start({ app: { timing: { credentialCheckMs: 20 } } });
    const elsewhere = await openDatabase({ url: evergrant.folder.databaseUrl() });
    const other = await evergrant.another({ database: elsewhere });
    const { id, apiKey } = await evergrant.api.apiKeys.create.mutate({
      name: "backend",
      permissions: ["connections:read", "events:read", "sessions:write"],
    });
    const { sessionToken } = await evergrant.as(apiKey).sessions.create.mutate({ subject: "alice" });
    const ask = (credential = apiKey) =>
      other.request("/trpc/connections.list?input={}", { headers: { authorization: `Bearer ${credential}` } });
    for (const credential of [apiKey, sessionToken]) expect((await ask(credential)).status).toBe(200);
    await using stream = await openStream(other, apiKey);

    expect(await evergrant.api.apiKeys.revoke.mutate({ id })).toEqual({ revoked: true });
    for (const credential of [apiKey, sessionToken]) expect((await ask(credential)).status).toBe(401);
    expect(JSON.parse(present(await stream.next()).data)).toMatchObject({ data: { code: "UNAUTHORIZED" } });
    expect(await stream.next()).toBeNull();
    expect(await evergrant.api.apiKeys.revoke.mutate({ id })).toEqual({ revoked: false });
    expect(present((await evergrant.api.apiKeys.list.query()).find((key) => key.id === id)).revokedAt).not.toBeNull();
    await other.close();
    elsewhere.close();
  });
});

describe("the last use of an API key", () => {
  it("is written behind the answer, at most once a minute however many processes are asked", async () => {
    await using evergrant = await start();
    const { api, clock } = evergrant;
    const other = await evergrant.another();
    const { id, apiKey } = await api.apiKeys.create.mutate({ name: "backend", permissions: ["connections:read"] });
    await evergrant.database.orm.run(sql`CREATE TABLE uses (at integer)`);
    await evergrant.database.orm.run(
      sql.raw(`CREATE TRIGGER count_uses AFTER UPDATE OF last_used_at ON api_keys WHEN NEW.id = '${id}'
        BEGIN INSERT INTO uses VALUES (NEW.last_used_at); END`),
    );
    const uses = async () => (await evergrant.database.orm.all<{ at: number }>(sql`SELECT at FROM uses`)).map(({ at }) => at);
    const headers = { authorization: `Bearer ${apiKey}` };
    const ask = () =>
      Promise.all([evergrant.app, evergrant.app, other].map((app) => app.request("/trpc/connections.list?input={}", { headers })));
    const shown = async () => present((await api.apiKeys.list.query()).find((key) => key.id === id)).lastUsedAt;

    expect(await shown()).toBeNull();
    await ask();
    await expect.poll(uses).toHaveLength(1);
    clock.advance(59_000);
    await ask();
    expect(await shown()).toBe(new Date(present((await uses())[0])).toISOString());
    clock.advance(2_000);
    await ask();
    await expect.poll(uses).toHaveLength(2);
    await ask();
    expect(await uses()).toHaveLength(2);
    expect(await shown()).toBe(new Date(present((await uses())[1])).toISOString());
    await other.close();
  });

  it("that cannot be written harms no call", async () => {
    await using evergrant = await start();
    const apiKey = await evergrant.apiKeyFor(["connections:read"]);
    await evergrant.database.orm.run(
      sql`CREATE TRIGGER refuse_uses BEFORE UPDATE OF last_used_at ON api_keys BEGIN SELECT RAISE(ABORT, 'full'); END`,
    );
    expect(await evergrant.as(apiKey).connections.list.query({})).toMatchObject({ connections: [] });
    await expect.poll(() => evergrant.logged.join()).toContain("the last use of an API key was not recorded");
  });
});
