import { Readable } from "node:stream";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { asOperator, begin } from "../src/acting.ts";
import { openAuditLog } from "../src/audit-log.ts";
import { openDatabase } from "../src/database.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { sealAudit } from "../src/seal-audit.ts";
import { audit, auditChain } from "../src/tables.ts";
import { openVault } from "../src/vault.ts";
import { verifyAudit } from "../src/verify-audit.ts";
import { type Started, present, start, testKeys } from "./start.ts";

/** The sealer's and the verifier's hands on a test's database. */
async function keeperOf({ database, clock }: Started) {
  const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(testKeys), now: clock.now });
  return { database, vault, log: { info: () => {}, warn: () => {}, error: () => {} } };
}

/** An audit log of `count` sealed entries. */
async function sealedEntries(evergrant: Started, count: number) {
  for (let made = 0; made < count; made += 1)
    await evergrant.api.apiKeys.create.mutate({ name: `key ${made}`, permissions: ["tokens:read"] });
  const keeper = await keeperOf(evergrant);
  await sealAudit(keeper);
  const { entries } = await evergrant.api.audit.list.query({ action: "apiKeys.create" });
  return { keeper, ids: entries.map(({ id }) => id).toReversed() };
}

describe("what is written", () => {
  it("a change has its entry: who, what, whom, from where, with which outcome", async () => {
    await using evergrant = await start();
    const response = await evergrant.app.fetch(
      new Request(`${evergrant.publicUrl}/trpc/apiKeys.create`, {
        method: "POST",
        headers: { authorization: `Bearer ${evergrant.apiKey}`, "content-type": "application/json", "x-request-id": "request-1" },
        body: JSON.stringify({ name: "made", permissions: ["tokens:read"] }),
      }),
      { address: "203.0.113.7" },
    );
    expect(response.status).toBe(200);
    expect(response.headers.get("x-request-id")).toBe("request-1");
    const { entries } = await evergrant.api.audit.list.query({ action: "apiKeys.create" });
    expect(entries).toEqual([
      expect.objectContaining({
        outcome: "ok",
        count: 1,
        actor: { kind: "api_key", id: evergrant.apiKey.split("_")[1] },
        address: "203.0.113.7",
        requestId: "request-1",
        details: expect.objectContaining({ name: "made", permissions: ["tokens:read"] }),
        sealed: false,
      }),
    ]);
  });

  it("a flow, reads, a refresh and a disconnect tell the story of a connection, by its subject too", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    await evergrant.api.tokens.get.query({ connectionId });
    evergrant.clock.advance(3_600_000);
    await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" });
    await evergrant.api.connections.disconnect.mutate({ connectionId });
    await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "bob" });
    const { entries } = await evergrant.api.audit.list.query({ subject: "alice" });
    const story = entries.map(({ action, outcome, actor, subject }) => `${actor.kind} ${action} ${outcome} ${subject}`).toReversed();
    expect(story).toEqual([
      "api_key connections.authorize ok null",
      "browser flow created alice",
      "api_key tokens.get active alice",
      "api_key refresh refreshed alice",
      "api_key tokens.get active alice",
      "api_key connections.disconnect disconnected alice",
      "api_key connections.disconnect revocation alice",
    ]);
    expect((await evergrant.api.audit.list.query({ connectionId })).entries).toHaveLength(6);
    expect((await evergrant.api.audit.list.query({ subject: "bob" })).entries).toHaveLength(1);
    expect(JSON.stringify(await evergrant.database.orm.select().from(audit))).not.toMatch(/alice|bob/);
  });

  it("reads are one entry for each caller, connection, outcome and minute, in whatever process they were", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const another = await evergrant.another();
    const reader = { id: "reader", permissions: ["tokens:read" as const] };
    const readers = [evergrant.app.caller(reader), another.caller(reader)];
    for (let reads = 0; reads < 20; reads += 1) await readers[reads % 2]?.tokens.get({ connectionId });
    await another.close();
    const { entries } = await evergrant.api.audit.list.query({ action: "tokens.get" });
    // The test may fall into two minutes.
    expect(entries.length).toBeLessThanOrEqual(2);
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(20);
  });

  it("reads are an entry each where the config says so", async () => {
    await using evergrant = await start({ config: () => ({ audit: { reads: "each" } }) });
    const connectionId = await evergrant.connect("alice");
    for (let reads = 0; reads < 3; reads += 1) await evergrant.api.tokens.get.query({ connectionId });
    const { entries } = await evergrant.api.audit.list.query({ action: "tokens.get" });
    expect(entries.map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  it("no read is lost where a second has more of them than are kept", async () => {
    await using evergrant = await start();
    const { vault, ...keeper } = await keeperOf(evergrant);
    const { now } = evergrant.clock;
    const log = openAuditLog({ ...keeper, vault, now, settings: { reads: "aggregated" }, workBehind: null });
    const reads = 25_000;
    for (let read = 0; read < reads; read += 1) {
      const act = begin({ actor: { kind: "api_key", id: "reader" }, action: "tokens.get" });
      act.about = { connectionId: `con_${read}` };
      log.note(act, "active");
      // Other callers' turns.
      if (read % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await log.flush();
    const [written] = await evergrant.database.orm
      .select({ sum: sql<number>`sum(${audit.count})` })
      .from(audit)
      .where(eq(audit.action, "tokens.get"));
    expect(written?.sum).toBe(reads);
  });

  it("reads that the database did not take wait for the next answer, without asking it again meanwhile, and none is lost", async () => {
    await using evergrant = await start();
    const { api, database, logged } = evergrant;
    const connectionId = await evergrant.connect("alice");
    await database.orm.run(sql`PRAGMA query_only = 1`);
    const failures = () => logged.filter((line) => line.includes("reads were not audited yet")).length;
    await api.tokens.get.query({ connectionId });
    await expect.poll(failures).toBeGreaterThan(0);
    const after = failures();
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(failures()).toBe(after);

    await database.orm.run(sql`PRAGMA query_only = 0`);
    await api.tokens.get.query({ connectionId });
    const { entries } = await api.audit.list.query({ action: "tokens.get" });
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });

  it("tokens that are imported, and data keys that are made, wrapped anew or retired, are told with the change itself", async () => {
    await using evergrant = await start();
    const { app, api, database, clock } = evergrant;
    const line = { integration: "sandbox", subject: "imported", accessToken: "an-access-token", scopes: ["notes:read"] };
    const results = app.importTokens(Readable.from([Buffer.from(JSON.stringify(line))]), { dryRun: false, replace: false });
    const imported = await asOperator("import", () => results.next());
    const { entries } = await api.audit.list.query({ connectionId: imported.value?.connectionId });
    expect(entries).toMatchObject([{ action: "import", outcome: "created", actor: { kind: "operator" }, subject: "imported" }]);

    const { dataKeyId } = await api.keys.rotate.mutate({ newKey: "always" });
    const { dataKeys } = await api.keys.status.query();
    const former = present(dataKeys.find(({ id, madeFor }) => id !== dataKeyId && madeFor === "sealing"));
    await api.keys.retire.mutate({ id: former.id, endLinks: true });
    const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(testKeys), now: clock.now });
    await asOperator("keys rewrap", () => vault.ring.rewrap("all"));
    const told = (await api.audit.list.query({})).entries.flatMap(({ action, outcome, details }) =>
      "dataKey" in details ? [`${action} ${outcome} ${String(details["dataKey"])}`] : [],
    );
    expect(told).toEqual(
      expect.arrayContaining([
        `keys.rotate data_key_added ${dataKeyId}`,
        `keys.retire data_key_retired ${former.id}`,
        `keys rewrap data_key_rewrapped ${dataKeyId}`,
      ]),
    );
  });

  it("what is refused is told as well, and so is who looks at the log", async () => {
    await using evergrant = await start();
    const weak = evergrant.as(await evergrant.apiKeyFor(["tokens:read"]));
    await expect(weak.apiKeys.list.query()).rejects.toThrow("permission");
    await expect(evergrant.api.connections.get.query({ connectionId: "con_nowhere_to_be_found" })).rejects.toThrow("no such connection");
    await evergrant.api.audit.list.query({ limit: 1 });
    const { entries } = await evergrant.api.audit.list.query({});
    expect(entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
      expect.arrayContaining(["apiKeys.list permission_denied", "connections.get unknown_connection", "audit.list ok"]),
    );
    await expect(weak.audit.list.query({})).rejects.toThrow("permission");
  });

  it("a change that is not made has no entry of having been made", async () => {
    await using evergrant = await start();
    expect(await evergrant.api.apiKeys.revoke.mutate({ id: "nobody" })).toEqual({ revoked: false });
    // The batch fails as a whole: neither the key nor its row.
    await evergrant.database.orm.run(
      sql`CREATE TRIGGER refuse BEFORE INSERT ON audit WHEN NEW.action = 'apiKeys.create' AND NEW.outcome = 'ok' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    await expect(evergrant.api.apiKeys.create.mutate({ name: "never", permissions: ["tokens:read"] })).rejects.toThrow(
      "something went wrong",
    );
    expect((await evergrant.api.apiKeys.list.query()).map(({ name }) => name)).toEqual(["test"]);
    const { entries } = await evergrant.api.audit.list.query({});
    expect(entries.filter(({ action, details }) => action === "apiKeys.revoke" && "apiKey" in details)).toEqual([]);
    expect(entries.filter(({ action }) => action === "apiKeys.create").map(({ outcome }) => outcome)).toEqual(["internal_server_error"]);
  });

  it("pages and instants", async () => {
    await using evergrant = await start();
    for (const name of ["a", "b", "c"]) await evergrant.api.apiKeys.create.mutate({ name, permissions: ["tokens:read"] });
    const first = await evergrant.api.audit.list.query({ action: "apiKeys.create", limit: 2 });
    const second = await evergrant.api.audit.list.query({ action: "apiKeys.create", limit: 2, cursor: present(first.nextCursor) });
    expect([...first.entries, ...second.entries].map(({ details }) => details["name"])).toEqual(["c", "b", "a"]);
    const since = new Date(evergrant.clock.now().getTime() + 1).toISOString();
    expect((await evergrant.api.audit.list.query({ action: "apiKeys.create", since })).entries).toEqual([]);
    expect((await evergrant.api.audit.list.query({ action: "apiKeys.create", until: since })).entries).toHaveLength(3);
  });
});

describe("the chain", () => {
  it("holds over what was sealed, and says what is not sealed yet", async () => {
    await using evergrant = await start();
    const { keeper } = await sealedEntries(evergrant, 3);
    await evergrant.api.apiKeys.create.mutate({ name: "late", permissions: ["tokens:read"] });
    const verdict = await verifyAudit(keeper);
    expect(verdict).toMatchObject({ ok: true, firstBreak: null });
    expect(verdict.verified).toBeGreaterThanOrEqual(4);
    expect(verdict.unsealed.count).toBeGreaterThanOrEqual(1);
    expect(verdict.unsealed.since).not.toBeNull();
  });

  it.each([
    ["altered", (id: number) => sql`UPDATE audit SET outcome = 'denied' WHERE id = ${id}`],
    ["altered in its particulars", (id: number) => sql`UPDATE audit SET details = '{}' WHERE id = ${id}`],
    ["removed", (id: number) => sql`DELETE FROM audit WHERE id = ${id}`],
    [
      "inserted",
      (id: number) =>
        sql`INSERT INTO audit SELECT ${id - 1_000}, at, last_at, count, action, outcome, actor_kind, actor_id, subject_hash, integration_id, connection_id, address, request_id, details, NULL, chain FROM audit WHERE id = ${id}`,
    ],
  ])("a row that was %s is noticed, be it the first, one between or the last", async (_how, tamper) => {
    for (const which of [0, 2, 4]) {
      await using evergrant = await start();
      const { keeper, ids } = await sealedEntries(evergrant, 5);
      await evergrant.database.orm.run(sql`DELETE FROM audit WHERE chain IS NULL`);
      expect((await verifyAudit(keeper)).ok).toBe(true);
      await evergrant.database.orm.run(tamper(present(which === 0 ? 1 : ids[which])));
      expect((await verifyAudit(keeper)).ok).toBe(false);
    }
  });

  it("rows that changed places are noticed, and so are its ends", async () => {
    await using evergrant = await start();
    const { keeper, ids } = await sealedEntries(evergrant, 4);
    const [, second = 0, third = 0] = ids;
    const { orm } = evergrant.database;
    await orm.batch([
      orm.update(audit).set({ id: 9_999 }).where(eq(audit.id, second)),
      orm.update(audit).set({ id: second }).where(eq(audit.id, third)),
      orm.update(audit).set({ id: third }).where(eq(audit.id, 9_999)),
    ]);
    expect(await verifyAudit(keeper)).toMatchObject({ ok: false, firstBreak: { entryId: second } });
    await orm.batch([
      orm.update(audit).set({ id: 9_999 }).where(eq(audit.id, second)),
      orm.update(audit).set({ id: second }).where(eq(audit.id, third)),
      orm.update(audit).set({ id: third }).where(eq(audit.id, 9_999)),
    ]);
    expect(await verifyAudit(keeper)).toMatchObject({ ok: true });
    // The end, moved to the row before the last, with that row's own value: the proof is missing.
    const [, beforeLast] = await orm
      .select()
      .from(audit)
      .where(sql`chain IS NOT NULL`)
      .orderBy(sql`id DESC`)
      .limit(2);
    const { id, chain } = present(beforeLast);
    const [end] = await orm.select().from(auditChain);
    await orm.update(auditChain).set({ headId: id, headChain: present(chain), headCount: present(end).headCount - 1 });
    expect(await verifyAudit(keeper)).toMatchObject({ ok: false, firstBreak: { entryId: null } });
    await orm.delete(auditChain);
    expect(await verifyAudit(keeper)).toMatchObject({ ok: false, firstBreak: { entryId: null } });
  });

  it("a log that was cut off with its ends of then is noticed by a head that was kept elsewhere", async () => {
    await using evergrant = await start();
    const { keeper } = await sealedEntries(evergrant, 2);
    const { orm } = evergrant.database;
    const [then] = await orm.select().from(auditChain);
    await sealedEntries(evergrant, 2);
    const { head } = await verifyAudit(keeper);
    expect((await verifyAudit(keeper, head)).ok).toBe(true);
    await orm.delete(audit).where(sql`id > ${present(then).headId}`);
    await orm.update(auditChain).set(present(then));
    expect((await verifyAudit(keeper)).ok).toBe(true);
    expect((await verifyAudit(keeper, head)).ok).toBe(false);
  });

  it("two sealers at once, and one that dies between taking rows and sealing them, leave one whole chain", async () => {
    await using evergrant = await start();
    const { keeper } = await sealedEntries(evergrant, 1);
    const second = await openDatabase({ url: evergrant.folder.databaseUrl() });
    const other = { ...(await keeperOf({ ...evergrant, database: second })), database: second };
    for (let round = 0; round < 10; round += 1) {
      await evergrant.api.apiKeys.create.mutate({ name: `${round}`, permissions: ["tokens:read"] });
      await Promise.all([sealAudit(keeper), sealAudit(other), sealAudit(keeper)]);
    }
    // Dies: it has the lease, and its rows are taken.
    await evergrant.api.apiKeys.create.mutate({ name: "left behind", permissions: ["tokens:read"] });
    const { takeUnsealed } = await import("../src/audit-chain-store.ts");
    expect(await takeUnsealed(second, { owner: "dead", leaseMs: 3_000, limit: 500 })).not.toBeNull();
    expect(await sealAudit(keeper)).toBe(0);
    await evergrant.database.orm.update(auditChain).set({ leaseExpiresOnDatabaseClock: 1 });
    expect(await sealAudit(keeper)).toBeGreaterThan(0);
    const verdict = await verifyAudit(keeper);
    expect(verdict).toMatchObject({ ok: true, unsealed: { count: 0 } });
    second.close();
  });

  it("no read is counted into a row that is about to be sealed", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const keeper = await keeperOf(evergrant);
    await evergrant.api.tokens.get.query({ connectionId });
    await evergrant.api.audit.list.query({});
    await sealAudit(keeper);
    await evergrant.api.tokens.get.query({ connectionId });
    const { entries } = await evergrant.api.audit.list.query({ action: "tokens.get" });
    expect(entries.map(({ count, sealed }) => [count, sealed])).toEqual([
      [1, false],
      [1, true],
    ]);
    expect((await verifyAudit(keeper)).ok).toBe(true);
  });
});
