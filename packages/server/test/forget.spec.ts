import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { beginForgetting } from "../src/forgettings-store.ts";
import { asOperator } from "../src/acting.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { revocations } from "../src/tables.ts";
import { openVault } from "../src/vault.ts";
import { verifyAudit } from "../src/verify-audit.ts";
import { appOrigin, land, reachCallback, reachProvider, wholeFlow } from "./flow.ts";
import { type Started, start, testKeys } from "./start.ts";

const subject = "alice@personal.example";
const minuteMs = 60_000;

/** Every table and column in which a text stands. */
async function placesOf(evergrant: Started, text: string): Promise<string[]> {
  const { orm } = evergrant.database;
  const tables = await orm.all<{ name: string }>(sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
  const places: string[] = [];
  for (const { name } of tables) {
    const columns = await orm.all<{ name: string }>(sql`SELECT name FROM pragma_table_info(${name})`);
    for (const column of columns) {
      const found = await orm.all(
        sql`SELECT 1 FROM ${sql.identifier(name)} WHERE instr(CAST(${sql.identifier(column.name)} AS TEXT), ${text}) > 0 LIMIT 1`,
      );
      if (found.length > 0) places.push(`${name}.${column.name}`);
    }
  }
  return places;
}

/** A subject with something in every table that knows subjects. */
async function live(evergrant: Started): Promise<string> {
  const { api, sandbox } = evergrant;
  const connectionId = await evergrant.connect(subject);
  await api.sessions.create.mutate({ subject });
  await api.apiKeys.create.mutate({ name: "theirs", permissions: ["tokens:read"], subjects: [subject, "bob"] });
  await reachProvider(evergrant, { subject });
  await api.tokens.get.query({ connectionId });
  sandbox.faults.add({ on: "refresh", kind: "error", error: "server_error" });
  evergrant.clock.advance(3_600_000);
  await api.tokens.get.query({ connectionId });
  return connectionId;
}

async function later(evergrant: Started, ms: number): Promise<void> {
  evergrant.clock.advance(ms);
  await evergrant.app.keepRecords({ deadlineMs: 10_000 });
}

async function chainHolds({ database, clock }: Started): Promise<boolean> {
  const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(testKeys), now: clock.now });
  return (await verifyAudit({ database, vault })).ok;
}

