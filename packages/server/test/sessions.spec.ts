import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { appOrigin, resultOf, wholeFlow } from "./flow.ts";
import { openStream } from "./sse.ts";
import { type StartOptions, type Started, sandboxIntegration, start } from "./start.ts";

const twoIntegrations: StartOptions = {
  config: (sandbox) => ({ providers: { sandbox: sandboxIntegration(sandbox), another: sandboxIntegration(sandbox) } }),
};

async function sessionOf(evergrant: Started, subject: string, more: { integrations?: string[]; ttlSeconds?: number } = {}) {
  const session = await evergrant.api.sessions.create.mutate({ subject, ...more });
  return { ...session, api: evergrant.as(session.sessionToken) };
}

const refusedWith = (httpStatus: number) => ({ data: { httpStatus } });

describe("a session", () => {
  it("is made by a key with sessions:write; its token is shown once and hashed at rest", async () => {
    await using evergrant = await start();
    const backend = evergrant.as(await evergrant.apiKeyFor(["sessions:write"]));
    const before = evergrant.clock.now().getTime();
    const session = await backend.sessions.create.mutate({ subject: "alice" });
    expect(session).toMatchObject({ subject: "alice", integrations: null });
    expect(session.sessionToken).toMatch(new RegExp(`^evergrant_session_${session.id}_[\\w-]{43}$`));
    expect(Math.round((Date.parse(session.expiresAt) - before) / 1000)).toBe(900);
    expect(JSON.stringify(await evergrant.database.orm.all(sql`SELECT * FROM sessions`))).not.toContain(session.sessionToken.slice(-43));
    for (const ttlSeconds of [3601, 0, -1, 1.5]) {
      await expect(backend.sessions.create.mutate({ subject: "alice", ttlSeconds })).rejects.toThrow(/ttlSeconds/);
    }
    await expect(backend.sessions.create.mutate({ subject: "alice", integrations: ["none"] })).rejects.toThrow(/none named "none"/);
    await expect(evergrant.as(session.sessionToken).sessions.create.mutate({ subject: "alice" })).rejects.toMatchObject(refusedWith(403));
  });

  it("has its own subject's connections, and nobody else's", async () => {
    await using evergrant = await start();
    const own = await evergrant.connect("alice");
    const other = await evergrant.connect("bob");
    const { api } = await sessionOf(evergrant, "alice");

    expect(await api.integrations.list.query()).toHaveLength(1);
    expect((await api.scopes.list.query({ integration: "sandbox" })).length).toBeGreaterThan(0);
    expect(await api.scopes.check.query({ integration: "sandbox", scopes: ["notes:read"] })).toHaveLength(1);
    expect((await api.connections.list.query({})).connections.map(({ id }) => id)).toEqual([own]);
    expect((await api.connections.list.query({ subject: "bob" })).connections).toEqual([]);
    expect(await api.connections.get.query({ connectionId: own })).toMatchObject({ id: own });
    expect(await api.tokens.status.query({ connectionId: own })).toMatchObject({ connectionId: own });
    expect(await api.scopes.ledger.query({ connectionId: own })).not.toEqual([]);
    for (const refused of [
      api.connections.get.query({ connectionId: other }),
      api.connections.disconnect.mutate({ connectionId: other }),
      api.tokens.status.query({ connectionId: other }),
      api.scopes.ledger.query({ connectionId: other }),
      api.connections.authorize.mutate({ integration: "sandbox", subject: "alice", connectionId: other }),
    ]) {
      await expect(refused).rejects.toMatchObject({ data: { httpStatus: 404, reason: "unknown_connection" } });
    }
    for (const refused of [
      api.connections.authorize.mutate({ integration: "sandbox", subject: "bob" }),
      api.connections.confirm.mutate({ confirmation: "x", subject: "bob" }),
    ]) {
      await expect(refused).rejects.toMatchObject({ data: { httpStatus: 403, reason: "permission_denied" } });
    }
    expect((await evergrant.api.connections.get.query({ connectionId: other })).status).toBe("active");
    await api.connections.disconnect.mutate({ connectionId: own });
    expect((await evergrant.api.connections.get.query({ connectionId: own })).status).toBe("disconnected");
  });

  it("never reads a token, not even its own subject's", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const { api } = await sessionOf(evergrant, "alice");
    for (const refused of [
      api.tokens.get.query({ connectionId }),
      api.tokens.get.query({ integration: "sandbox", subject: "alice" }),
      api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 }),
    ]) {
      await expect(refused).rejects.toMatchObject({ data: { httpStatus: 403, reason: "permission_denied" } });
    }
    expect(evergrant.sandbox.grants("refresh_token")).toEqual([]);
  });

  it("takes its subject through a whole flow and confirms it; another's attempt leaves the grant as it is", async () => {
    const publicUrl = "https://evergrant.test";
    await using evergrant = await start({ config: () => ({ publicUrl, returnOrigins: [appOrigin] }) });
    const alice = await sessionOf(evergrant, "alice");
    const bob = await sessionOf(evergrant, "bob");
    const { confirmation = "" } = resultOf(await wholeFlow(evergrant, { returnTo: `${appOrigin}/done` }));
    await expect(bob.api.connections.confirm.mutate({ confirmation, subject: "alice" })).rejects.toMatchObject(refusedWith(403));
    const connection = await alice.api.connections.confirm.mutate({ confirmation, subject: "alice" });
    expect(connection).toMatchObject({ subject: "alice", status: "active" });
  });

  it("for some integrations neither sees nor uses the others", async () => {
    await using evergrant = await start(twoIntegrations);
    const connectionId = await evergrant.connect("alice");
    const { api } = await sessionOf(evergrant, "alice", { integrations: ["another"] });
    expect((await api.integrations.list.query()).map(({ id }) => id)).toEqual(["another"]);
    expect((await api.connections.list.query({})).connections).toEqual([]);
    expect((await api.events.list.query({})).events).toEqual([]);
    for (const refused of [
      api.connections.get.query({ connectionId }),
      api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" }),
      api.scopes.list.query({ integration: "sandbox" }),
    ]) {
      await expect(refused).rejects.toMatchObject(refusedWith(404));
    }
  });

  it("sees its own subject's events alone, with what concerns a person, listed and streamed", async () => {
    await using evergrant = await start();
    await evergrant.connect("bob");
    const connectionId = await evergrant.connect("alice");
    const { api, sessionToken } = await sessionOf(evergrant, "alice");
    const seen = (await api.events.list.query({})).events;
    expect(seen.map(({ type, subject }) => [type, subject])).toEqual([["connection.created", "alice"]]);
    expect(seen[0]?.details).toEqual({ scopes: ["notes:read", "offline_access"] });
    await using stream = await openStream(evergrant.app, sessionToken);
    expect((await stream.take(1))[0]).toEqual(seen[0]);
    await evergrant.connect("bob", {
      connectionId: (await evergrant.api.connections.list.query({ subject: "bob" })).connections[0]?.id ?? "",
    });
    await evergrant.api.connections.disconnect.mutate({ connectionId });
    expect((await stream.take(1)).map(({ type, subject }) => [type, subject])).toEqual([["connection.disconnected", "alice"]]);
    const revocation = (await evergrant.api.events.list.query({ connectionId })).events.find(
      ({ type }) => type === "connection.revocation",
    );
    expect(revocation?.details).toHaveProperty("attempts");
    expect((await stream.take(1))[0]).toMatchObject({ type: "connection.revocation", details: {} });
  });
});

