import { describe, expect, it } from "vitest";
import { failureOn, land, reachCallback, wholeFlow } from "./flow.ts";
import { startHranaServer } from "./hrana-server.ts";
import { type Started, sandboxIntegration, start, withStatus } from "./start.ts";

const alice = { integration: "sandbox", subject: "alice" };

async function connectionsOf(evergrant: Started, subject = "alice") {
  return (await evergrant.api.connections.list.query({ subject })).connections;
}

describe("connecting again", () => {
  it("the same account renews its connection: the generation moves, and there is no second row", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const before = withStatus("active", await evergrant.api.tokens.get.query(alice));
    expect(await evergrant.connect("alice")).toBe(connectionId);
    expect(await evergrant.connect("alice", { connectionId })).toBe(connectionId);

    const after = withStatus("active", await evergrant.api.tokens.get.query(alice));
    expect([before.generation, after.generation]).toEqual([1, 3]);
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(await connectionsOf(evergrant)).toHaveLength(1);
    const { events } = await evergrant.api.events.list.query({ connectionId });
    expect(events.map(({ type }) => type)).toEqual(["connection.created", "connection.reauthorized", "connection.reauthorized"]);
  });

  it("the same account in several flows at once makes one connection, also where the database is far away", async () => {
    await using server = await startHranaServer();
    await using evergrant = await start({ databaseUrl: server.url });
    const flows = [await reachCallback(evergrant), await reachCallback(evergrant), await reachCallback(evergrant)];
    server.faults.delayMs = 10;
    const landings = await Promise.all(flows.map(({ browser, callback }) => land(browser, callback)));
    expect(landings.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await connectionsOf(evergrant)).toHaveLength(1);
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({ status: "active" });
  });

  it("the same account for another subject, or at another integration, is another connection", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sandbox: sandboxIntegration(sandbox), other: sandboxIntegration(sandbox) } }),
    });
    const ids = [
      await evergrant.connect("alice"),
      await evergrant.connect("bob"),
      await evergrant.connect("alice", { integration: "other" }),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it("after a disconnect is a new connection", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    await evergrant.api.connections.disconnect.mutate({ connectionId });
    const next = await evergrant.connect("alice");
    expect(next).not.toBe(connectionId);
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({ status: "active", connectionId: next });
  });
});

describe("another account at the same integration", () => {
  it("is a second connection; who then asks by subject is told both ids, and gets a token by accountId", async () => {
    await using evergrant = await start();
    const first = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    const second = await evergrant.connect("alice");
    expect(second).not.toBe(first);

    const refusal = await evergrant.api.tokens.get.query(alice).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ data: { code: "CONFLICT", reason: "several_connections" } });
    for (const id of [first, second]) expect(refusal).toMatchObject({ message: expect.stringContaining(id) });
    expect(await evergrant.api.tokens.get.query({ ...alice, accountId: "bob" })).toMatchObject({ status: "active", connectionId: second });
    expect(await evergrant.api.tokens.get.query({ ...alice, accountId: "alice" })).toMatchObject({ status: "active", connectionId: first });
  });
});

describe("a link that renews one connection", () => {
  it("refuses another account: the connection stays as it was, and the tokens that came are revoked", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const before = await evergrant.api.tokens.get.query({ connectionId });
    evergrant.sandbox.setAccount("bob");
    const landing = await wholeFlow(evergrant, { connectionId });

    expect([landing.status, failureOn(landing)]).toEqual([400, "account_mismatch"]);
    expect(evergrant.sandbox.livingGrants("bob")).toEqual([]);
    expect(evergrant.sandbox.livingGrants("alice")).toHaveLength(1);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toEqual({
      ...before,
      ...remaining(await evergrant.api.tokens.get.query({ connectionId })),
    });
    expect(await connectionsOf(evergrant)).toMatchObject([{ id: connectionId, account: { id: "alice" } }]);
  });

  it("does not take an account on trust where the provider does not say whose it is this time", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    evergrant.sandbox.faults.add({ on: "account", kind: "status", status: 503 });
    const landing = await wholeFlow(evergrant, { connectionId });

    expect([landing.status, failureOn(landing)]).toEqual([400, "provider_error"]);
    expect(evergrant.sandbox.livingGrants("bob")).toEqual([]);
    expect(await evergrant.api.tokens.status.query({ connectionId })).toMatchObject({ generation: 1 });
  });

  it("cannot be made for another subject's connection, or one of another integration", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sandbox: sandboxIntegration(sandbox), other: sandboxIntegration(sandbox) } }),
    });
    const connectionId = await evergrant.connect("alice");
    for (const wrong of [
      { integration: "sandbox", subject: "mallory" },
      { integration: "other", subject: "alice" },
    ]) {
      const refusal = evergrant.api.connections.authorize.mutate({ ...wrong, connectionId });
      await expect(refusal).rejects.toMatchObject({ data: { code: "NOT_FOUND", reason: "unknown_connection" } });
    }
  });

  it("brings a dead connection back to life under its own id", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.revokeGrant({ account: "alice" });
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    const dead = withStatus("reauthorization_required", await evergrant.api.tokens.get.query({ connectionId }));
    expect((await land(evergrant.browser(), dead.authorizeUrl)).html).toContain(connectionId);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect((await evergrant.api.events.list.query({ connectionId })).events.map(({ type }) => type).slice(-2)).toEqual([
      "connection.reauthorized",
      "connection.recovered",
    ]);
  });
});

describe("an account that the provider does not name", () => {
  it("costs no grant: the connection is made without one", async () => {
    await using evergrant = await start();
    evergrant.sandbox.faults.add({ on: "account", kind: "status", status: 500 });
    expect((await wholeFlow(evergrant)).status).toBe(200);
    expect(await connectionsOf(evergrant)).toMatchObject([{ status: "active", account: null }]);
  });
});

/** Of an answer, what passes with time alone. */
function remaining(answer: object): object {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name === "expiresInSeconds" || name === "cacheSeconds"));
}
