import { inspect } from "node:util";
import type { Resource } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { type Answer, active, nobodyListens } from "../test/fake-evergrant.ts";
import { type Received, invalidToken, refreshing, startResource, takesOnly } from "../test/fake-resource.ts";
import {
  EvergrantUnreachableError,
  MissingScopesError,
  ProviderUnavailableError,
  ReauthorizationRequiredError,
  ResourceHostError,
} from "./errors.ts";

const connectionId = "con_00000001";
const api = "https://api.test/notes";
const post = (body: BodyInit): RequestInit => ({ method: "POST", body, headers: { "content-type": "text/plain", "x-own": "kept" } });

function readable(text: string): ReadableStream {
  return new Blob([text]).stream();
}

describe("a request", () => {
  it("carries the token in place of the caller's own Authorization, and everything else as it was", async () => {
    const { asConnection, received } = startResource(() => new Response("hello"));
    const response = await asConnection(`${api}?page=2`, { ...post("a note"), headers: { Authorization: "token own", "X-Own": "kept" } });
    expect(await response.text()).toBe("hello");
    expect(received).toMatchObject([{ method: "POST", url: `${api}?page=2`, authorization: "Bearer token-1", body: "a note" }]);
    expect(received[0]?.headers.get("x-own")).toBe("kept");
  });

  it("may be a URL or a Request, whose headers count unless others are given", async () => {
    const { asConnection, received } = startResource(() => new Response());
    const request = new Request(api, { method: "PUT", body: "b", headers: { authorization: "token own", "x-own": "of the request" } });
    await asConnection(new URL(api));
    await asConnection(request.clone());
    await asConnection(request, { headers: { "x-own": "of the call" } });
    expect(received.map(({ method, authorization, body, headers }) => [method, authorization, body, headers.get("x-own")])).toEqual([
      ["GET", "Bearer token-1", "", null],
      ["PUT", "Bearer token-1", "b", "of the request"],
      ["PUT", "Bearer token-1", "b", "of the call"],
    ]);
  });

  it.each([
    ["bearer", "Bearer token-1"],
    ["MAC", "MAC token-1"],
  ])("names the token type: %s", async (tokenType, authorization) => {
    const { asConnection, received } = startResource(() => new Response(), { answer: () => active({ tokenType }) });
    await asConnection(api);
    expect(received).toMatchObject([{ authorization }]);
  });

  it("is not sent with a token that fits no header, and the error does not show it", async () => {
    const { asConnection, received } = startResource(() => new Response(), { answer: () => active({ accessToken: "very\nsecret" }) });
    const error = await asConnection(api).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(inspect(error, { depth: null })).not.toMatch(/very|secret/);
    expect(received).toHaveLength(0);
  });

  it("uses the client's fetch where none is given for it", async () => {
    const { client, evergrant } = startResource(() => new Response());
    await client.accessToken(connectionId);
    evergrant.instead = () => Promise.resolve(new Response("by the client's own"));
    expect(await (await client.fetch(connectionId)(api)).text()).toBe("by the client's own");
  });

  it("passes other refusals on as they are", async () => {
    const { asConnection, evergrant, received } = startResource(
      () => new Response("no", { status: 401, headers: { "www-authenticate": "Bearer" } }),
    );
    expect((await asConnection(api)).status).toBe(401);
    expect(received).toHaveLength(1);
    expect(evergrant.calls.map(({ procedure }) => procedure)).toEqual(["tokens.get"]);
  });

  it("fails as the caller's fetch fails", async () => {
    const { asConnection } = startResource(nobodyListens);
    await expect(asConnection(api)).rejects.toThrow(new TypeError("fetch failed"));
  });
});

