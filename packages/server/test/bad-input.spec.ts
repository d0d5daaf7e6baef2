import { describe, expect, it } from "vitest";
import type { StoreError } from "../src/store-error.ts";
import { connections } from "../src/tables.ts";
import { reachCallback } from "./flow.ts";
import { present, start } from "./start.ts";

describe("names that a database would make one", () => {
  it.each([
    ["a NUL, at which SQLite's readers stop", "alice\u0000x"],
    ["half of a surrogate pair", "alice\ud800"],
  ])("are refused before they make a session, a link or a connection: %s", async (_what, subject) => {
    await using evergrant = await start();
    const { api } = evergrant;
    const refused = { data: { code: "BAD_REQUEST" }, message: expect.stringMatching(/subject: must hold no NUL/) };
    await expect(api.sessions.create.mutate({ subject })).rejects.toMatchObject(refused);
    await expect(api.connections.authorize.mutate({ integration: "sandbox", subject })).rejects.toMatchObject(refused);
    await expect(api.tokens.get.query({ integration: "sandbox", subject })).rejects.toMatchObject({ data: { code: "BAD_REQUEST" } });
    await expect(api.apiKeys.create.mutate({ name: subject, permissions: ["tokens:read"] })).rejects.toMatchObject({
      data: { code: "BAD_REQUEST" },
    });
  });

  it("do not pass the door of the database either", async () => {
    await using evergrant = await start();
    const written = evergrant.database.orm.update(connections).set({ subject: "alice\u0000x" });
    await expect(written).rejects.toMatchObject({ code: "store_failed" } satisfies Partial<StoreError>);
  });
});

describe("a provider that answers nonsense", () => {
  const answering = (metadata: unknown) => async (url: string) =>
    Response.json(url.endsWith("/.well-known/openid-configuration") ? metadata : {}, { status: 200 });

  it.each([
    ["an issuer that is no URL", { issuer: "nonsense" }],
    ["an endpoint that is none", { issuer: "https://issuer.test", authorization_endpoint: "x", token_endpoint: "https://issuer.test/t" }],
    [
      "a word where it says whether it names itself in its answers",
      {
        issuer: "https://issuer.test",
        authorization_endpoint: "https://issuer.test/a",
        token_endpoint: "https://issuer.test/t",
        authorization_response_iss_parameter_supported: "true",
      },
    ],
  ])("in its metadata is an integration that is unavailable, and no fault of ours: %s", async (_what, metadata) => {
    await using evergrant = await start({
      config: () => ({ providers: { acme: { provider: { issuer: "https://issuer.test" }, clientId: "x", scopes: ["openid"] } } }),
      app: { fetch: answering(metadata) },
    });
    await expect(evergrant.api.scopes.list.query({ integration: "acme" })).rejects.toMatchObject({
      data: { httpStatus: 503, reason: "integration_unavailable" },
    });
  });

  it("with a header field hidden in its token type does not get it sent", async () => {
    await using evergrant = await start({
      config: () => ({
        providers: {
          acme: {
            provider: { authorizationEndpoint: "https://as.test/authorize", tokenEndpoint: "https://as.test/token" },
            clientId: "x",
            scopes: ["read"],
          },
        },
      }),
      app: { fetch: async () => Response.json({ access_token: "token", token_type: "Bearer x\r\ncookie: y=z", expires_in: 3_600 }) },
    });
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "acme", subject: "alice" });
    const opened = await evergrant.app.request(authorizeUrl);
    const state = new URL(present(opened.headers.get("location"))).searchParams.get("state");
    const cookie = present(opened.headers.getSetCookie()[0]);
    await evergrant.app.request(`/oauth/callback/acme?code=x&state=${state}`, { headers: { cookie } });
    expect(await evergrant.api.tokens.get.query({ integration: "acme", subject: "alice" })).toMatchObject({
      status: "active",
      tokenType: "Bearer",
    });
  });
});

it("a form posted to a path with a line break in it is sent on to that path, not answered with 500", async () => {
  await using evergrant = await start();
  const { callback } = await reachCallback(evergrant);
  const path = "/oauth/callback/a%0D%0Aset-cookie:%20x=y";
  const response = await evergrant.app.request(path, { method: "POST", body: callback.searchParams });
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toContain(path);
  expect(response.headers.get("set-cookie")).toBeNull();
});
