import { describe, expect, it } from "vitest";
import { sandboxIntegration, start, withStatus } from "./start.ts";

describe("US-INTEG-OAUTH-002: specify OAuth scopes", () => {
  it("API-INTEG-OAUTH-SCOPE-001: scopes are configurable for each provider, and those and no others are asked for", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({
        providers: {
          reading: { ...sandboxIntegration(sandbox), scopes: ["notes:read"], optionalScopes: [] },
          writing: { ...sandboxIntegration(sandbox), scopes: ["notes:read", "notes:write"], optionalScopes: [] },
        },
      }),
    });
    for (const [integration, scopes] of [
      ["reading", ["notes:read"]],
      ["writing", ["notes:read", "notes:write"]],
    ] as const) {
      const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration, subject: "alice" });
      const { url } = await evergrant.browser().open(authorizeUrl, { stopAt: (at) => at.origin === evergrant.sandbox.issuer });
      // The scope that a refresh token needs is the engine's to add.
      expect(url.searchParams.get("scope")?.split(" ").toSorted()).toEqual([...scopes, "offline_access"].toSorted());

      const connectionId = await evergrant.connect("alice", { integration });
      const connection = await evergrant.api.connections.get.query({ connectionId });
      expect(connection).toMatchObject({ requestedScopes: scopes, missingScopes: [] });
      expect(connection.grantedScopes).toEqual(expect.arrayContaining([...scopes]));
    }
  });

  it("a connection names what of the integration's scopes it lacks, those of today and those that may be asked for later", async () => {
    await using evergrant = await start();
    const missingOf = async (connectionId: string) => {
      const { missingScopes, missingOptionalScopes } = await evergrant.api.connections.get.query({ connectionId });
      return [missingScopes, missingOptionalScopes];
    };
    const connectionId = await evergrant.connect("alice");
    expect(await missingOf(connectionId)).toEqual([[], ["notes:write"]]);
    await evergrant.connect("alice", { connectionId, scopes: ["notes:write"] });
    expect(await missingOf(connectionId)).toEqual([[], []]);
  });

  it("API-INTEG-OAUTH-SCOPE-002: scopes are validated against the provider's list, and the nearest real one is named", async () => {
    await using evergrant = await start();

    const judged = await evergrant.api.scopes.check.query({ integration: "sandbox", scopes: ["notes:read", "notes:raed", "email"] });
    expect(judged.map(({ scope, verdict }) => [scope, verdict])).toEqual([
      ["notes:read", "known"],
      ["notes:raed", "unknown"],
      ["email", "excess"],
    ]);
    expect(judged[1]?.nearest[0]).toBe("notes:read");

    const definition = { ...sandboxIntegration(evergrant.sandbox), ...client, scopes: ["notes:raed"] };
    await expect(evergrant.api.config.put.mutate({ integration: "other", definition })).rejects.toThrow(
      /definition\.scopes\[0\].*notes:raed.*notes:read/,
    );
    expect(await evergrant.api.config.list.query()).toHaveLength(1);
  });

  it("API-INTEG-OAUTH-SCOPE-003: the fewest scopes are asked for by default, and none beyond what is declared", async () => {
    await using evergrant = await start({
      config: (sandbox) => {
        const { scopes: _scopes, optionalScopes: _optionalScopes, ...rest } = sandboxIntegration(sandbox);
        return { providers: { sandbox: sandboxIntegration(sandbox), minimal: rest } };
      },
    });
    const connectionId = await evergrant.connect("alice", { integration: "minimal" });
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ requestedScopes: ["notes:read"] });

    // Optional scopes are asked for only where they are named …
    const plain = await evergrant.connect("bob");
    expect((await evergrant.api.connections.get.query({ connectionId: plain })).grantedScopes).not.toContain("notes:write");
    const stepUp = await evergrant.connect("bob", { scopes: ["notes:write"], connectionId: plain });
    expect(stepUp).toBe(plain);
    expect((await evergrant.api.connections.get.query({ connectionId: plain })).grantedScopes).toEqual(
      expect.arrayContaining(["notes:read", "notes:write"]),
    );
    // … and what is declared nowhere is refused at both doors.
    await expect(
      evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "bob", scopes: ["email"] }),
    ).rejects.toMatchObject({
      data: { code: "BAD_REQUEST", reason: "scope_not_declared" },
    });
    await expect(evergrant.api.tokens.get.query({ connectionId: plain, requireScopes: ["email"] })).rejects.toMatchObject({
      data: { code: "BAD_REQUEST", reason: "scope_not_declared" },
    });
  });

  it("API-INTEG-OAUTH-SCOPE-004: scope procedures return 401 without authentication", async () => {
    await using evergrant = await start();
    for (const path of ["scopes.list", "scopes.check"]) {
      expect((await evergrant.app.request(`/trpc/${path}?input=${encodeURIComponent('{"integration":"sandbox"}')}`)).status).toBe(401);
    }
  });
});