describe("a token that the resource server calls invalid", () => {
  it("is refreshed once by its generation, and the request sent once more", async () => {
    const { asConnection, evergrant, received } = startResource(takesOnly(2));
    const response = await asConnection(api, post("a note"));
    expect(await response.text()).toBe("welcome");
    expect(evergrant.calls).toMatchObject([
      { procedure: "tokens.get" },
      { procedure: "tokens.refresh", input: { connectionId, ifGeneration: 1 } },
    ]);
    expect(received).toMatchObject([
      { authorization: "Bearer token-1", body: "a note", method: "POST" },
      { authorization: "Bearer token-2", body: "a note", method: "POST" },
    ]);
    expect(received[1]?.headers.get("x-own")).toBe("kept");
    expect(received[1]?.headers.get("content-type")).toBe("text/plain");
    await asConnection(api);
    expect(evergrant.calls).toHaveLength(2);
  });

  it.each<[boolean, number, HeadersInit]>([
    [true, 401, { "www-authenticate": 'Bearer realm="api", error="invalid_token", error_description="expired"' }],
    [true, 401, { "www-authenticate": 'DPoP error="invalid_token"' }],
    [
      true,
      401,
      [
        ["www-authenticate", 'Basic realm="x"'],
        ["www-authenticate", "bearer ERROR=invalid_token"],
      ],
    ],
    [false, 403, { "www-authenticate": 'Bearer error="invalid_token"' }],
    [false, 401, { "www-authenticate": 'Bearer error="insufficient_scope"' }],
    [false, 401, { "www-authenticate": 'Bearer realm="error=invalid_token"' }],
    [false, 401, { "www-authenticate": String.raw`Bearer realm="\", error=invalid_token"` }],
    [false, 401, {}],
  ])("is told by the code invalid_token of a 401's challenge, and by nothing else: %s, %i, %j", async (invalid, status, headers) => {
    const { asConnection, evergrant } = startResource((_, number) => new Response(null, number === 1 ? { status, headers } : {}));
    expect((await asConnection(api)).status).toBe(invalid ? 200 : status);
    expect(evergrant.calls.some(({ procedure }) => procedure === "tokens.refresh")).toBe(invalid);
  });

  it("is refreshed once for all who were refused, also for those who hear of it later", async () => {
    let refuse = () => undefined as void;
    const late = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    const { asConnection, evergrant } = startResource(async (request) => {
      if (request.url.endsWith("late") && request.authorization === "Bearer token-1") await late;
      return takesOnly(2)(request);
    });
    const latecomer = asConnection(`${api}/late`);
    const responses = await Promise.all([asConnection(api), asConnection(api), asConnection(api)]);
    refuse();
    for (const response of [...responses, await latecomer]) expect(response.status).toBe(200);
    expect(evergrant.calls.filter(({ procedure }) => procedure === "tokens.refresh")).toHaveLength(1);
  });

  it("frees the connections under answers that nobody reads", async () => {
    const ended: string[] = [];
    const unread = (name: string, init: ResponseInit) => new Response(new ReadableStream({ cancel: () => void ended.push(name) }), init);
    const { asConnection } = startResource((request, number) => {
      if (number === 1) return unread("redirect", { status: 307, headers: { location: "/moved" } });
      return number === 2 ? unread("refusal", { status: 401, headers: invalidToken().headers }) : takesOnly(2)(request);
    });
    expect((await asConnection(api)).status).toBe(200);
    expect(ended).toEqual(["redirect", "refusal"]);
  });

  it("is retried once and no more", async () => {
    const { asConnection, received } = startResource(invalidToken);
    const response = await asConnection(api);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("refused");
    expect(received).toHaveLength(2);
  });

  it("is not sent again where the refresh brought the same one", async () => {
    const { asConnection, received } = startResource(invalidToken, { answer: () => active() });
    const response = await asConnection(api);
    expect(await response.text()).toBe("refused");
    expect(received).toHaveLength(1);
  });

  const form = new FormData();
  form.set("note", "a note");
  it.each<[string, RegExp, () => RequestInit | Request]>([
    ["a string", /^a note$/, () => post("a note")],
    ["parameters", /^note=a\+note$/, () => post(new URLSearchParams({ note: "a note" }))],
    ["bytes", /^a note$/, () => post(new TextEncoder().encode("a note"))],
    ["a buffer", /^a note$/, () => post(new TextEncoder().encode("a note").buffer)],
    ["a Blob", /^a note$/, () => post(new Blob(["a note"]))],
    ["a form", /name="note"\s+a note/, () => ({ method: "POST", body: form })],
    ["a Request's", /^a note$/, () => new Request(api, post("a note"))],
    ["a Request's own stream", /^a note$/, () => new Request(api, { ...post(readable("a note")), duplex: "half" } as RequestInit)],
    ["none", /^$/, () => ({ method: "DELETE" })],
  ])("is retried with the same body: %s", async (_, expected, make) => {
    const { asConnection, received } = startResource(takesOnly(2));
    const what = make();
    const response = await (what instanceof Request ? asConnection(what) : asConnection(api, what));
    expect(response.status).toBe(200);
    expect(received).toHaveLength(2);
    const types = received.map(({ headers }) => headers.get("content-type")?.split(";")[0]);
    expect(types[1]).toBe(types[0]);
    for (const { body } of received) expect(body).toMatch(expected);
  });

  it.each<[string, () => RequestInit | Request]>([
    ["a stream", () => ({ ...post(readable("a note")), duplex: "half" }) as RequestInit],
    ["a Request's of more than a mebibyte", () => new Request(api, post("n".repeat(1024 * 1024 + 1)))],
  ])("is refreshed for the next request where the body cannot be sent again: %s", async (_, make) => {
    const { asConnection, received, evergrant } = startResource(takesOnly(2));
    const what = make();
    const response = await (what instanceof Request ? asConnection(what) : asConnection(api, what));
    expect([response.status, await response.text()]).toEqual([401, "refused"]);
    expect(received).toHaveLength(1);
    expect((await asConnection(api)).status).toBe(200);
    expect(evergrant.calls.filter(({ procedure }) => procedure === "tokens.refresh")).toHaveLength(1);
  });

  it("has its scopes looked at again where some are required, since a refresh may narrow them", async () => {
    const missing = {
      status: "missing_scopes",
      connectionId,
      missingScopes: ["write"],
      grantedScopes: ["read"],
      authorizeUrl: "https://e.test/c",
    };
    const answers = [active({ scopes: ["read", "write"] }), active({ generation: 2, scopes: ["read"] }), missing];
    const { asConnection, evergrant } = startResource(takesOnly(2), {
      requireScopes: ["write"],
      answer: (_, number) => answers[number - 1],
    });
    await expect(asConnection(api)).rejects.toThrow(MissingScopesError);
    expect(evergrant.calls.map(({ procedure }) => procedure)).toEqual(["tokens.get", "tokens.refresh", "tokens.get"]);
  });

  it("becomes a typed error where the grant is dead, and none is kept", async () => {
    const dead = {
      status: "reauthorization_required",
      connectionId,
      reason: "grant_revoked",
      authorizeUrl: "https://evergrant.test/connect/x",
    };
    const { asConnection, evergrant, client } = startResource(takesOnly(2), {
      answer: ({ procedure }, number) => (procedure === "tokens.get" && number === 1 ? active() : dead),
    });
    const error = await asConnection(api).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReauthorizationRequiredError);
    expect(error).toMatchObject({ authorizeUrl: "https://evergrant.test/connect/x", reason: "grant_revoked" });
    expect(inspect(error, { depth: null })).not.toContain("token-1");
    await expect(client.accessToken(connectionId)).rejects.toThrow(ReauthorizationRequiredError);
    expect(evergrant.calls).toHaveLength(3);
  });

  it("lets go of a Request's body when there is nothing more to send", async () => {
    const dead = { status: "not_connected", integration: "github", subject: "alice", authorizeUrl: "https://e.test/c" };
    const { asConnection } = startResource(() => new Response(), { answer: () => dead });
    let ended = false;
    const body = new ReadableStream({
      cancel: () => {
        ended = true;
      },
    });
    const request = new Request(api, { method: "POST", body, duplex: "half" } as RequestInit);
    await expect(asConnection(request)).rejects.toMatchObject({ code: "not_connected" });
    await request.body?.cancel();
    expect(ended).toBe(true);
  });

  it("becomes a typed error where nobody can renew it now", async () => {
    const unavailable = { status: "unavailable", connectionId, reason: "provider_unavailable", retryAt: "2030-01-01T00:00:00.000Z" };
    const { asConnection, evergrant } = startResource(takesOnly(2), {
      answer: (call, number) => (call.procedure === "tokens.refresh" ? unavailable : refreshing(call, number)),
    });
    const error = await asConnection(api).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error).toMatchObject({ retryAt: new Date("2030-01-01T00:00:00.000Z") });
    await asConnection(api, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    evergrant.instead = nobodyListens;
    await expect(asConnection(api)).rejects.toThrow(EvergrantUnreachableError);
  });
});