describe("subjects.forget", () => {
  it("revokes every grant and erases every row, of this subject and nobody else; the audit log keeps a keyed hash and its chain", async () => {
    await using evergrant = await start();
    const { api, sandbox } = evergrant;
    const connectionId = await live(evergrant);
    const bobs = await evergrant.connect("bob");
    await evergrant.app.keepRecords({ deadlineMs: 5_000 });
    expect(await placesOf(evergrant, subject)).toEqual(
      expect.arrayContaining([
        "authorization_requests.subject",
        "connections.subject",
        "events.subject",
        "sessions.subject",
        "api_keys.subjects",
      ]),
    );

    expect(await api.subjects.forget.mutate({ subject })).toEqual({ connections: 1, pendingRevocations: 0 });
    expect(sandbox.livingGrants()).toHaveLength(1);
    await expect(api.connections.get.query({ connectionId })).rejects.toMatchObject({ data: { reason: "unknown_connection" } });
    // The note itself goes with the last look, for what was under way.
    expect(await placesOf(evergrant, subject)).toEqual(["forgettings.subject"]);
    await later(evergrant, 6 * minuteMs);
    expect(await placesOf(evergrant, subject)).toEqual([]);
    expect(await placesOf(evergrant, connectionId)).toEqual(["audit.connection_id"]);

    expect(await api.connections.get.query({ connectionId: bobs })).toMatchObject({ subject: "bob", status: "active" });
    const keys = await api.apiKeys.list.query();
    expect(keys.find(({ name }) => name === "theirs")?.subjects).toEqual(["bob"]);
    const { entries } = await api.audit.list.query({ subject });
    expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
      expect.arrayContaining(["subjects.forget begun", "subjects.forget forgotten", "tokens.get active"]),
    );
    expect(JSON.stringify(entries)).not.toContain(subject);
    expect(await chainHolds(evergrant)).toBe(true);
    // Nothing is left to forget, and it may be asked all the same.
    expect(await api.subjects.forget.mutate({ subject })).toEqual({ connections: 0, pendingRevocations: 0 });
  });

  it("of a grant that nobody has confirmed: revoked, and its confirmation is worth nothing", async () => {
    await using evergrant = await start({
      config: () => ({ publicUrl: "https://evergrant.test", returnOrigins: [appOrigin] }),
    });
    const landing = await wholeFlow(evergrant, { subject, returnTo: `${appOrigin}/done` });
    const confirmation = landing.url.searchParams.get("confirmation") ?? "";
    expect(await evergrant.api.subjects.forget.mutate({ subject })).toEqual({ connections: 1, pendingRevocations: 0 });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    await expect(evergrant.api.connections.confirm.mutate({ confirmation, subject })).rejects.toMatchObject({
      data: { reason: "confirmation_invalid" },
    });
    await later(evergrant, 6 * minuteMs);
    expect(await placesOf(evergrant, subject)).toEqual([]);
  });

  it("while the provider is out of reach: the outbox keeps the tokens for it, and no longer knows whose they were", async () => {
    await using evergrant = await start();
    await evergrant.connect(subject);
    evergrant.sandbox.faults.add({ on: "revocation", kind: "status", status: 503 });
    expect(await evergrant.api.subjects.forget.mutate({ subject })).toEqual({ connections: 1, pendingRevocations: 1 });
    expect(await evergrant.database.orm.select().from(revocations)).toHaveLength(1);
    await later(evergrant, 6 * minuteMs);
    expect(await placesOf(evergrant, subject)).toEqual([]);
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    const { events } = await evergrant.api.events.list.query({});
    expect(events).toMatchObject([{ type: "connection.revocation", subject: null, details: { outcome: "revoked" } }]);
  });

  it("is gone on with by another process where the one that began was killed", async () => {
    await using evergrant = await start();
    const { database, clock, sandbox } = evergrant;
    for (const account of ["alice", "bob", "carol"]) {
      sandbox.setAccount(account);
      await evergrant.connect(subject);
    }
    // Killed after the note, and later on after some of the grants were ended.
    await asOperator("test", () => beginForgetting(database, { subject, requestedAt: clock.now() }));
    const [first] = (await evergrant.api.connections.list.query({ subject })).connections;
    await evergrant.api.connections.disconnect.mutate({ connectionId: first?.id ?? "" });
    expect(sandbox.livingGrants()).toHaveLength(2);
    const other = await evergrant.another();
    await other.keepRecords({ deadlineMs: 5_000 });
    expect(sandbox.livingGrants()).toEqual([]);
    expect(await placesOf(evergrant, subject)).toEqual(["forgettings.subject"]);
    clock.advance(6 * minuteMs);
    await other.keepRecords({ deadlineMs: 5_000 });
    expect(await placesOf(evergrant, subject)).toEqual([]);
    await other.close();
  });

  it("catches what was under way: a refresh at the provider, and a flow that had its code", async () => {
    await using evergrant = await start();
    const { api, sandbox, clock } = evergrant;
    const connectionId = await evergrant.connect(subject);
    clock.advance(3_600_000);
    const refresh = sandbox.hold("refresh", "after");
    const read = api.tokens.get.query({ connectionId }).catch((error: unknown) => error);
    await refresh.arrived;
    const { browser, callback } = await reachCallback(evergrant, { subject, connectionId });
    const code = sandbox.hold("code", "after");
    const landing = land(browser, callback);
    await code.arrived;

    await api.subjects.forget.mutate({ subject });
    refresh.release();
    code.release();
    await Promise.all([read, landing]);
    await later(evergrant, 6 * minuteMs);
    expect(await placesOf(evergrant, subject)).toEqual([]);
    expect(sandbox.livingGrants()).toEqual([]);
  });

  it("is for admins of all of it, and not on a copied database", async () => {
    await using evergrant = await start();
    await evergrant.connect(subject);
    const limited = await evergrant.api.apiKeys.create.mutate({ name: "limited", permissions: ["admin"], subjects: [subject] });
    for (const key of [limited.apiKey, await evergrant.apiKeyFor(["connections:write", "sessions:write"])]) {
      await expect(evergrant.as(key).subjects.forget.mutate({ subject })).rejects.toMatchObject({ data: { httpStatus: 403 } });
    }
    const copy = await evergrant.another({ deploymentUrl: "http://127.0.0.1:4999" });
    const admin = copy.caller({ id: "admin", permissions: ["admin"] });
    await expect(admin.subjects.forget({ subject })).rejects.toThrow("evergrant adopt");
    await copy.keepRecords({ deadlineMs: 5_000 });
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    await copy.close();
  });
});
