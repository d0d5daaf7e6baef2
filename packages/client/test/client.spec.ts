import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { EvergrantUnreachableError, MissingScopesError, NotConnectedError, ReauthorizationRequiredError } from "../src/errors.ts";
import { start } from "./start.ts";

/** What the sandbox answers to whoever may read the notes. */
const notes = { notes: ["Buy milk"] };

describe("refresh-on-call", () => {
  it("a call, an expiry, and the call again: it works, with one refresh, and the caller knows nothing of it", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    const fetchAsAlice = client.fetch(connectionId, { requireScopes: ["notes:read"] });
    const readNotes = async () => (await fetchAsAlice(sandbox.resourceUrl)).json();

    expect(await readNotes()).toEqual(notes);
    const before = await client.accessToken(connectionId);
    world.passSeconds(3_601);
    expect(await readNotes()).toEqual(notes);
    expect(await readNotes()).toEqual(notes);
    expect(await client.accessToken(connectionId)).not.toBe(before);
    expect(sandbox.grants("refresh_token")).toHaveLength(1);
    expect(sandbox.counters()).toMatchObject({ notes: 3 });
  });

  it("twenty callers at the expiry cause one refresh", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    world.passSeconds(3_601);
    const fetchAsAlice = client.fetch(connectionId);
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetchAsAlice(sandbox.resourceUrl)));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(sandbox.grants("refresh_token")).toHaveLength(1);
  });

  it("a token that the resource server calls invalid before its time is refreshed once and the request retried once", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    const { authorizeUrl } = await client.connections.authorize({
      integration: "sandbox",
      subject: "alice",
      connectionId,
      scopes: ["notes:read", "notes:write"],
    });
    await world.visit(authorizeUrl);
    const fetchAsAlice = client.fetch(connectionId);
    expect((await fetchAsAlice(sandbox.resourceUrl)).status).toBe(200);

    world.passSeconds(600);
    sandbox.endAccessTokens();
    const written = await fetchAsAlice(sandbox.resourceUrl, { method: "POST", body: JSON.stringify({ text: "Call Bob" }) });
    expect(written.status).toBe(201);
    expect(await (await fetchAsAlice(sandbox.resourceUrl)).json()).toEqual({ notes: ["Buy milk", "Call Bob"] });
    expect(sandbox.grants("refresh_token")).toHaveLength(1);
    // Read, refused, written, read: nothing was sent a third time.
    expect(sandbox.counters()).toMatchObject({ notes: 4 });
  });
});

