/**
 * The API: every procedure over HTTP, with near-valid and hostile input, as whoever might call.
 */
import type { GuardedFetch } from "../../src/guarded-fetch.ts";
import { TransportError } from "../../src/guarded-fetch.ts";
import * as fc from "fast-check";
import { procedureShapes } from "../../src/openapi.ts";
import { type Started, start } from "../start.ts";
import { type Pool, brokenJson, hostileJson, hostileText, inUrl, nearlyValid } from "./hostile.ts";
import type { Target } from "./target.ts";

/** A request, as its parts. */
interface Call {
  readonly as: "admin" | "backend" | "session" | "nobody";
  readonly method: string;
  /** What follows `/trpc/`. */
  readonly path: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly body: string | null;
  readonly headers: readonly (readonly [string, string])[];
}

const procedures = procedureShapes();

/** In a client secret that is put: it must come back nowhere. */
const canary = "canary-of-a-client-secret";

/** A connection that no input names: whatever is sent, it goes on. */
const bystander = "bystander";

export const api: Target<Call> = {
  name: "every procedure over HTTP",
  open: async () => {
    let issuer = "";
    const bootstrapKey = "a-bootstrap-key-that-is-long-enough-for-anybody";
    const evergrant = await start({
      config: (sandbox) => {
        ({ issuer } = sandbox);
        return { returnOrigins: ["https://app.example.com"], allowedOrigins: ["https://app.example.com"] };
      },
      app: { bootstrapKey, fetch: only(() => issuer), rateLimits: "off" },
    });
    const prey = await evergrant.connect("alice");
    const spared = await evergrant.connect(bystander);
    const own = await evergrant.connect("dora");
    const { sessionToken } = await evergrant.api.sessions.create.mutate({ subject: "dora", ttlSeconds: 3_600 });
    const { id: webhook } = await evergrant.api.webhooks.create.mutate({ url: "https://app.example.com/webhook" });
    const [dataKey] = (await evergrant.api.keys.status.query()).dataKeys;
    const credentials = {
      admin: bootstrapKey,
      backend: await evergrant.apiKeyFor(["connections:write", "tokens:read", "connections:read", "config:read"]),
      session: sessionToken,
      nobody: `evergrant_${"0".repeat(16)}_${"A".repeat(43)}`,
    };
    const pool = texts({
      connectionId: [prey, own, "con_AAAAAAAAAAAA"],
      integration: ["sandbox", "put-1", "put-2", "nowhere"],
      subject: ["alice", "dora", "carol", "dora\u0000x"],
      name: ["a name", "a\u0000name"],
      id: [webhook, dataKey?.id ?? ""],
      definition: [
        { provider: "github", clientId: "x", clientSecret: canary },
        { provider: { issuer: "https://issuer.example.com" }, clientId: "x", scopes: ["openid"] },
        { provider: "google", clientId: "y", redirectPath: "/own/callback" },
      ],
      clientSecret: [canary],
      redirectPath: ["/own/callback", "/oauth/callback/sandbox"],
      provider: ["github", "google", "sandbox", { issuer: "https://issuer.example.com" }],
      returnTo: ["https://app.example.com/done?x=1#y"],
      openerOrigin: ["https://app.example.com"],
      scopes: [["notes:read"], ["read:user"], ["notes:read", "notes:write"]],
      requireScopes: [["notes:read"], ["notes:write"]],
      url: ["https://app.example.com/webhook"],
      cursor: [1, "con_AAAAAAAAAAAA"],
    });
    const secrets = [bootstrapKey, evergrant.apiKey, evergrant.sandbox.client.clientSecret, canary];
    return {
      inputs: callsOf(pool),
      attempt: async (call) => {
        const errorsBefore = errorsIn(evergrant).length;
        const response = await send(evergrant, call, credentials[call.as]);
        const text = await textOf(response);
        if (response.status === 500 || text.includes("INTERNAL_SERVER_ERROR")) throw new Error(`answered ${response.status}: ${text}`);
        if (call.as === "nobody" && response.status !== 401 && call.method !== "OPTIONS")
          throw new Error(`nobody was answered ${response.status}`);
        const errors = errorsIn(evergrant).slice(errorsBefore);
        if (errors.length > 0) throw new Error(`logged as an error: ${errors.join("\n")}`);
        const echoed = secrets.find((secret) => text.includes(secret) && !(call.body ?? call.query).includes(secret.slice(0, 20)));
        if (echoed !== undefined || text.includes(canary)) throw new Error(`a secret is in the answer: ${text}`);
        if (Object.hasOwn(Object.prototype, "isAdmin") || Object.hasOwn(Object.prototype, "status"))
          throw new Error("a prototype is polluted");
      },
      atEnd: async () => {
        const { status } = await evergrant.api.tokens.get.query({ connectionId: spared });
        if (status !== "active") throw new Error(`the connection that nobody named is ${status}`);
      },
      [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose](),
    };
  },
};

/** A way out that leads to one origin alone. */
function only(origin: () => string): GuardedFetch {
  return async (url, { method, headers, body }) => {
    if (new URL(url).origin !== origin()) throw new TransportError("not_sent", "there is no way out");
    return fetch(url, { method, headers, body: body ?? null, redirect: "manual" });
  };
}

