import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, silentLog } from "../src/authority.ts";
import { answerCalls } from "../src/http-calls.ts";
import { plainTrpc } from "../src/http-trpc.ts";
import { incomingRequests } from "../src/incoming-request.ts";
import { everything } from "../src/reach.ts";
import { type Started, start } from "./start.ts";

let evergrant: Started;
let connectionId: string;
beforeAll(async () => {
  evergrant = await start();
  connectionId = await evergrant.connect("alice");
});
afterAll(() => evergrant[Symbol.asyncDispose]());

interface Asked {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** Whether the short way answers, or leaves it to tRPC's own adapter. */
  readonly short: boolean;
}

const json = { "content-type": "application/json" };
const get = (input: object, more = "") => `tokens.get?input=${encodeURIComponent(JSON.stringify(input))}${more}`;
const asked = (): Asked[] => [
  { what: "a query by POST", path: "tokens.get", body: JSON.stringify({ connectionId }), short: true },
  { what: "a query by GET", method: "GET", path: get({ connectionId }), headers: {}, short: true },
  { what: "a query by GET without input", method: "GET", path: "integrations.list", headers: {}, short: true },
  { what: "a mutation", path: "connections.authorize", body: JSON.stringify({ integration: "unheard-of", subject: "a" }), short: true },
  { what: "a mutation by GET", method: "GET", path: "apiKeys.revoke?input=%7B%7D", headers: {}, short: false },
  { what: "input that does not fit", path: "tokens.get", body: '{"connectionId":7}', short: true },
  { what: "a fault of the caller", path: "tokens.get", body: '{"connectionId":"con_000000000"}', short: true },
  { what: "no JSON", path: "tokens.get", body: "{", short: false },
  { what: "an empty body", path: "tokens.get", body: "", short: false },
  { what: "JSON that is no object", path: "tokens.get", body: "[1]", short: true },
  { what: "null", path: "tokens.get", body: "null", short: true },
  { what: "an unknown procedure", path: "tokens.steal", body: "{}", short: false },
  { what: "a name of every object", path: "constructor", body: "{}", short: false },
  {
    what: "a batch",
    path: "tokens.get,tokens.get?batch=1",
    body: JSON.stringify({ 0: { connectionId }, 1: { connectionId } }),
    short: true,
  },
  {
    what: "a batch by GET",
    method: "GET",
    path: `tokens.get,tokens.status?batch=1&input=${encodeURIComponent('{"0":{"connectionId":"con_000000000"}}')}`,
    headers: {},
    short: true,
  },
  { what: "a batch of one", path: "tokens.get?batch=1", body: JSON.stringify({ 0: { connectionId } }), short: true },
  {
    what: "a batch with one fault",
    path: "tokens.get,tokens.get?batch=1",
    body: JSON.stringify({ 0: { connectionId }, 1: {} }),
    short: true,
  },
  {
    what: "a batch that lacks an input",
    path: "tokens.get,tokens.get?batch=1",
    body: JSON.stringify({ 0: { connectionId } }),
    short: true,
  },
  { what: "a batch of an array", path: "tokens.get?batch=1", body: "[{}]", short: false },
  { what: "a batch of queries and mutations", path: "tokens.get,apiKeys.revoke?batch=1", body: "{}", short: false },
  { what: "a batch with an unknown procedure", path: "tokens.get,tokens.steal?batch=1", body: "{}", short: false },
  { what: "a batch that is no batch", path: "tokens.get,tokens.get", body: "{}", short: false },
  { what: "an encoded path", path: "tokens%2Eget", body: JSON.stringify({ connectionId }), short: false },
  { what: "a form", path: "tokens.get", body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" }, short: false },
  { what: "no content type", path: "tokens.get", body: "{}", headers: { "content-type": "" }, short: false },
  {
    what: "a stream of answers",
    path: "tokens.get?batch=1",
    body: JSON.stringify({ 0: { connectionId } }),
    headers: { ...json, "trpc-accept": "application/jsonl" },
    short: false,
  },
];

/** Which way a call goes is judged before any procedure is, so that nothing of it but the log is asked. */
const untouched = { log: silentLog } as unknown as Authority;

/** The same request for tRPC's own adapter, which alone takes a content type with a parameter. */
const theLongWay = { "content-type": "application/json; charset=utf-8" };

/** In which of its forms a request comes to the app: through the routes, past them, or past them with its fields as Node has them. */
type Way = "routes" | "short" | "listed";

async function ask(each: Asked, headers: Record<string, string>, way: Way = "routes") {
  const { method = "POST", path, body } = each;
  const length = body === undefined || way === "routes" ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const all = { ...headers, ...length, authorization: `Bearer ${evergrant.apiKey}` };
  const url = `${evergrant.publicUrl}/trpc/${path}`;
  const request = new Request(url, { method, headers: all, ...(body === undefined ? {} : { body }) });
  return evergrant.app.fetch(request, way === "listed" ? { rawHeaders: Object.entries(all).flat() } : undefined);
}

describe("a call that goes the short way", () => {
  it("is answered as tRPC's own adapter answers it, past the routes as through them", async () => {
    for (const each of asked().filter(({ headers }) => headers === undefined || Object.keys(headers).length === 0)) {
      const long = await ask(each, theLongWay);
      const told = async (response: Response) => ({ what: each.what, status: response.status, body: comparable(await response.json()) });
      const expected = await told(long);
      for (const way of ["routes", "short", "listed"] as const) {
        const short = await ask(each, each.headers ?? json, way);
        expect(await told(short), way).toEqual(expected);
        for (const name of ["content-type", "cache-control", "x-content-type-options", "referrer-policy", "vary"]) {
          expect(short.headers.get(name), `${each.what}: ${name}`).toBe(long.headers.get(name));
        }
        expect(short.headers.get("cache-control")).toBe("no-store");
        expect(short.headers.get("vary")).toMatch(/\bOrigin$/);
        expect(short.headers.get("ratelimit")).toMatch(/^"api-key";r=\d+;t=\d+$/);
        expect(short.headers.get("x-request-id")).toMatch(/^req_/);
      }
    }
  });

  it("is answered the same below a publicUrl with a path, whether a proxy has taken that off or not", async () => {
    await using below = await start({ config: () => ({ publicUrl: "http://127.0.0.1:4000/grants" }) });
    const length = { "content-length": "2" };
    const answer = async (path: string, type: string, body: string) => {
      const headers = { ...length, "content-type": type, authorization: `Bearer ${below.apiKey}` };
      const request = new Request(`http://127.0.0.1:4000${path}`, { method: "POST", headers, body });
      const response = await below.app.fetch(request);
      return { status: response.status, body: await response.json() };
    };
    for (const base of ["/grants", ""]) {
      for (const type of ["application/json", "application/json; charset=utf-8"]) {
        expect(await answer(`${base}/trpc/connections.list`, type, "{}"), base + type).toMatchObject({
          status: 200,
          body: { result: { data: { connections: [] } } },
        });
        expect((await answer(`${base}/trpc/connections.list`, type, "{:")).status, base + type).toBe(400);
        expect(JSON.stringify(await answer(`${base}/trpc/tokens.steal`, type, "{}")), base + type).toContain('on path \\"tokens.steal\\"');
      }
    }
  });

  it("follows events below a publicUrl with a path", async () => {
    await using below = await start({ config: () => ({ publicUrl: "http://127.0.0.1:4000/grants" }) });
    const response = await below.app.request("/grants/trpc/events.stream", { headers: { authorization: `Bearer ${below.apiKey}` } });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    await response.body?.cancel();
  });

  it("goes past the routes only where nothing about the request is for them", async () => {
    const length = { "content-length": "2" };
    const isShort = (target: string, method: string, headers: Record<string, string>) => {
      const request = new Request(`${evergrant.publicUrl}${target}`, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) });
      const plain = plainTrpc(untouched, async () => new Response(null, { status: 401 }));
      return plain(incomingRequests(evergrant.publicUrl)(request, undefined)) !== null;
    };
    expect(isShort("/trpc/tokens.get", "POST", length)).toBe(true);
    expect(isShort("/trpc/tokens.get?input=%7B%7D", "GET", {})).toBe(true);
    expect(isShort("/trpc/tokens.get", "POST", {})).toBe(false);
    expect(isShort("/trpc/tokens.get", "POST", { "content-length": String(1024 * 1024 + 1) })).toBe(false);
    expect(isShort("/trpc/tokens.get", "POST", { "content-length": "two" })).toBe(false);
    expect(isShort("/trpc/tokens.get", "POST", { ...length, origin: "https://app.example" })).toBe(false);
    expect(isShort("/trpc/tokens%2Eget", "POST", length)).toBe(false);
    expect(isShort("/trpc/tokens.get", "PUT", length)).toBe(false);
    expect(isShort("/trpc", "GET", {})).toBe(false);
    expect(isShort("/connect/tokens.get", "GET", {})).toBe(false);
  });

  it("that fails for a reason nobody foresaw says so no more than a route does", async () => {
    const request = new Request(`${evergrant.publicUrl}/trpc/tokens.get`);
    const broken = plainTrpc(untouched, () => Promise.reject(new Error("a private reason")));
    const response = await broken(incomingRequests(evergrant.publicUrl)(request, undefined));
    expect(response?.status).toBe(500);
    expect(await response?.text()).not.toContain("private");
  });

  it("is plain and well-formed; all others are left to that adapter, with the body that was read of them", async () => {
    // Which way a call goes does not depend on what its procedure makes of it.
    const caller = { kind: "api_key" as const, id: "test", isStored: true, permissions: [], endsAt: null, ...everything };
    const context = { authority: untouched, caller };
    for (const each of asked()) {
      const { method = "POST", path, body, headers = json } = each;
      const url = new URL(path, `${evergrant.publicUrl}/trpc/`);
      const outcome = await answerCalls(
        {
          method,
          path: url.pathname.slice("/trpc/".length),
          query: (name) => url.searchParams.get(name) ?? undefined,
          header: (name) => new Headers(headers).get(name) ?? undefined,
          text: async () => body ?? "",
        },
        context,
      );
      expect("answer" in outcome, each.what).toBe(each.short);
      expect("leftWithBody" in outcome ? [null, body] : [null], each.what).toContain(
        "leftWithBody" in outcome ? outcome.leftWithBody : null,
      );
    }
  });
});

/** Links are sealed anew each time, and seconds go by. */
function comparable(body: unknown): unknown {
  const changing = /^(?:expiresInSeconds|cacheSeconds|authorizeUrl)$/;
  return JSON.parse(JSON.stringify(body, (key: string, value: unknown) => (changing.test(key) ? null : value)));
}