describe("the end of a session", () => {
  it("comes with its time, with revocation by id or subject, and with the key that made it", async () => {
    await using evergrant = await start({ app: { timing: { credentialCheckMs: 20 } } });
    const { api, clock } = evergrant;
    const key = await api.apiKeys.create.mutate({
      name: "backend",
      permissions: ["sessions:write"],
      expiresAt: new Date(clock.now().getTime() + 600_000).toISOString(),
    });
    const make = (subject: string) => evergrant.as(key.apiKey).sessions.create.mutate({ subject });
    const [byId, bySubject, byKey, byTime] = [await make("a"), await make("b"), await make("c"), await make("d")];
    expect(byTime.expiresAt).toBe(key.expiresAt);
    for (const [session, end] of [
      [byId, async () => expect(await api.sessions.revoke.mutate({ id: byId.id })).toEqual({ revoked: 1 })],
      [bySubject, async () => expect(await api.sessions.revoke.mutate({ subject: "b" })).toEqual({ revoked: 1 })],
      [byKey, async () => expect(await api.apiKeys.revoke.mutate({ id: key.id })).toEqual({ revoked: true })],
    ] as const) {
      await using stream = await openStream(evergrant.app, session.sessionToken);
      expect(await evergrant.as(session.sessionToken).connections.list.query({})).toEqual({ connections: [], nextCursor: null });
      await end();
      await expect(evergrant.as(session.sessionToken).connections.list.query({})).rejects.toMatchObject(refusedWith(401));
      const last = await stream.next();
      expect(JSON.parse(last?.data ?? "")).toMatchObject({ data: { code: "UNAUTHORIZED", httpStatus: 401 } });
      expect(await stream.next()).toBeNull();
    }
    const late = await sessionOf(evergrant, "e", { ttlSeconds: 60 });
    await using stream = await openStream(evergrant.app, late.sessionToken);
    clock.advance(61_000);
    await expect(late.api.connections.list.query({})).rejects.toMatchObject(refusedWith(401));
    expect((await stream.next())?.event).toBe("serialized-error");
    expect(await api.sessions.revoke.mutate({ subject: "e" })).toEqual({ revoked: 0 });
  });

  it("is forgotten a day later", async () => {
    await using evergrant = await start();
    await sessionOf(evergrant, "alice", { ttlSeconds: 60 });
    const keep = async () => (await evergrant.app.keepRecords({ deadlineMs: 5_000 })).removed.sessions;
    evergrant.clock.advance(3_600_000);
    expect(await keep()).toBe(0);
    evergrant.clock.advance(86_400_000);
    expect(await keep()).toBe(1);
  });
});