describe("the caller's AbortSignal", () => {
  it.each<[string, (signal: AbortSignal) => [RequestInfo, RequestInit?]]>([
    ["of the call", (signal) => [api, { signal }]],
    ["of a Request", (signal) => [new Request(api, { signal })]],
  ])("ends the waiting for a token, and not the request for it: %s", async (_, arguments_) => {
    const { asConnection, client, evergrant, received } = startResource(() => new Response());
    const leaving = new AbortController();
    const left = asConnection(...arguments_(leaving.signal));
    const stayed = client.accessToken(connectionId);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    expect(await stayed).toBe("token-1");
    expect(evergrant.calls).toHaveLength(1);
    expect(received).toHaveLength(0);
  });

  it("reaches the resource server's request", async () => {
    const leaving = new AbortController();
    const { asConnection, evergrant } = startResource(async () => {
      leaving.abort(new Error("enough"));
      return invalidToken();
    });
    await expect(asConnection(api, { signal: leaving.signal })).rejects.toThrow("enough");
    expect(evergrant.requests.every(({ signal }) => !signal.aborted)).toBe(true);
  });

  it("of a Request is dropped where the call says null, as the Fetch standard has it", async () => {
    const { asConnection } = startResource(() => new Response("went through"));
    const response = await asConnection(new Request(api, { signal: AbortSignal.abort() }), { signal: null });
    expect(await response.text()).toBe("went through");
  });
});

