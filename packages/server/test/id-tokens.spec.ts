import type { Sandbox } from "@evergrant/sandbox";
import { describe, expect, it } from "vitest";
import { createGuardedFetch } from "../src/guarded-fetch.ts";
import { expectNothingStored, failureOn, reachProvider, wholeFlow } from "./flow.ts";
import { type Started, type StartOptions, sandboxIntegration, start, withStatus } from "./start.ts";

const withOpenid = (sandbox: Sandbox) => ({ ...sandboxIntegration(sandbox), scopes: ["openid", "notes:read"] });
const startWithOpenid = (more: StartOptions = {}) =>
  start({ config: (sandbox) => ({ providers: { sandbox: withOpenid(sandbox) } }), ...more });
const issuerOf = ({ issuer, client }: Sandbox) => ({ ...client, provider: { issuer }, scopes: ["openid", "email"] });

/** A way out on which some answers are other than the server's; null where one is the server's own. */
function fetchWith(alter: (url: string) => Promise<Response | null>): NonNullable<StartOptions["app"]> {
  const own = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  return { fetch: async (url, init) => (await alter(url)) ?? own(url, init) };
}

async function accountOf(evergrant: Started, connectionId: string) {
  return (await evergrant.api.connections.get.query({ connectionId })).account;
}

describe("an authorization request with openid", () => {
  it("brings a nonce that is neither the state nor used twice; without openid there is none", async () => {
    await using evergrant = await startWithOpenid();
    const requests = [await reachProvider(evergrant), await reachProvider(evergrant)].map(({ url }) => url.searchParams);
    const nonces = requests.map((parameters) => parameters.get("nonce"));
    expect(nonces).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(requests.map((parameters) => parameters.get("state"))).not.toContain(nonces[0]);

    await using plain = await start();
    expect((await reachProvider(plain)).url.searchParams.has("nonce")).toBe(false);
  });
});

describe("an ID token that holds", () => {
  it("names the account, where its issuer is discovered too", async () => {
    await using evergrant = await start({ config: (sandbox) => ({ providers: { sandbox: withOpenid(sandbox), sso: issuerOf(sandbox) } }) });
    for (const integration of ["sandbox", "sso"]) {
      const connectionId = await evergrant.connect("alice", { integration });
      expect(await accountOf(evergrant, connectionId)).toEqual({ id: "alice", label: "alice@sandbox.example" });
    }
  });

  it("is believed, and an account endpoint that names another or fails is not", async () => {
    const stranger = fetchWith(async (url) =>
      url.endsWith("/userinfo") ? Response.json({ sub: "mallory", email: "m@example.com" }) : null,
    );
    await using evergrant = await start({ config: (sandbox) => ({ providers: { sso: issuerOf(sandbox) } }), app: stranger });
    const connectionId = await evergrant.connect("alice", { integration: "sso" });
    expect(await accountOf(evergrant, connectionId)).toMatchObject({ id: "alice" });
  });

  it("is not missed where the grant leaves openid out", async () => {
    await using evergrant = await startWithOpenid();
    evergrant.sandbox.faults.add({ on: "authorization", kind: "fewer-scopes", scopes: ["notes:read", "offline_access"] });
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({
      account: { id: "alice" },
      missingScopes: ["openid"],
    });
  });
});

describe("an ID token that does not hold", () => {
  it.each([
    "missing",
    "wrong-issuer",
    "wrong-audience",
    "more-audiences",
    "wrong-party",
    "wrong-nonce",
    "no-nonce",
    "expired",
    "from-the-future",
    "altered",
    "other-key",
    "unknown-key",
    "alg-none",
    "alg-hmac",
    "nonsense",
  ] as const)("%s: nothing is connected, and what came is revoked", async (lie) => {
    await using evergrant = await startWithOpenid();
    evergrant.sandbox.faults.add({ on: "code", kind: "id-token", lie });
    const landing = await wholeFlow(evergrant);
    expect([landing.status, failureOn(landing)]).toEqual([400, "id_token_invalid"]);
    await expectNothingStored(evergrant, 1);
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
  });

  it("costs no grant its revocation where the provider is away: it waits in the outbox", async () => {
    await using evergrant = await startWithOpenid();
    evergrant.sandbox.faults.add({ on: "code", kind: "id-token", lie: "wrong-nonce" }, { on: "revocation", kind: "status", status: 503 });
    expect(failureOn(await wholeFlow(evergrant))).toBe("id_token_invalid");
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    evergrant.clock.advance(3_600_000);
    await evergrant.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
  });

  it("for want of the issuer's keys is a failure that passes", async () => {
    const keyless = fetchWith(async (url) => (url.endsWith("/jwks") ? new Response("away", { status: 503 }) : null));
    await using evergrant = await startWithOpenid({ app: keyless });
    expect(failureOn(await wholeFlow(evergrant))).toBe("provider_error");
    await expectNothingStored(evergrant, 1);
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
  });
});

describe("an ID token that comes with a refresh", () => {
  it("of another subject: what came is kept from everybody, and the owner must authorize again", async () => {
    await using evergrant = await startWithOpenid();
    const connectionId = await evergrant.connect("alice");
    const { expiresAt } = await evergrant.api.connections.get.query({ connectionId });
    evergrant.clock.advanceTo(expiresAt);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "id-token", lie: "other-subject" });
    const answer = withStatus("reauthorization_required", await evergrant.api.tokens.get.query({ connectionId }));
    expect(answer.reason).toBe("grant_revoked");
    const { events } = await evergrant.api.events.list.query({ connectionId });
    expect(events.at(-1)).toMatchObject({ type: "connection.reauthorization_required", details: { why: "another_subject" } });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "reauthorization_required" });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(1);

    // What came was kept: a reconnection takes its place, and a disconnection revokes it.
    await evergrant.api.connections.disconnect.mutate({ connectionId });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
  });

  it.each(["missing", "expired", "other-key", "nonsense"] as const)("%s: is no reason to lose a connection", async (lie) => {
    await using evergrant = await startWithOpenid();
    const connectionId = await evergrant.connect("alice");
    const { expiresAt } = await evergrant.api.connections.get.query({ connectionId });
    evergrant.clock.advanceTo(expiresAt);
    evergrant.sandbox.faults.add({ on: "refresh", kind: "id-token", lie });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
  });
});
