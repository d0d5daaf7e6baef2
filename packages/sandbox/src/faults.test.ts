import * as oauth from "oauth4webapi";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ask, createTestClient, startAutomatic } from "../test/client.ts";
import type { FaultInput, Sandbox } from "./index.ts";

/** A connected client and the refresh token it starts from. */
async function connected(sandbox: Sandbox, scope = "notes:read notes:write offline_access") {
  const client = await createTestClient(sandbox);
  const tokens = await client.connect({ scope });
  return { ...client, tokens, refreshToken: tokens.refresh_token ?? "" };
}

/** What a refresh token grant brings under a fault: the raw answer, and its body if it ends. */
async function refreshUnder(fault: FaultInput) {
  await using sandbox = await startAutomatic();
  const { refreshRequest, refreshToken } = await connected(sandbox);
  sandbox.faults.add(fault);
  const response = await refreshRequest(refreshToken);
  const text = await response.text();
  const body: unknown = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
  return {
    response,
    body,
    record: sandbox.grants("refresh_token").at(-1),
    isAlive: await sandbox.isAlive(refreshToken),
    trap: sandbox.counters().trap,
  };
}

describe("an answer instead of the real one", () => {
  it.each([
    [{ kind: "status", status: 429, retryAfter: 7 }, 429, { "retry-after": "7" }],
    [{ kind: "status", status: 429, retryAfter: "Fri, 31 Dec 2027 23:59:59 GMT" }, 429, { "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" }],
    [{ kind: "status", status: 500 }, 500, {}],
    [{ kind: "status", status: 503, retryAfter: 1 }, 503, { "retry-after": "1" }],
    [{ kind: "status", status: 403 }, 403, {}],
    [{ kind: "html" }, 200, { "content-type": "text/html; charset=utf-8" }],
    [{ kind: "html", status: 403 }, 403, { "content-type": "text/html; charset=utf-8" }],
  ] as const)("%o", async (fault, status, headers) => {
    const { response, record, isAlive } = await refreshUnder({ on: "refresh", ...fault });
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
    expect(record).toMatchObject({ fault: fault.kind, outcome: "unprocessed", status });
    expect(isAlive).toBe(true);
  });

  it.each([
    [{ error: "invalid_grant" }, 400],
    [{ error: "invalid_grant", status: 403 }, 403],
    [{ error: "invalid_client" }, 401],
    [{ error: "temporarily_unavailable" }, 503],
  ])("the error %o, while the grant lives on", async (fault, status) => {
    const { response, body, isAlive } = await refreshUnder({ on: "token", kind: "error", ...fault });
    expect([response.status, body]).toEqual([status, { error: fault.error, error_description: expect.any(String) }]);
    expect(response.headers.get("www-authenticate")).toBe(status === 401 ? 'Basic realm="sandbox"' : null);
    expect(isAlive).toBe(true);
  });

  it("an error behind 200", async () => {
    const { response, body } = await refreshUnder({ on: "refresh", kind: "error-in-200" });
    expect([response.status, body]).toEqual([200, { error: "bad_refresh_token", error_description: expect.any(String) }]);
  });

  it.each([302, 307] as const)("a %s redirect to another origin, whose trap counts who follows", async (status) => {
    const { response, trap } = await refreshUnder({ on: "refresh", kind: "redirect", status });
    const location = new URL(response.headers.get("location") ?? "");
    expect([response.status, location.hostname, trap]).toEqual([status, "localhost", 0]);

    await using sandbox = await startAutomatic();
    const followed = await fetch(`${sandbox.issuer}${location.pathname}`, { method: "POST" });
    expect(await followed.json()).toMatchObject({ access_token: "from-the-trap" });
    expect(sandbox.counters().trap).toBe(1);
  });
});

