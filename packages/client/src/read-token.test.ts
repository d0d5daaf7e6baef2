import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Refusal, active, nobodyListens, startClient } from "../test/fake-evergrant.ts";
import { EvergrantRequestError, EvergrantUnreachableError, ReauthorizationRequiredError } from "./errors.ts";

const connectionId = "con_00000001";
const reauthorization = {
  status: "reauthorization_required",
  connectionId,
  reason: "grant_revoked",
  authorizeUrl: "https://evergrant.test/connect/x",
};

describe("in memory", () => {
  it("keeps an answer for cacheSeconds by the clock handed in, and asks again after that", async () => {
    const { client, evergrant, passSeconds } = startClient((_, number) => active({ generation: number }));
    expect(await client.accessToken(connectionId)).toBe("token-1");
    passSeconds(299);
    expect(await client.accessToken(connectionId)).toBe("token-1");
    expect(evergrant.calls).toHaveLength(1);
    passSeconds(1);
    expect(await client.accessToken(connectionId)).toBe("token-2");
    expect(evergrant.calls).toHaveLength(2);
  });

  it("asks at every call where cacheSeconds is 0", async () => {
    const { client, evergrant } = startClient((_, number) => active({ generation: number, cacheSeconds: 0 }));
    await client.accessToken(connectionId);
    expect(await client.accessToken(connectionId)).toBe("token-2");
    expect(evergrant.calls).toHaveLength(2);
  });

  it("counts a token's age from when it was asked for, and tells the spans as they are now", async () => {
    const { client, passSeconds } = startClient(() => {
      passSeconds(40);
      return active();
    });
    await client.tokens.get({ connectionId });
    passSeconds(100);
    expect(await client.tokens.get({ connectionId })).toMatchObject({ expiresInSeconds: 460, cacheSeconds: 160, stale: false });
  });

  it("judges minValiditySeconds at every look", async () => {
    const { client, evergrant, passSeconds } = startClient((_, number) => active({ generation: number }));
    await client.accessToken(connectionId);
    passSeconds(100);
    expect(await client.accessToken(connectionId, { minValiditySeconds: 500 })).toBe("token-1");
    expect(await client.accessToken(connectionId, { minValiditySeconds: 501 })).toBe("token-2");
    expect(evergrant.calls[1]?.input).toEqual({ connectionId, minValiditySeconds: 501 });
  });

  it("asks about a scope that the answer does not list, and remembers that the server affirmed it, while the list stays the same", async () => {
    const { client, evergrant, passSeconds } = startClient(() => active({ scopes: ["repo"] }));
    const calls = async (requireScopes?: string[]) => {
      await client.accessToken(connectionId, { requireScopes });
      return evergrant.calls.length;
    };
    expect(await calls(["repo"])).toBe(1);
    expect(await calls(["repo"])).toBe(1);
    expect(await calls(["public_repo"])).toBe(2);
    expect(await calls(["public_repo", "repo"])).toBe(2);

    evergrant.answer = () => active({ scopes: ["repo"], generation: 2 });
    passSeconds(301);
    expect(await calls()).toBe(3);
    expect(await calls(["public_repo"])).toBe(3);

    evergrant.answer = () => active({ scopes: ["gist"], generation: 3 });
    passSeconds(301);
    expect(await calls()).toBe(4);
    expect(await calls(["public_repo"])).toBe(5);
  });

  it("takes a refresh as no word on scopes", async () => {
    const missing = {
      status: "missing_scopes",
      connectionId,
      missingScopes: ["write"],
      grantedScopes: ["read"],
      authorizeUrl: "https://e.test/c",
    };
    const { client, evergrant } = startClient(({ input }) => (JSON.stringify(input).includes("write") ? missing : active()));
    await client.tokens.refresh({ connectionId, ifGeneration: 1 });
    await expect(client.accessToken(connectionId, { requireScopes: ["write"] })).rejects.toMatchObject({ code: "missing_scopes" });
    expect(evergrant.calls.map(({ procedure }) => procedure)).toEqual(["tokens.refresh", "tokens.get"]);
  });

  it("keeps what different questions were answered apart", async () => {
    const { client, evergrant } = startClient(({ input }) => active({ accessToken: JSON.stringify(input) }));
    const questions = [
      { connectionId },
      { connectionId, integration: "github" },
      { integration: "github", subject: "alice" },
      { integration: "github", subject: "bob" },
      { integration: "github", subject: "bob", accountId: "7" },
    ];
    for (const question of [...questions, ...questions]) {
      expect(await client.tokens.get(question)).toMatchObject({ accessToken: JSON.stringify(question) });
    }
    expect(evergrant.calls).toHaveLength(questions.length);
  });

  it("holds no more tokens than it may, the least recently used going first", async () => {
    const { client, evergrant } = startClient(({ input }) => active(Object(input)), { maxCachedTokens: 2 });
    await client.accessToken("con_aaaaaaaa");
    await client.accessToken("con_bbbbbbbb");
    await client.accessToken("con_aaaaaaaa");
    await client.accessToken("con_cccccccc");
    await client.accessToken("con_aaaaaaaa");
    expect(evergrant.calls).toHaveLength(3);
    await client.accessToken("con_bbbbbbbb");
    expect(evergrant.calls).toHaveLength(4);
  });

  it("gives each caller a copy", async () => {
    const { client } = startClient(() => active());
    for (let looks = 0; looks < 3; looks += 1) {
      const answer = await client.tokens.get({ connectionId });
      expect(answer).toMatchObject({ scopes: ["read"] });
      if (answer.status === "active") answer.scopes.push("admin");
    }
  });

  it("shows no token and no key to whoever prints the client", async () => {
    const { client } = startClient(() => active({ accessToken: "very-secret" }));
    await client.accessToken(connectionId);
    const shown = inspect(client, { depth: null, showHidden: true }) + JSON.stringify(client);
    expect(shown).not.toContain("very-secret");
    expect(shown).not.toContain("test-api-key");
  });
});

