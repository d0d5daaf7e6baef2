import { describe, expect, it } from "vitest";
import { appOrigin, failureOn, resultOf, wholeFlow } from "./flow.ts";
import { type StartOptions, type Started, start, withStatus } from "./start.ts";

const change = { allowAccountChange: true };

async function connectionsOf(evergrant: Started, subject = "alice") {
  return (await evergrant.api.connections.list.query({ subject })).connections;
}

describe("a link that lets the account of a connection change", () => {
  it("gives the connection to the other account, and revokes the grant of the one before", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    expect((await wholeFlow(evergrant, { connectionId, ...change })).html).toContain(connectionId);

    expect(await connectionsOf(evergrant)).toMatchObject([{ id: connectionId, account: { id: "bob" } }]);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect(evergrant.sandbox.livingGrants("alice")).toEqual([]);
    expect(evergrant.sandbox.livingGrants("bob")).toHaveLength(1);
    const { events } = await evergrant.api.events.list.query({ connectionId });
    expect(events.map(({ type }) => type)).toEqual(["connection.created", "connection.reauthorized", "connection.revocation"]);
  });

  it("revokes nothing where the account turns out to be the same", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    await wholeFlow(evergrant, { connectionId, ...change });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect((await evergrant.api.events.list.query({ connectionId })).events.map(({ type }) => type)).not.toContain("connection.revocation");
  });

  it("revokes the old grant later where the provider is away", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    evergrant.sandbox.faults.add({ on: "revocation", kind: "status", status: 503 });
    await wholeFlow(evergrant, { connectionId, ...change });
    expect(evergrant.sandbox.livingGrants("alice")).toHaveLength(1);
    evergrant.clock.advance(3_600_000);
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.livingGrants("alice")).toEqual([]);
    expect(evergrant.sandbox.livingGrants("bob")).toHaveLength(1);
  });

  it("does not take an account that another connection of the subject has", async () => {
    await using evergrant = await start();
    const first = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    const second = await evergrant.connect("alice");
    const landing = await wholeFlow(evergrant, { connectionId: first, ...change });

    expect([landing.status, failureOn(landing)]).toEqual([400, "account_taken"]);
    expect(await connectionsOf(evergrant)).toMatchObject([
      { id: second, account: { id: "bob" } },
      { id: first, account: { id: "alice" } },
    ]);
    expect(withStatus("active", await evergrant.api.tokens.get.query({ connectionId: first })).generation).toBe(1);
  });

  it("still wants to know whose account it is", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    evergrant.sandbox.faults.add({ on: "account", kind: "status", status: 503 });
    expect(failureOn(await wholeFlow(evergrant, { connectionId, ...change }))).toBe("provider_error");
    expect(await connectionsOf(evergrant)).toMatchObject([{ account: { id: "alice" } }]);
  });

  it("goes with a connection, and says so", async () => {
    await using evergrant = await start();
    const refusal = evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice", ...change });
    await expect(refusal).rejects.toMatchObject({
      data: { code: "BAD_REQUEST" },
      message: expect.stringMatching(/allowAccountChange.*goes with connectionId/s),
    });
  });
});

describe("at a public URL", () => {
  const inPublic: StartOptions = { config: () => ({ publicUrl: "https://evergrant.test", returnOrigins: [appOrigin] }) };
  const reachApp = async (evergrant: Started, input: Parameters<typeof wholeFlow>[1]) =>
    resultOf(await wholeFlow(evergrant, { returnTo: `${appOrigin}/done`, ...input }));
  async function connected(evergrant: Started): Promise<string> {
    const { confirmation = "" } = await reachApp(evergrant, {});
    return (await evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" })).id;
  }

  it("the old account keeps the connection until the subject has confirmed the other", async () => {
    await using evergrant = await start(inPublic);
    const connectionId = await connected(evergrant);
    evergrant.sandbox.setAccount("bob");
    const { status, confirmation = "" } = await reachApp(evergrant, { connectionId, ...change });
    expect(status).toBe("unconfirmed");
    expect(await connectionsOf(evergrant)).toMatchObject([{ id: connectionId, account: { id: "alice" } }]);
    expect(evergrant.sandbox.livingGrants("alice")).toHaveLength(1);

    await evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" });
    expect(await connectionsOf(evergrant)).toMatchObject([{ id: connectionId, account: { id: "bob" } }]);
    expect(evergrant.sandbox.livingGrants("alice")).toEqual([]);
  });

  it("a change that was agreed to for one account takes no other one's place", async () => {
    await using evergrant = await start(inPublic);
    const connectionId = await connected(evergrant);
    evergrant.sandbox.setAccount("bob");
    const first = await reachApp(evergrant, { connectionId, ...change });
    evergrant.sandbox.setAccount("carol");
    const second = await reachApp(evergrant, { connectionId, ...change });
    await evergrant.api.connections.confirm.mutate({ confirmation: second["confirmation"] ?? "", subject: "alice" });
    const late = evergrant.api.connections.confirm.mutate({ confirmation: first["confirmation"] ?? "", subject: "alice" });
    await expect(late).rejects.toMatchObject({ data: { reason: "confirmation_invalid" } });
    expect(await connectionsOf(evergrant)).toMatchObject([{ id: connectionId, account: { id: "carol" } }]);
  });
});

describe("where a revocation ends all grants of an account", () => {
  const endsAccount: StartOptions = {
    config: ({ issuer, client, authorizationEndpoint, tokenEndpoint, revocationEndpoint, accountEndpoint }) => ({
      providers: {
        sandbox: {
          ...client,
          provider: {
            issuer,
            authorizationEndpoint,
            tokenEndpoint,
            revocation: { endpoint: revocationEndpoint, ends: "account" },
            account: { endpoint: accountEndpoint, idPath: "id", labelPath: "email" },
            idToken: { jwksUri: `${issuer}/jwks` },
            offlineAccess: { scopes: ["offline_access"], parameters: { prompt: "consent" } },
          },
          scopes: ["openid", "notes:read"],
        },
      },
    }),
  };

  it("a reconnection that fails before it is known whose it is revokes nothing, so that the connection lives", async () => {
    await using evergrant = await start(endsAccount);
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.faults.add({ on: "code", kind: "id-token", lie: "wrong-nonce" });
    expect(failureOn(await wholeFlow(evergrant, { connectionId }))).toBe("id_token_invalid");
    evergrant.sandbox.faults.add({ on: "account", kind: "status", status: 503 });
    expect(failureOn(await wholeFlow(evergrant, { connectionId }))).toBe("provider_error");
    expect(evergrant.sandbox.counters().revocation).toBe(0);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 1 });
  });

  it("another account's grant is revoked, unless somebody is connected to that one", async () => {
    await using evergrant = await start(endsAccount);
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.setAccount("bob");
    expect(failureOn(await wholeFlow(evergrant, { connectionId }))).toBe("account_mismatch");
    expect(evergrant.sandbox.livingGrants("bob")).toEqual([]);

    const others = await evergrant.connect("somebody");
    const revocations = evergrant.sandbox.counters().revocation;
    expect(failureOn(await wholeFlow(evergrant, { connectionId }))).toBe("account_mismatch");
    expect(evergrant.sandbox.counters().revocation).toBe(revocations);
    expect(await evergrant.api.tokens.get.query({ connectionId: others })).toMatchObject({ status: "active" });
  });
});