describe("a lost answer", () => {
  it("before processing: nothing was spent", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    sandbox.faults.add({ on: "refresh", kind: "drop" });
    await expect(refresh(refreshToken)).rejects.toThrow("fetch failed");
    expect(sandbox.grants("refresh_token")).toMatchObject([{ fault: "drop", outcome: "unprocessed", status: null }]);
    expect(await refresh(refreshToken)).toHaveProperty("access_token");
  });

  it("after rotation: the old refresh token is spent, and trying it again ends the family", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    sandbox.faults.add({ on: "refresh", kind: "drop", when: "after" });
    await expect(refresh(refreshToken)).rejects.toThrow("fetch failed");
    expect(sandbox.grants("refresh_token")).toMatchObject([{ fault: "drop", outcome: "issued", status: null }]);
    expect(await sandbox.isAlive(refreshToken)).toBe(true);
    await expect(refresh(refreshToken)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(await sandbox.isAlive(refreshToken)).toBe(false);
  });

  it("after rotation, behind another answer: nothing of the real one shows", async () => {
    const { response, record, isAlive } = await refreshUnder({ on: "refresh", kind: "status", status: 500, when: "after" });
    expect([response.status, response.headers.get("cache-control")]).toEqual([500, null]);
    expect(record).toMatchObject({ fault: "status", outcome: "issued", status: 500 });
    expect(isAlive).toBe(true);
  });

  it("a delay before or after processing keeps the answer whole", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    sandbox.faults.add({ on: "refresh", kind: "delay", delayMs: 60 }, { on: "refresh", kind: "delay", delayMs: 60, when: "after" });
    const startedMs = performance.now();
    const { refresh_token } = await refresh(refreshToken);
    expect(await refresh(refresh_token)).toHaveProperty("access_token");
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(115);
  });
});

describe("an altered answer, after the grant truly happened", () => {
  it.each([
    ["no-expires-in", { expires_in: undefined }],
    ["string-expires-in", { expires_in: "60" }],
    ["no-refresh-token", { refresh_token: undefined }],
    ["empty-refresh-token", { refresh_token: "" }],
    ["no-token-type", { token_type: undefined }],
    ["comma-scopes", { scope: "notes:read,notes:write,offline_access" }],
    ["array-scopes", { scope: ["notes:read", "notes:write", "offline_access"] }],
  ] as const)("%s", async (kind, changed) => {
    const { body, record } = await refreshUnder({ on: "refresh", kind });
    expect(body).toHaveProperty("access_token");
    expect(record).toMatchObject({ fault: kind, outcome: "issued", status: 200 });
    for (const [name, value] of Object.entries(changed)) expect(Reflect.get(Object(body), name)).toEqual(value);
  });

  it("created: 201 with the tokens", async () => {
    const { response, body } = await refreshUnder({ on: "refresh", kind: "created" });
    expect([response.status, body]).toEqual([201, expect.objectContaining({ refresh_token: expect.any(String) })]);
  });

  it("huge: valid JSON of any size", async () => {
    const { body } = await refreshUnder({ on: "refresh", kind: "huge", bytes: 3_000_000 });
    expect(JSON.stringify(body).length).toBeGreaterThan(3_000_000);
  });

  it("fewer scopes: the answer says so, and the token can do no more", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken, introspect } = await connected(sandbox);
    sandbox.faults.add({ on: "refresh", kind: "fewer-scopes" });
    const narrowed = await refresh(refreshToken);
    expect(narrowed.scope).toBe("notes:read offline_access");
    expect((await introspect(narrowed.access_token)).scope).toBe("notes:read offline_access");
    expect((await ask(sandbox.resourceUrl, narrowed.access_token, "Call Bob")).status).toBe(403);
    expect((await refresh(narrowed.refresh_token)).scope).toBe("notes:read offline_access");
  });

  it("endless and drip: neither ends while somebody listens, and a refusal stays a refusal", async () => {
    await using sandbox = await startAutomatic();
    const { refreshRequest, refresh, refreshToken } = await connected(sandbox);
    sandbox.faults.add({ on: "refresh", kind: "endless" });
    const endless = await refreshRequest(refreshToken);
    let received = "";
    for await (const chunk of endless.body ?? []) {
      received += new TextDecoder().decode(chunk);
      if (received.length > 2_000_000) break; // and so the client goes, as the sandbox must notice
    }
    const { refresh_token: rotated } = z.object({ refresh_token: z.string() }).parse(JSON.parse(`${received.trimEnd()}}`));

    sandbox.faults.add({ on: "refresh", kind: "drip", intervalMs: 5 });
    const startedMs = performance.now();
    const dripped = await refresh(rotated);
    expect(performance.now() - startedMs).toBeGreaterThan(5 * 60);

    sandbox.revokeGrant({ refreshToken: dripped.refresh_token ?? "" });
    sandbox.faults.add({ on: "refresh", kind: "created" });
    await expect(refresh(dripped.refresh_token)).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
    expect(sandbox.grants().at(-1)).toMatchObject({ outcome: "refused", error: "invalid_grant", status: 400 });
  });
});