describe("a redirect", () => {
  const to = (location: string, status = 302) => new Response(null, { status, headers: { location } });
  const told = ({ method, url, authorization, body }: Received) => [method, url, authorization, body];

  it("is followed on the same origin with the token", async () => {
    const { asConnection, received } = startResource(({ url }) => (url === api ? to("/moved") : new Response("there")));
    const response = await asConnection(api);
    expect(await response.text()).toBe("there");
    expect(received.map(told)).toEqual([
      ["GET", api, "Bearer token-1", ""],
      ["GET", "https://api.test/moved", "Bearer token-1", ""],
    ]);
  });

  it.each(["https://elsewhere.test/", "http://api.test/", "https://api.test:8443/", "//elsewhere.test/"])(
    "to another origin is followed without it: %s",
    async (location) => {
      const { asConnection, received, evergrant } = startResource(({ url }, number) =>
        number === 1 ? to(location) : number === 2 ? to(api) : url === api ? invalidToken() : new Response(),
      );
      const response = await asConnection(api, { headers: { cookie: "own=1", "x-own": "kept" } });
      expect(received.map(({ authorization }) => authorization)).toEqual(["Bearer token-1", null, null]);
      expect(received.map(({ headers }) => headers.get("cookie"))).toEqual(["own=1", null, null]);
      expect(received.map(({ headers }) => headers.get("x-own"))).toEqual(["kept", "kept", "kept"]);
      // The token was left behind, so this refusal says nothing about it.
      expect(response.status).toBe(401);
      expect(evergrant.calls).toHaveLength(1);
    },
  );

  it("is read from where it was found", async () => {
    const { asConnection, received } = startResource((_, number) =>
      number === 1 ? to("https://elsewhere.test/deep/") : number === 2 ? to("there") : new Response(),
    );
    await asConnection(api);
    expect(received.map(({ url, authorization }) => [url, authorization])).toEqual([
      [api, "Bearer token-1"],
      ["https://elsewhere.test/deep/", null],
      ["https://elsewhere.test/deep/there", null],
    ]);
  });

  it.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [303, "HEAD", "HEAD", ""],
    [301, "PUT", "PUT", "a note"],
    [307, "POST", "POST", "a note"],
    [308, "POST", "POST", "a note"],
  ])("%i of a %s becomes a %s, as the Fetch standard has it", async (status, method, becomes, body) => {
    const { asConnection, received } = startResource((_, number) => (number === 1 ? to("/moved", status) : new Response()));
    await asConnection(api, method === "HEAD" ? { method } : { ...post("a note"), method });
    expect(received[1]).toMatchObject({ method: becomes, body });
    expect(received[1]?.headers.has("content-type")).toBe(body !== "");
  });

  it("that asks for a stream again, leads nowhere or in a circle, is an error", async () => {
    const { asConnection } = startResource(() => to(api, 307));
    await expect(asConnection(api, { ...post(readable("x")), duplex: "half" } as RequestInit)).rejects.toThrow("it was a stream");
    await expect(asConnection(api)).rejects.toThrow("too many redirects");
    const elsewhere = startResource(() => to("data:text/plain,hello"));
    await expect(elsewhere.asConnection(api)).rejects.toThrow("http(s)");
  });

  it("without a Location, or with a status that is none, is an answer", async () => {
    const { asConnection } = startResource((_, number) => (number === 1 ? new Response(null, { status: 302 }) : to(api, 304)));
    expect((await asConnection(api)).status).toBe(302);
    expect((await asConnection(api)).status).toBe(304);
  });

  it("is the caller's own affair where they say so", async () => {
    const { asConnection, received } = startResource(() => to("https://elsewhere.test/"));
    expect((await asConnection(api, { redirect: "manual" })).status).toBe(302);
    expect((await asConnection(new Request(api, { redirect: "error" }))).status).toBe(302);
    expect(received.map(({ redirect }) => redirect)).toEqual(["manual", "error"]);
  });

  it("that the platform does not show is left to the platform, for requests that only look", async () => {
    const opaque = () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" });
    const { asConnection, received } = startResource(({ redirect }) =>
      redirect === "manual" ? opaque() : Object.defineProperty(invalidToken(), "url", { value: "https://elsewhere.test/" }),
    );
    expect((await asConnection(api)).status).toBe(401);
    expect(received.map(({ redirect }) => redirect)).toEqual(["manual", "follow"]);
    await expect(asConnection(api, post("x"))).rejects.toThrow("this POST was redirected");
  });

  it("is followed anew, with the new token, where the first one was refused behind it", async () => {
    const { asConnection, received } = startResource((request) => (request.url === api ? to("/moved", 307) : takesOnly(2)(request)));
    const response = await asConnection(api, post("a note"));
    expect(await response.text()).toBe("welcome");
    expect(received.map(told)).toEqual([
      ["POST", api, "Bearer token-1", "a note"],
      ["POST", "https://api.test/moved", "Bearer token-1", "a note"],
      ["POST", api, "Bearer token-2", "a note"],
      ["POST", "https://api.test/moved", "Bearer token-2", "a note"],
    ]);
  });
});