describe("a grant that does not do", () => {
  it("once dead, becomes an error with a connect link; its owner follows it, and the same calls work again", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    const fetchAsAlice = client.fetch(connectionId);
    const token = await client.accessToken(connectionId);
    world.passSeconds(600);
    sandbox.revokeGrant({ account: "alice" });

    const error = await fetchAsAlice(sandbox.resourceUrl).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReauthorizationRequiredError);
    expect(inspect(error, { depth: null })).not.toContain(token);
    await expect(client.accessToken(connectionId)).rejects.toThrow(ReauthorizationRequiredError);
    const { authorizeUrl } = error as ReauthorizationRequiredError;
    expect(authorizeUrl).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${world.door.port}/connect/`));
    await world.visit(authorizeUrl);
    expect(await (await fetchAsAlice(sandbox.resourceUrl)).json()).toEqual(notes);
  });

  it("for want of scopes, becomes an error with a link that asks for them", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    const writeAsAlice = client.fetch(connectionId, { integration: "sandbox", requireScopes: ["notes:write"] });
    const write = () => writeAsAlice(sandbox.resourceUrl, { method: "POST", body: JSON.stringify({ text: "Call Bob" }) });

    const error = await write().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MissingScopesError);
    expect(error).toMatchObject({ missingScopes: ["notes:write"], grantedScopes: expect.arrayContaining(["notes:read"]) });
    await world.visit((error as MissingScopesError).authorizeUrl);
    expect((await write()).status).toBe(201);
  });

  it("ended by its owner's app, is not used any more, though its token was in memory", async () => {
    await using world = await start();
    const { client } = world;
    const connectionId = await world.connect("alice");
    await client.accessToken(connectionId);
    expect(await client.connections.disconnect({ connectionId })).toMatchObject({ revocation: "revoked" });
    await expect(client.accessToken(connectionId)).rejects.toThrow(NotConnectedError);
    expect(await client.tokens.get({ integration: "sandbox", subject: "alice" })).toMatchObject({ status: "not_connected" });
  });
});

describe("with the server gone", () => {
  it("calls go on until the token expires, then fail with a typed error, and are back without a restart", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const connectionId = await world.connect("alice");
    const fetchAsAlice = client.fetch(connectionId);
    await client.accessToken(connectionId);
    await world.door.shut();

    // Past the time for which the server lets a token be kept, and before its expiry.
    world.passSeconds(3_550);
    expect((await fetchAsAlice(sandbox.resourceUrl)).status).toBe(200);
    expect(await client.tokens.get({ connectionId })).toMatchObject({ status: "active", stale: true });
    world.passSeconds(60);
    await expect(fetchAsAlice(sandbox.resourceUrl)).rejects.toThrow(EvergrantUnreachableError);

    await world.door.open();
    expect((await fetchAsAlice(sandbox.resourceUrl)).status).toBe(200);
    expect(sandbox.grants("refresh_token")).toHaveLength(1);
  });
});

describe("events()", () => {
  it("outlives the server, and hands on what happened meanwhile, each event once", async () => {
    await using world = await start();
    const { client } = world;
    const leaving = new AbortController();
    const events = client.events({ signal: leaving.signal });
    const alice = await world.connect("alice");
    expect((await events.next()).value).toMatchObject({ type: "connection.created", connectionId: alice });

    await world.door.shut();
    await world.door.open();
    const bob = await world.connect("bob");
    expect((await events.next()).value).toMatchObject({ type: "connection.created", connectionId: bob });
    const next = events.next();
    leaving.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("takes a token out of memory that was refreshed or ended elsewhere", async () => {
    await using world = await start();
    const { client, sandbox } = world;
    const elsewhere = world.anotherClient();
    const connectionId = await world.connect("alice");
    const events = client.events();
    await events.next();
    const first = await client.accessToken(connectionId);

    world.passSeconds(600);
    await elsewhere.tokens.refresh({ connectionId, ifGeneration: 1 });
    expect((await events.next()).value).toMatchObject({ type: "connection.refreshed" });
    const second = await client.accessToken(connectionId);
    expect(second).not.toBe(first);
    await elsewhere.connections.disconnect({ connectionId });
    expect((await events.next()).value).toMatchObject({ type: "connection.disconnected" });
    await expect(client.accessToken(connectionId)).rejects.toThrow(NotConnectedError);
    expect(sandbox.grants("refresh_token")).toHaveLength(1);

    expect((await events.next()).value).toMatchObject({ type: "connection.revocation" });
    // Leaving does not wait for an event that may never come.
    const waiting = events.next();
    await events.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("ends with an error where the caller may not listen", async () => {
    await using world = await start();
    const { apiKey } = await world.client.apiKeys.create({ name: "reader", permissions: ["tokens:read"] });
    await expect(world.anotherClient(apiKey).events().next()).rejects.toMatchObject({ httpStatus: 403, reason: "permission_denied" });
    await expect(world.anotherClient("nobody").events().next()).rejects.toMatchObject({ httpStatus: 401 });
  });
});

describe("the rest of the API", () => {
  it("is there, typed, and answers", async () => {
    await using world = await start();
    const { client } = world;
    const connectionId = await world.connect("alice");
    expect(await client.connections.get({ connectionId })).toMatchObject({ id: connectionId, status: "active", subject: "alice" });
    expect(await client.tokens.status({ connectionId })).toMatchObject({ connectionId, hasRefreshToken: true, generation: 1 });
    expect(await client.integrations.list()).toMatchObject([{ id: "sandbox" }]);
    expect(await client.scopes.check({ integration: "sandbox", scopes: ["notes:read", "notes:raed"] })).toMatchObject([
      { verdict: "known" },
      { verdict: "unknown", nearest: expect.arrayContaining(["notes:read"]) },
    ]);
    expect((await client.scopes.list({ integration: "sandbox" })).map(({ scope }) => scope)).toContain("notes:write");
    expect(await client.scopes.ledger({ connectionId })).toMatchObject([{ kind: "requested" }, { kind: "granted" }]);
    expect((await client.events.list()).events).toMatchObject([{ type: "connection.created", connectionId }]);
    expect(await client.config.list()).toMatchObject([{ id: "sandbox", source: "file" }]);
    expect(await client.config.get({ integration: "sandbox" })).toMatchObject({ clientSecret: { set: true } });

    const { id, apiKey } = await client.apiKeys.create({ name: "reader", permissions: ["connections:read"] });
    expect((await client.apiKeys.list()).map((key) => key.id)).toContain(id);
    expect(JSON.stringify(await client.apiKeys.list())).not.toContain(apiKey);
    expect(await client.apiKeys.revoke({ id })).toEqual({ revoked: true });

    const definition = { provider: { issuer: "https://sso.example.com" }, clientId: "c", clientSecret: "s", scopes: ["openid"] };
    expect(await client.config.put({ integration: "acme", definition })).toMatchObject({ integration: { id: "acme", source: "api" } });
    expect(await client.config.remove({ integration: "acme" })).toEqual({ strandedConnections: 0 });
  });
});