describe("the queue", () => {
  it("meets the request it was set for, as often as it was told", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken, connect, revoke } = await connected(sandbox);
    sandbox.faults.add(
      { on: "refresh", kind: "status", status: 500, times: 2 },
      { on: "code", kind: "error", error: "temporarily_unavailable" },
      { on: "revocation", kind: "status", status: 503, retryAfter: 3 },
    );
    await expect(connect()).rejects.toMatchObject({ cause: { status: 503 } });
    for (const _ of [1, 2]) await expect(refresh(refreshToken)).rejects.toThrow(oauth.OperationProcessingError);
    expect(await refresh(refreshToken)).toHaveProperty("access_token");
    await expect(revoke(refreshToken)).rejects.toMatchObject({ cause: { status: 503 } });
    expect(await sandbox.isAlive(refreshToken)).toBe(true);
    expect(sandbox.faults.waiting()).toEqual([]);

    sandbox.faults.add({ on: "token", kind: "status", status: 500, times: "always" });
    for (const _ of [1, 2, 3]) await expect(connect()).rejects.toMatchObject({ cause: { status: 500 } });
    sandbox.faults.clear();
    expect(await connect()).toHaveProperty("access_token");
  });

  it("spoils protected resources too", async () => {
    await using sandbox = await startAutomatic();
    const { tokens } = await connected(sandbox);
    sandbox.faults.add({ on: "notes", kind: "error", error: "invalid_token" }, { on: "account", kind: "drop" });
    const refused = await ask(sandbox.resourceUrl, tokens.access_token);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"']);
    await expect(ask(sandbox.accountEndpoint, tokens.access_token)).rejects.toThrow("fetch failed");
    expect((await ask(sandbox.resourceUrl, tokens.access_token)).status).toBe(200);
  });

  it("spoils an automatic consent: denied, or for fewer scopes", async () => {
    await using sandbox = await startAutomatic();
    const { connect } = await createTestClient(sandbox);
    sandbox.faults.add({ on: "authorization", kind: "error", error: "access_denied" });
    await expect(connect()).rejects.toMatchObject({ error: "access_denied" });
    sandbox.faults.add({ on: "authorization", kind: "fewer-scopes", scopes: ["notes:read", "offline_access"] });
    expect((await connect()).scope?.split(" ").toSorted()).toEqual(["notes:read", "offline_access"]);
  });

  it("takes no fault that is none", async () => {
    await using sandbox = await startAutomatic();
    expect(() => sandbox.faults.add({ on: "refresh", kind: "status", status: 200 })).toThrow("status");
    // @ts-expect-error Nobody comes to be told of a fault that is none.
    expect(() => sandbox.faults.add({ on: "refresh", kind: "explode" })).toThrow("kind");
    expect(sandbox.faults.waiting()).toEqual([]);
  });
});

describe("holding", () => {
  it("stops a request before it is processed, or with its answer in hand", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    const before = sandbox.hold("refresh");
    const pending = refresh(refreshToken);
    await before.arrived;
    expect(sandbox.grants("refresh_token")).toMatchObject([{ outcome: "pending", status: null }]);
    before.release();
    const { refresh_token } = await pending;

    const after = sandbox.hold("token", "after");
    const rotated = refresh(refresh_token);
    await after.arrived;
    expect(sandbox.grants("refresh_token").at(-1)).toMatchObject({ outcome: "issued", status: null });
    after.release();
    expect(await rotated).toHaveProperty("access_token");
  });

  it("makes a race a matter of order: two hold the same token, the second one in ends the family", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    const [first, second] = [sandbox.hold("refresh"), sandbox.hold("refresh")];
    const one = refresh(refreshToken);
    await first.arrived;
    const two = refresh(refreshToken);
    await second.arrived;
    second.release();
    expect(await two).toHaveProperty("access_token");
    first.release();
    await expect(one).rejects.toMatchObject({ error: "invalid_grant" });
    expect(sandbox.livingGrants()).toEqual([]);
  });

  it("lets everything go when it is reset, and breaks off when the sandbox closes", async () => {
    await using sandbox = await startAutomatic();
    const { refresh, refreshToken } = await connected(sandbox);
    const held = sandbox.hold("refresh");
    const pending = refresh(refreshToken);
    await held.arrived;
    sandbox.reset();
    const { refresh_token } = await pending;

    const again = sandbox.hold("refresh");
    const broken = refresh(refresh_token).catch((error: unknown) => error);
    await again.arrived;
    sandbox.faults.add({ on: "refresh", kind: "delay", delayMs: 60_000 });
    await sandbox.close();
    expect(await broken).toBeInstanceOf(Error);
  });
});