describe("scopes that are missing", () => {
  it("a token without the required scopes is withheld, with a link that asks for the union", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");

    const answer = withStatus("missing_scopes", await evergrant.api.tokens.get.query({ connectionId, requireScopes: ["notes:write"] }));
    expect(answer.missingScopes).toEqual(["notes:write"]);
    await evergrant.browser().open(answer.authorizeUrl);

    const after = await evergrant.api.tokens.get.query({ connectionId, requireScopes: ["notes:read", "notes:write"] });
    expect(after).toMatchObject({ status: "active", connectionId });
  });

  it("a provider that grants fewer scopes than asked is found out", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({
        providers: { sandbox: { ...sandboxIntegration(sandbox), scopes: ["notes:read", "notes:write"], optionalScopes: [] } },
      }),
    });
    evergrant.sandbox.faults.add({ on: "authorization", kind: "fewer-scopes" });
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ missingScopes: ["notes:write"] });
    expect(await evergrant.api.tokens.get.query({ connectionId, requireScopes: ["notes:write"] })).toMatchObject({
      status: "missing_scopes",
    });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active" });
  });

  it("a grant that narrows at a refresh is recorded, and an event", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({
        providers: { sandbox: { ...sandboxIntegration(sandbox), scopes: ["notes:read", "notes:write"], optionalScopes: [] } },
      }),
    });
    const connectionId = await evergrant.connect("alice");
    const { expiresAt } = await evergrant.api.connections.get.query({ connectionId });
    evergrant.sandbox.faults.add({ on: "refresh", kind: "fewer-scopes" });
    evergrant.clock.advanceTo(expiresAt);

    expect(await evergrant.api.tokens.get.query({ connectionId, requireScopes: ["notes:write"] })).toMatchObject({
      status: "missing_scopes",
    });
    const { events } = await evergrant.api.events.list.query({ connectionId });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "connection.scopes_narrowed", details: { lostScopes: ["notes:write"] } }),
    );

    // The step-up asks for the union and ends with it; the ledger has it all in order.
    const answer = withStatus("missing_scopes", await evergrant.api.tokens.get.query({ connectionId, requireScopes: ["notes:write"] }));
    await evergrant.browser().open(answer.authorizeUrl);
    const both = { connectionId, requireScopes: ["notes:read", "notes:write"] };
    expect(await evergrant.api.tokens.get.query(both)).toMatchObject({ status: "active" });
    const ledger = await evergrant.api.scopes.ledger.query({ connectionId });
    expect(ledger.map(({ kind, scopes }) => [kind, scopes.filter((scope) => scope.startsWith("notes:")).toSorted()])).toEqual([
      ["requested", ["notes:read", "notes:write"]],
      ["granted", ["notes:read", "notes:write"]],
      ["returned", ["notes:read"]],
      ["requested", ["notes:read", "notes:write"]],
      ["granted", ["notes:read", "notes:write"]],
    ]);
  });

  it("a refresh that returns the same scopes adds no entry, and says until when they held", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    await evergrant.api.tokens.get.query({ connectionId });
    const [requested, granted, ...more] = await evergrant.api.scopes.ledger.query({ connectionId });
    expect(more).toEqual([]);
    expect(requested?.lastAt).toBe(requested?.at);
    expect(Date.parse(granted?.lastAt ?? "")).toBeGreaterThan(Date.parse(granted?.at ?? "") + 59_000);
  });
});

const client = { clientId: "an-id", clientSecret: "a-secret" };