describe("where a token may go", () => {
  const at = (resource: Partial<Resource>): Answer => {
    const whole = { hosts: ["api.test"], header: "Authorization", scheme: null, refusals: [], ...resource };
    return ({ procedure }) => active({ generation: procedure === "tokens.refresh" ? 2 : 1, resource: whole });
  };

  it.each([
    ["another host", "https://evil.test/"],
    ["a host below, where only the name itself is listed", "https://sub.api.test/"],
    ["a host whose name ends alike", "https://notapi.test/"],
    ["another port", "https://api.test:8443/"],
    ["its host without TLS", "http://api.test/"],
    ["a host hidden behind user info", "https://api.test@evil.test/"],
  ])("not to %s", async (_, url) => {
    const { asConnection, received } = startResource(() => new Response("welcome"), { answer: at({}) });
    const error = await asConnection(url).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ResourceHostError);
    expect(error).toMatchObject({ code: "resource_host_refused", connectionId: "con_00000001", resourceHosts: ["api.test"] });
    expect(received).toHaveLength(0);
  });

  it.each([
    ["https://api.test:443/", {}],
    ["https://API.test/", {}],
    ["https://eu.api.test/", { hosts: ["*.api.test"] }],
    ["https://api.test:8443/", { hosts: ["api.test:8443"] }],
    ["http://127.0.0.1:4001/", { hosts: ["127.0.0.1"] }],
    ["http://[::1]:4001/", { hosts: ["[::1]:4001"] }],
  ])("to %s, as listed", async (url, resource) => {
    const { asConnection, received } = startResource(() => new Response("welcome"), { answer: at(resource) });
    await asConnection(url);
    expect(received[0]?.authorization).toBe("Bearer token-1");
  });

  it("to a host that the caller names, and to a URL object as it was when the call was made", async () => {
    const { asConnection, received } = startResource(() => new Response("welcome"), { answer: at({}), resourceHosts: ["*.Own.test"] });
    const url = new URL("https://a.own.test/");
    const call = asConnection(url);
    url.host = "evil.test";
    await call;
    expect(received[0]).toMatchObject({ url: "https://a.own.test/", authorization: "Bearer token-1" });
  });

  it("in the provider's own field, which a redirect to another origin loses as well", async () => {
    const redirect = () => new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } });
    const { asConnection, received } = startResource((_request, number) => (number === 1 ? redirect() : new Response("welcome")), {
      answer: at({ header: "X-Shopify-Access-Token", scheme: "" }),
    });
    await asConnection("https://api.test/", { headers: { "x-shopify-access-token": "another" } });
    expect(received.map(({ headers }) => headers.get("x-shopify-access-token"))).toEqual(["token-1", null]);
    expect(received.map(({ authorization }) => authorization)).toEqual([null, null]);
  });

  it("in a field of its own not to where a browser does not show the redirect", async () => {
    const unseen = () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" });
    const { asConnection, received } = startResource(unseen, { answer: at({ header: "X-Token" }) });
    await expect(asConnection("https://api.test/")).rejects.toThrow(/final URL/);
    expect(received).toHaveLength(1);
  });
});