function texts(pool: Readonly<Record<string, readonly unknown[]>>): Pool {
  return Object.fromEntries(Object.entries(pool).map(([name, values]) => [name, values.map((value) => JSON.stringify(value))]));
}

function errorsIn({ logged }: Started): string[] {
  return logged.filter((line) => line.includes('"level":"error"'));
}

function callsOf(pool: Pool): fc.Arbitrary<Call> {
  const one = fc.oneof(
    ...procedures.map(({ path, kind, input }) => ({
      // Each rotation waits until other processes know of the new key.
      weight: path === "keys.rotate" ? 1 : 20,
      arbitrary: (input === null ? hostileJson : nearlyValid(input, path === "sessions.revoke" ? {} : pool)).map((text) => ({
        path,
        kind,
        text,
      })),
    })),
  );
  const single = one.chain(({ path, kind, text }) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(posted(path, "", text)) },
      { weight: kind === "mutation" ? 1 : 3, arbitrary: fc.constant(got(path, `?${new URLSearchParams({ input: text })}`)) },
    ),
  );
  const batch = fc
    .array(one, { minLength: 1, maxLength: 5 })
    .map((calls) =>
      posted(calls.map(({ path }) => path).join(","), "?batch=1", `{${calls.map(({ text }, index) => `"${index}":${text}`).join(",")}}`),
    );
  const path = fc.oneof(
    fc.constantFrom(...procedures.map((procedure) => procedure.path)),
    fc.constantFrom(
      "",
      "a.b",
      "tokens",
      "tokens.",
      ".get",
      "tokens.get,",
      "__proto__",
      "constructor",
      "tokens.__proto__",
      "toString",
      ",,,,",
      "%",
      "%00",
      "tokens%2Eget",
    ),
    fc
      .array(fc.constantFrom(...procedures.map((procedure) => procedure.path)), { minLength: 2, maxLength: 150 })
      .map((paths) => paths.join(",")),
    hostileText.map(inUrl),
  );
  const query = fc.oneof(
    fc.constantFrom(
      "",
      "?batch=1",
      "?batch=2",
      "?batch=1&batch=1",
      "?input",
      "?input=%ff",
      "?input={",
      "?connectionParams={}",
      "?connectionParams=%7B",
      "?lastEventId=x",
      "?x=".padEnd(9_000, "y"),
    ),
    hostileText.map((text) => `?batch=1&input=${inUrl(text)}`),
    hostileText.map((text) => `?lastEventId=${inUrl(text)}`),
  );
  const odd = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"),
    path,
    query,
    contentType: fc.constantFrom(
      null,
      "application/json",
      "application/json; charset=utf-16",
      "text/plain",
      "multipart/form-data; boundary=x",
      "multipart/form-data",
      "application/octet-stream",
      "application/x-www-form-urlencoded",
      "x",
    ),
    body: fc.oneof(brokenJson, hostileJson, fc.constantFrom("x".repeat(1_100_000), "--x\r\n\r\n--x--")),
    headers: fc.array(
      fc.constantFrom(
        ["trpc-accept", "application/jsonl"],
        ["accept", "text/event-stream"],
        ["trpc-accept", "x"],
        ["last-event-id", "999999999999999999999"],
        ["last-event-id", "x"],
        ["content-encoding", "gzip"],
        ["content-length", "3"],
        ["transfer-encoding", "chunked"],
        ["origin", "https://app.example.com"],
        ["origin", "null"],
        ["x-request-id", "a b"],
        ["authorization", ""],
        ["authorization", "Bearer"],
        ["authorization", `Bearer ${"x".repeat(9_000)}`],
        ["authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."],
        ["authorization", "Basic YTpi, Bearer evergrant_0000000000000000_A"],
        ["x-forwarded-for", "1.2.3.4, x"],
        ["access-control-request-method", "X"],
      ),
      { maxLength: 3 },
    ),
  });
  const plain = fc.oneof({ weight: 5, arbitrary: single }, { weight: 2, arbitrary: batch });
  const as = fc.constantFrom<Call["as"][]>("admin", "admin", "admin", "backend", "session", "session", "nobody");
  return fc.tuple(as, fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: odd })).map(([who, call]) => ({
    ...call,
    as: who,
    body: call.method === "GET" || call.method === "HEAD" ? null : call.body,
    headers: call.headers.map(([name = "", value = ""]) => [name, value] as const),
  }));
}

function posted(path: string, query: string, body: string): Omit<Call, "as" | "body"> & { body: string } {
  return { method: "POST", path, query, contentType: "application/json", body, headers: [] };
}

function got(path: string, query: string): Omit<Call, "as" | "body"> & { body: string } {
  return { method: "GET", path, query, contentType: null, body: "", headers: [] };
}

function send({ app }: Started, call: Call, credential: string): Promise<Response> {
  const headers = new Headers({ authorization: `Bearer ${credential}` });
  if (call.contentType !== null) headers.set("content-type", call.contentType);
  for (const [name, value] of call.headers) headers.set(name, value);
  return app.request(`/trpc/${call.path}${call.query}`, { method: call.method, headers, body: call.body });
}

/** A stream has no end: what it says first is enough. */
async function textOf(response: Response): Promise<string> {
  if (!/event-stream|jsonl|application\/json-seq/.test(response.headers.get("content-type") ?? "") || response.body === null)
    return response.text();
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
