import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Refusal, active, fakeEvergrant, nobodyListens, startClient } from "../test/fake-evergrant.ts";
import { createClient } from "./create-client.ts";
import { EvergrantRequestError, EvergrantUnreachableError } from "./errors.ts";

const connectionId = "con_00000001";

/** All that an error shows to whoever prints it. */
function shown(error: unknown): string {
  return inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error);
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("nothing failed"),
    (error: unknown) => error,
  );
}

describe("a request", () => {
  it("is a POST below the server's URL with a bearer credential, and nothing of it stands in the URL", async () => {
    const { client, evergrant } = startClient(() => active());
    await Promise.all([client.accessToken(connectionId), client.tokens.status({ connectionId })]);
    const [request] = evergrant.requests;
    expect(request).toMatchObject({
      method: "POST",
      url: "https://evergrant.test/base/trpc/tokens.get,tokens.status?batch=1",
      redirect: "manual",
    });
    expect(request?.headers.get("authorization")).toBe("Bearer test-api-key-0123456789");
    expect(await request?.json()).toEqual({ 0: { connectionId }, 1: { connectionId } });
  });

  it("keeps queries and mutations apart, and takes at most a hundred calls", async () => {
    const { client, evergrant } = startClient(({ input }) => active(Object(input)));
    const ids = Array.from({ length: 150 }, (_, number) => `con_${String(number).padStart(8, "0")}`);
    await Promise.all([...ids.map((id) => client.accessToken(id)), client.connections.disconnect({ connectionId })]);
    const batches = evergrant.requests.map(({ url }) => new URL(url).pathname.split(",").length);
    expect(batches.toSorted((a, b) => a - b)).toEqual([1, 50, 100]);
  });

  it("asks a function for its key at every exchange", async () => {
    const { fetch, requests } = fakeEvergrant(() => active({ cacheSeconds: 0 }));
    let renewals = 0;
    const client = createClient({ url: "https://evergrant.test", fetch, apiKey: () => Promise.resolve(`key-${(renewals += 1)}`) });
    await client.accessToken(connectionId);
    await client.accessToken(connectionId);
    expect(requests.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer key-1", "Bearer key-2"]);
  });

  it("hands on what such a function throws, and sends nothing", async () => {
    const { fetch, requests } = fakeEvergrant(() => active());
    const signedOut = new Error("signed out");
    const client = createClient({ url: "https://evergrant.test", fetch, apiKey: () => Promise.reject(signedOut) });
    expect(await failureOf(client.accessToken(connectionId))).toBe(signedOut);
    const broken = createClient({ url: "https://evergrant.test", fetch, apiKey: () => "line\nbreak" });
    const error = await failureOf(broken.accessToken(connectionId));
    expect(error).toBeInstanceOf(TypeError);
    expect(shown(error)).not.toContain("break");
    expect(requests).toHaveLength(0);
  });

  it("is not made for a caller who has left already, and goes on without one who leaves", async () => {
    const { client, evergrant } = startClient(() => ({ connectionId, revocation: "revoked" }));
    const gone = { signal: AbortSignal.abort(new Error("gone")) };
    expect(await failureOf(client.connections.disconnect({ connectionId }, gone))).toMatchObject({ message: "gone" });
    expect(await failureOf(client.tokens.refresh({ connectionId, ifGeneration: 1 }, gone))).toMatchObject({ message: "gone" });
    const leaving = new AbortController();
    const left = failureOf(client.connections.get({ connectionId }, { signal: leaving.signal }));
    const stayed = client.tokens.status({ connectionId });
    leaving.abort(new Error("enough"));
    expect(await left).toMatchObject({ message: "enough" });
    expect(await stayed).toMatchObject({ connectionId });
    expect(evergrant.calls.map(({ procedure }) => procedure)).toEqual(["connections.get", "tokens.status"]);
  });

  it("may go to a URL with any path", async () => {
    const { fetch } = fakeEvergrant(() => active());
    const client = createClient({ url: "https://evergrant.test/a,b/trpc", apiKey: "k", fetch });
    expect(await client.accessToken(connectionId)).toBe("token-1");
  });

  it("takes what readonly inputs it is given, and no input where none is needed", async () => {
    const { client, evergrant } = startClient(() => []);
    const scopes = ["read"] as const;
    await client.scopes.check({ integration: "github", scopes });
    await client.integrations.list();
    await client.events.list();
    await client.connections.list();
    expect(evergrant.calls.map(({ input }) => input)).toEqual([{ integration: "github", scopes: ["read"] }, undefined, {}, {}]);
  });
});

describe("a deadline", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("leaves no timer behind an answer", async () => {
    vi.useFakeTimers();
    const { client } = startClient(() => active());
    const token = client.accessToken(connectionId);
    await vi.advanceTimersByTimeAsync(1);
    expect(await token).toBe("token-1");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("createClient", () => {
  it("refuses a URL or key that cannot be one, without repeating it", () => {
    for (const url of [
      "evergrant.test",
      "ftp://evergrant.test",
      "https://user:hunter2@evergrant.test",
      "https://evergrant.test?key=hunter2",
      "https://evergrant.test#hunter2",
    ]) {
      expect(() => createClient({ url, apiKey: "k" })).toThrow(/^url: an absolute http\(s\) URL without user info, query and fragment/);
    }
    for (const apiKey of ["", "hunter2\n", "hunter 2"]) {
      expect(() => createClient({ url: "https://evergrant.test", apiKey })).toThrow(
        /^apiKey: empty, or with characters that no Authorization header/,
      );
    }
  });
});

describe("a refusal", () => {
  it("says which procedure, why and what to do, by the server's own words", async () => {
    const { client } = startClient(() => {
      throw new Refusal(409, "connectionId: this subject has several connections there; name one", "several_connections");
    });
    const error = await failureOf(client.tokens.get({ integration: "github", subject: "alice" }));
    expect(error).toBeInstanceOf(EvergrantRequestError);
    expect(error).toMatchObject({
      message: "tokens.get: connectionId: this subject has several connections there; name one",
      code: "request_refused",
      procedure: "tokens.get",
      reason: "several_connections",
      httpStatus: 409,
    });
  });

  it("in a batch harms no other call, and shows nothing of their answers", async () => {
    const { client } = startClient(({ input }) => {
      if (JSON.stringify(input).includes("con_00000002"))
        throw new Refusal(404, "connectionId: there is no such connection", "unknown_connection");
      return active({ accessToken: "very-secret" });
    });
    const [good, error] = await Promise.all([client.accessToken(connectionId), failureOf(client.accessToken("con_00000002"))]);
    expect(good).toBe("very-secret");
    expect(error).toBeInstanceOf(EvergrantRequestError);
    expect(shown(error)).not.toContain("very-secret");
    expect(shown(error)).not.toContain("test-api-key");
  });

  it("of the whole request reaches every call in it", async () => {
    const { client, evergrant } = startClient(() => active());
    evergrant.instead = () =>
      Promise.resolve(
        Response.json(
          { error: { message: "send a key", code: -32_001, data: { code: "UNAUTHORIZED", httpStatus: 401 } } },
          { status: 401 },
        ),
      );
    const failures = await Promise.all([failureOf(client.accessToken(connectionId)), failureOf(client.integrations.list())]);
    expect(failures).toMatchObject([
      { httpStatus: 401, procedure: "tokens.get" },
      { httpStatus: 401, procedure: "integrations.list" },
    ]);
  });

  it("for a reason is one even with a status of 5xx; trouble of the server's own is not", async () => {
    const { client, evergrant } = startClient(() => {
      throw new Refusal(503, "its provider could not be discovered", "integration_unavailable");
    });
    expect(await failureOf(client.connections.authorize({ integration: "acme", subject: "alice" }))).toBeInstanceOf(EvergrantRequestError);
    for (const [status, reason] of [
      [503, "store_unavailable"],
      [500, null],
      [429, null],
    ] as const) {
      evergrant.answer = () => {
        throw new Refusal(status, "try again", reason);
      };
      const error = await failureOf(client.connections.authorize({ integration: "acme", subject: "alice" }));
      expect(error).toBeInstanceOf(EvergrantUnreachableError);
      expect(error).toMatchObject({ httpStatus: status, message: `connections.authorize: Evergrant answered ${status}: try again` });
    }
  });
});

describe("no answer", () => {
  const url = "https://evergrant.test/base/";
  const notOurs = {
    "a page": () => new Response("<p>Welcome to the hotel</p>", { status: 200 }),
    "other JSON": () => Response.json({ error: { message: "there is nothing here" } }, { status: 404 }),
    "too few answers": () => Response.json([{ result: { data: active() } }], { status: 200 }),
    "one answer for all": () => Response.json({ result: { data: active() } }),
    "a redirect": () => new Response(null, { status: 308, headers: { location: "https://elsewhere.test/" } }),
  };
  for (const [what, respond] of Object.entries(notOurs)) {
    it(`is what something else at that address says: ${what}`, async () => {
      const { client, evergrant } = startClient(() => active());
      evergrant.instead = () => Promise.resolve(respond());
      const failures = await Promise.all([failureOf(client.accessToken(connectionId)), failureOf(client.accessToken("con_00000002"))]);
      const { status } = respond();
      for (const error of failures) {
        expect(error).toBeInstanceOf(EvergrantUnreachableError);
        expect(error).toMatchObject({
          httpStatus: status,
          message: `Evergrant cannot be reached at ${url}: something else answered there, with status ${status}. Check that it runs and that url is right, then try again.`,
        });
      }
      expect(evergrant.requests).toHaveLength(1);
    });
  }

  it("names the system's word for what went wrong, and keeps the request to itself", async () => {
    const { client, evergrant } = startClient(() => active());
    evergrant.instead = nobodyListens;
    expect(await failureOf(client.accessToken(connectionId))).toMatchObject({
      message: expect.stringContaining("the request failed (ECONNREFUSED)"),
      httpStatus: null,
    });
    evergrant.instead = (request) => {
      const error = new Error(`could not send ${request.headers.get("authorization")}`);
      return Promise.reject(Object.assign(error, { request }));
    };
    const error = await failureOf(client.accessToken(connectionId));
    expect(error).toBeInstanceOf(EvergrantUnreachableError);
    expect(shown(error)).not.toContain("test-api-key");
  });

  it("comes at the deadline, also where the body drips and where fetch knows no signal", async () => {
    const { client, evergrant } = startClient(() => active(), { deadlineMs: 20 });
    evergrant.instead = () => Promise.resolve(new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) })));
    expect(await failureOf(client.accessToken(connectionId))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("no answer came within 0.02 s"),
    });
    evergrant.instead = () => new Promise(() => undefined);
    expect(await failureOf(client.accessToken(connectionId))).toBeInstanceOf(EvergrantUnreachableError);
  });
});