describe("callers at the same time", () => {
  it("share one request, and requests of one tick share one POST", async () => {
    const { client, evergrant } = startClient(({ input }) => active(Object(input)));
    const same = Array.from({ length: 20 }, () => client.accessToken(connectionId));
    await Promise.all([...same, client.accessToken("con_00000002"), client.accessToken(connectionId, { minValiditySeconds: 60 })]);
    expect(evergrant.requests).toHaveLength(1);
    expect(evergrant.calls.map(({ input }) => input)).toEqual([
      { connectionId },
      { connectionId: "con_00000002" },
      { connectionId, minValiditySeconds: 60 },
    ]);
  });

  it("leave without taking the request with them", async () => {
    const { client, evergrant } = startClient(() => active());
    const leaving = new AbortController();
    const left = client.accessToken(connectionId, { signal: leaving.signal });
    const stayed = client.accessToken(connectionId);
    leaving.abort(new Error("changed my mind"));
    await expect(left).rejects.toThrow("changed my mind");
    expect(await stayed).toBe("token-1");
    expect(evergrant.requests.map(({ signal }) => signal.aborted)).toEqual([false]);
  });

  it("may all leave: the answer is kept for the next", async () => {
    const { client, evergrant } = startClient(() => active());
    const left = client.accessToken(connectionId, { signal: AbortSignal.abort(new Error("gone")) });
    await expect(left).rejects.toThrow("gone");
    expect(evergrant.requests).toHaveLength(0);
    const leaving = new AbortController();
    const leaver = client.accessToken(connectionId, { signal: leaving.signal });
    leaving.abort(new Error("changed my mind"));
    await expect(leaver).rejects.toThrow("changed my mind");
    await client.accessToken(connectionId);
    expect(evergrant.calls).toHaveLength(1);
  });
});

describe("a definite answer other than active", () => {
  it("ends what was held of the connection at once, under every question", async () => {
    const { client, evergrant, passSeconds } = startClient(() => active());
    await client.tokens.get({ integration: "github", subject: "alice" });
    passSeconds(200);
    await client.accessToken(connectionId);
    evergrant.answer = () => reauthorization;
    await expect(client.accessToken(connectionId, { minValiditySeconds: 601 })).rejects.toThrow(ReauthorizationRequiredError);
    evergrant.instead = nobodyListens;
    await expect(client.accessToken(connectionId)).rejects.toThrow(EvergrantUnreachableError);
    await expect(client.tokens.get({ integration: "github", subject: "alice" })).rejects.toThrow(EvergrantUnreachableError);
  });

  it.each(["not_connected", "a refusal"])("ends it also where the answer names no connection, but the question did: %s", async (what) => {
    const { client, evergrant } = startClient(() => active());
    await client.tokens.get({ integration: "github", subject: "alice" });
    evergrant.answer = () => {
      if (what === "a refusal") throw new Refusal(404, "connectionId: there is no such connection", "unknown_connection");
      return { status: "not_connected", integration: "github", subject: "alice", authorizeUrl: "https://evergrant.test/connect/x" };
    };
    await client.tokens.get({ connectionId }).catch(() => undefined);
    evergrant.instead = nobodyListens;
    await expect(client.tokens.get({ integration: "github", subject: "alice" })).rejects.toThrow(EvergrantUnreachableError);
  });

  it("is not undone by an answer that was under way already", async () => {
    const { client, evergrant } = startClient(() => active());
    let arrive = () => undefined as void;
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    evergrant.answer = async ({ procedure }) => {
      if (procedure === "tokens.refresh") return reauthorization;
      await late;
      return active();
    };
    const slow = client.accessToken(connectionId);
    expect(await client.tokens.refresh({ connectionId, ifGeneration: 1 })).toMatchObject({ status: "reauthorization_required" });
    arrive();
    await slow;
    evergrant.answer = () => reauthorization;
    await expect(client.accessToken(connectionId)).rejects.toThrow(ReauthorizationRequiredError);
  });

  it("includes a refusal", async () => {
    const { client, evergrant } = startClient(() => active());
    await client.accessToken(connectionId);
    evergrant.answer = () => {
      throw new Refusal(404, "connectionId: there is no such connection", "unknown_connection");
    };
    await expect(client.accessToken(connectionId, { minValiditySeconds: 601 })).rejects.toThrow(EvergrantRequestError);
    evergrant.instead = nobodyListens;
    await expect(client.accessToken(connectionId)).rejects.toThrow(EvergrantUnreachableError);
  });

  it("includes a 401, which ends everything that was held", async () => {
    const { client, evergrant } = startClient(({ input }) => active(Object(input)));
    await client.accessToken("con_aaaaaaaa");
    await client.accessToken("con_bbbbbbbb");
    evergrant.answer = () => {
      throw new Refusal(401, "A valid credential is required");
    };
    await expect(client.accessToken("con_aaaaaaaa", { minValiditySeconds: 601 })).rejects.toThrow(EvergrantRequestError);
    await expect(client.accessToken("con_bbbbbbbb")).rejects.toMatchObject({ httpStatus: 401 });
  });

  it("a newer set puts an older one out of use under every question", async () => {
    const { client, evergrant } = startClient(() => active());
    await client.tokens.get({ integration: "github", subject: "alice" });
    evergrant.answer = () => active({ generation: 2 });
    await client.tokens.refresh({ connectionId, ifGeneration: 1 });
    expect(await client.tokens.get({ integration: "github", subject: "alice" })).toMatchObject({ generation: 2 });
    evergrant.answer = () => active({ generation: 1 });
    await client.tokens.get({ connectionId, minValiditySeconds: 601 });
    expect(await client.accessToken(connectionId)).toBe("token-2");
  });

  it("disconnecting and confirming forget what was held", async () => {
    const { client, evergrant } = startClient(({ procedure }) => (procedure === "connections.confirm" ? { id: connectionId } : active()));
    await client.accessToken(connectionId);
    await client.connections.confirm({ confirmation: "c", subject: "alice" });
    await client.accessToken(connectionId);
    await client.connections.disconnect({ connectionId });
    await client.accessToken(connectionId);
    expect(evergrant.calls.filter(({ procedure }) => procedure === "tokens.get")).toHaveLength(3);
  });
});

