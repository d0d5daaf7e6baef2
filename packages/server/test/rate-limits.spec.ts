import type { RateLimitSettings } from "../src/rate-limits.ts";
import { describe, expect, it, vi } from "vitest";
import { audience, startIdentityProvider } from "./identity-provider.ts";
import { type Started, present, start } from "./start.ts";

const limited = (rateLimits: Partial<RateLimitSettings>, more = {}) => start({ app: { rateLimits }, ...more });
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}`, "content-type": "application/json" });

function ask({ app, publicUrl }: Started, path: string, init: RequestInit = {}, address = "203.0.113.7"): Promise<Response> {
  return app.fetch(new Request(`${publicUrl}${path}`, { redirect: "manual", ...init }), { address });
}

/** How often one is answered before 429, and that answer. */
async function untilRefused(askOnce: () => Promise<Response>): Promise<{ answered: number; refusal: Response }> {
  for (let answered = 0; answered < 100; answered += 1) {
    const response = await askOnce();
    if (response.status === 429) return { answered, refusal: response };
  }
  throw new Error("it was never refused");
}

const tooMany = {
  error: { code: -32029, message: expect.any(String), data: { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "too_many_requests" } },
};

describe("calls with one API key", () => {
  it("are answered up to its quota with what is left of it, then refused with when to ask again, and another key goes on", async () => {
    await using evergrant = await limited({ apiKey: 5 });
    const key = await evergrant.apiKeyFor(["admin"]);
    const first = await ask(evergrant, "/trpc/config.list", { headers: bearer(key) });
    expect(first.headers.get("ratelimit-policy")).toBe('"api-key";q=5;w=60');
    expect(first.headers.get("ratelimit")).toMatch(/^"api-key";r=4;t=([1-9]|[1-5]\d|60)$/);
    expect(first.headers.get("retry-after")).toBeNull();

    const { answered, refusal } = await untilRefused(() => ask(evergrant, "/trpc/config.list", { headers: bearer(key) }));
    expect(answered).toBe(4);
    expect(await refusal.json()).toEqual(tooMany);
    const seconds = Number(refusal.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refusal.headers.get("ratelimit")).toBe(`"api-key";r=0;t=${seconds}`);
    expect(await evergrant.as(await evergrant.apiKeyFor(["admin"])).config.list.query()).toHaveLength(1);
  });

  it.each([",", "%2C", "%2c"])("count one by one in a batch whose comma is %s", async (comma) => {
    await using evergrant = await limited({ apiKey: 10 });
    const paths = Array.from({ length: 6 }, () => "config.list").join(comma);
    const batch = () => ask(evergrant, `/trpc/${paths}?batch=1`, { method: "POST", headers: bearer(evergrant.apiKey), body: "{}" });
    expect((await batch()).status).toBe(200);
    expect((await batch()).status).toBe(429);
  });

  it("are not counted by address, and are answered again in the next window", async () => {
    await using evergrant = await limited({ apiKey: 2 });
    const key = evergrant.apiKey;
    for (const address of ["203.0.113.1", "203.0.113.2"]) await ask(evergrant, "/trpc/config.list", { headers: bearer(key) }, address);
    expect((await ask(evergrant, "/trpc/config.list", { headers: bearer(key) }, "203.0.113.3")).status).toBe(429);
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: now + 61_000 });
    try {
      expect((await ask(evergrant, "/trpc/config.list", { headers: bearer(key) })).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it("are not counted at all where limits are off", async () => {
    await using evergrant = await start({ app: { rateLimits: "off" } });
    const response = await ask(evergrant, "/trpc/config.list", { headers: bearer(evergrant.apiKey) });
    expect([response.status, response.headers.get("ratelimit")]).toEqual([200, null]);
  });
});

it("calls of a session have a quota of their own, each session's for itself", async () => {
  await using evergrant = await limited({ session: 3 });
  const tokens = await Promise.all(
    ["alice", "bob"].map(async (subject) => (await evergrant.api.sessions.create.mutate({ subject })).sessionToken),
  );
  const [alice, bob] = tokens.map((token) => () => ask(evergrant, "/trpc/integrations.list", { headers: bearer(token) }));
  expect((await untilRefused(present(alice))).answered).toBe(3);
  expect((await present(bob)()).status).toBe(200);
});

it("calls with JWTs of one subject share a quota, since another token is had for the asking", async () => {
  await using provider = await startIdentityProvider(() => new Date());
  await using evergrant = await start({
    app: { rateLimits: { session: 3 }, identityProvider: { issuer: provider.issuer, audience: [audience] } },
  });
  const askAs = async (sub: string) =>
    ask(evergrant, "/trpc/integrations.list", { headers: bearer(await provider.token({ sub, jti: String(Math.random()) })) });
  expect((await untilRefused(() => askAs("anna"))).answered).toBe(3);
  expect((await askAs("boris")).status).toBe(200);
});

describe("requests without a valid credential", () => {
  const guess = (evergrant: Started, address: string) =>
    ask(evergrant, "/trpc/tokens.get", { headers: bearer(`evergrant_${"0".repeat(16)}_${"A".repeat(43)}`) }, address);

  it("are refused by address after their quota, constantly; a valid credential from that address is not, nor another address", async () => {
    await using evergrant = await limited({ failedAuthentication: 3 });
    const { answered, refusal } = await untilRefused(() => guess(evergrant, "203.0.113.7"));
    expect(answered).toBe(3);
    expect(await refusal.json()).toEqual(tooMany);
    expect((await ask(evergrant, "/trpc/config.list", { headers: bearer(evergrant.apiKey) })).status).toBe(200);
    expect((await guess(evergrant, "203.0.113.8")).status).toBe(401);
    expect((await ask(evergrant, "/metrics")).status).toBe(429);
  });

  it("are counted by the network of an IPv6 address, since a host has a whole one", async () => {
    await using evergrant = await limited({ failedAuthentication: 2 });
    const statuses: number[] = [];
    for (const address of ["2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:DB8:1:2:0:0:0:9", "2001:db8:1:3::1"]) {
      statuses.push((await guess(evergrant, address)).status);
    }
    expect(statuses).toEqual([401, 401, 429, 401]);
  });

  it("are told so across origins", async () => {
    await using evergrant = await limited({ failedAuthentication: 1 }, { config: () => ({ allowedOrigins: ["https://app.example.com"] }) });
    const headers = { origin: "https://app.example.com" };
    const { refusal } = await untilRefused(() => ask(evergrant, "/trpc/config.list", { headers }));
    expect(refusal.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(refusal.headers.get("access-control-expose-headers")).toContain("retry-after");
  });
});

it("connect links and callbacks are refused by address, on a page, and those of others are opened", async () => {
  await using evergrant = await limited({ flow: 4 });
  const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
  const { pathname } = new URL(authorizeUrl);
  const { answered, refusal } = await untilRefused(() => ask(evergrant, pathname));
  expect(answered).toBe(4);
  expect(refusal.headers.get("content-type")).toMatch(/^text\/html/);
  expect(refusal.headers.get("retry-after")).not.toBeNull();
  expect(await refusal.text()).toContain("Wait a minute");
  expect((await ask(evergrant, "/oauth/callback/sandbox?state=x")).status).toBe(429);
  expect((await ask(evergrant, pathname, {}, "203.0.113.8")).status).toBe(303);
});

it("one session has twenty streams at most, also of those that it asks for at one moment and does not read", async () => {
  await using evergrant = await limited({});
  const { sessionToken } = await evergrant.api.sessions.create.mutate({ subject: "alice" });
  const ask30 = () =>
    Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        ask(evergrant, `/trpc/${["events.stream", "events.stream/", "events%2Estream"][index % 3]}`, { headers: bearer(sessionToken) }),
      ),
    );
  for (let round = 0; round < 2; round += 1) {
    const answers = await ask30();
    const streams = answers.filter(({ status }) => status === 200);
    expect([streams.length, answers.filter(({ status }) => status === 429).length]).toEqual([20, 10]);
    for (const { body } of streams) await body?.cancel();
  }
});

it("one session has twenty streams at most, and one that ends makes room", async () => {
  await using evergrant = await start();
  const { sessionToken } = await evergrant.api.sessions.create.mutate({ subject: "alice" });
  const open = () => ask(evergrant, "/trpc/events.stream", { headers: bearer(sessionToken) });
  const streams: ReadableStreamDefaultReader<Uint8Array>[] = [];
  const { answered, refusal } = await untilRefused(async () => {
    const response = await open();
    const reader = response.body?.getReader();
    // It is open once it has said something.
    if (response.ok && reader !== undefined) {
      await reader.read();
      streams.push(reader);
    }
    return response;
  });
  expect(answered).toBe(20);
  expect(refusal.headers.get("retry-after")).not.toBeNull();
  await streams[0]?.cancel();
  await expect.poll(async () => (await open()).status).toBe(200);
  await Promise.all(streams.map((stream) => stream.cancel()));
});