describe("a provider's own sign that a token does not hold", () => {
  const refusals = [
    { status: 200, member: "error", codes: ["token_expired"] },
    { status: 400, member: "errors.0.code", codes: ["190"] },
  ];
  const answer: Answer = ({ procedure }) =>
    active({
      generation: procedure === "tokens.refresh" ? 2 : 1,
      resource: { hosts: ["api.test"], header: "Authorization", scheme: null, refusals },
    });

  it.each([
    ["in a success", () => Response.json({ ok: false, error: "token_expired" })],
    ["as a number in a list", () => Response.json({ errors: [{ code: 190 }] }, { status: 400 })],
  ])("%s: refreshed once, sent once more", async (_, refuse) => {
    const { asConnection, received } = startResource((_request, number) => (number === 1 ? refuse() : Response.json({ ok: true })), {
      answer,
    });
    expect(await (await asConnection("https://api.test/", { method: "POST", body: "a note" })).json()).toEqual({ ok: true });
    expect(received.map(({ authorization, body }) => [authorization, body])).toEqual([
      ["Bearer token-1", "a note"],
      ["Bearer token-2", "a note"],
    ]);
  });

  it.each([
    ["another error", () => Response.json({ ok: false, error: "channel_not_found" })],
    ["another status", () => Response.json({ error: "token_expired" }, { status: 403 })],
    ["no JSON", () => new Response("token_expired")],
    ["JSON cut short", () => new Response('{"error":"token_exp', { headers: { "content-type": "application/json" } })],
    ["a long answer", () => Response.json({ error: "token_expired", more: "x".repeat(100_000) })],
  ])("not %s: the answer is the caller's, its body whole", async (_, make) => {
    const { asConnection, received, evergrant } = startResource(make, { answer });
    const response = await asConnection("https://api.test/");
    expect(await response.text()).toBe(await make().text());
    expect(received).toHaveLength(1);
    expect(evergrant.calls).toHaveLength(1);
  });
});