describe("while the server is away", () => {
  const away = {
    "nobody listens": nobodyListens,
    "502": () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 })),
    "503": () => Promise.resolve(new Response("", { status: 503 })),
    "504": () => Promise.resolve(Response.json({ message: "timeout" }, { status: 504 })),
    "no answer within the deadline": () => new Promise<Response>(() => undefined),
  };
  for (const [fault, instead] of Object.entries(away)) {
    it(`goes on with a valid token past cacheSeconds, until it expires: ${fault}`, async () => {
      const { client, evergrant, passSeconds } = startClient(() => active(), { deadlineMs: 20 });
      await client.accessToken(connectionId);
      evergrant.instead = instead;
      passSeconds(400);
      expect(await client.tokens.get({ connectionId })).toMatchObject({
        accessToken: "token-1",
        stale: true,
        cacheSeconds: 0,
        expiresInSeconds: 200,
      });
      passSeconds(199);
      expect(await client.accessToken(connectionId)).toBe("token-1");
      passSeconds(1);
      await expect(client.accessToken(connectionId)).rejects.toThrow(EvergrantUnreachableError);
    });
  }

  it("asks only now and then, behind the callers, and is back without a restart", async () => {
    const { client, evergrant, passSeconds } = startClient(() => active());
    await client.accessToken(connectionId);
    evergrant.instead = nobodyListens;
    passSeconds(400);
    const asked = () => evergrant.requests.filter(({ url }) => url.includes("tokens.get")).length;
    for (let calls = 0; calls < 10; calls += 1) {
      expect(await client.accessToken(connectionId)).toBe("token-1");
      // Long enough for a request to go out, had one been made.
      await client.integrations.list().catch(() => undefined);
    }
    expect(asked()).toBe(2);
    passSeconds(6);
    evergrant.instead = null;
    evergrant.answer = () => active({ generation: 2 });
    expect(await client.accessToken(connectionId)).toBe("token-1");
    await expect.poll(() => client.accessToken(connectionId)).toBe("token-2");
    evergrant.answer = () => active({ generation: 3 });
    passSeconds(301);
    expect(await client.accessToken(connectionId)).toBe("token-3");
  });

  it("does not vouch for scopes that nobody affirmed", async () => {
    const { client, evergrant } = startClient(() => active());
    await client.accessToken(connectionId);
    evergrant.instead = nobodyListens;
    expect(await client.accessToken(connectionId, { requireScopes: ["read"] })).toBe("token-1");
    await expect(client.accessToken(connectionId, { requireScopes: ["write"] })).rejects.toThrow(EvergrantUnreachableError);
  });

  it("keeps a token without a known expiry", async () => {
    const { client, evergrant, passSeconds } = startClient(() => active({ expiresAt: null, expiresInSeconds: null }));
    await client.accessToken(connectionId);
    evergrant.instead = nobodyListens;
    passSeconds(1_000_000);
    expect(await client.tokens.get({ connectionId })).toMatchObject({ accessToken: "token-1", expiresInSeconds: null, stale: true });
  });
});