describe("a key that is limited to integrations", () => {
  it("makes no session that is wider than itself, and ends none", async () => {
    await using evergrant = await start(twoIntegrations);
    const limited = evergrant.as(await evergrant.apiKeyFor(["sessions:write"], { integrations: ["another"] }));
    expect(await limited.sessions.create.mutate({ subject: "alice" })).toMatchObject({ integrations: ["another"] });
    await expect(limited.sessions.create.mutate({ subject: "alice", integrations: ["another", "sandbox"] })).rejects.toMatchObject(
      refusedWith(404),
    );
    const wide = await sessionOf(evergrant, "alice");
    expect(await limited.sessions.revoke.mutate({ id: wide.id })).toEqual({ revoked: 0 });
    expect(await limited.sessions.revoke.mutate({ subject: "alice" })).toEqual({ revoked: 1 });
    expect((await wide.api.connections.list.query({})).connections).toEqual([]);
  });
});

describe("what a session does", () => {
  it("is in the audit log under its id, with its subject", async () => {
    await using evergrant = await start();
    const { api, id } = await sessionOf(evergrant, "alice");
    await api.connections.list.query({});
    await expect(api.connections.authorize.mutate({ integration: "sandbox", subject: "bob" })).rejects.toMatchObject(refusedWith(403));
    const { entries } = await evergrant.api.audit.list.query({ actorKind: "session" });
    expect(entries.map(({ action, outcome, actor }) => `${action} ${outcome} ${actor.id}`).toSorted()).toEqual([
      `connections.authorize permission_denied ${id}`,
      `connections.list ok ${id}`,
    ]);
    const ofAlice = (await evergrant.api.audit.list.query({ subject: "alice" })).entries.map(({ action }) => action);
    expect(ofAlice.toSorted()).toEqual(["connections.list", "sessions.create"]);
    expect((await evergrant.api.audit.list.query({ subject: "bob" })).entries.map(({ action }) => action)).toEqual([
      "connections.authorize",
    ]);
  });
});
