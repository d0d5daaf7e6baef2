import { expect, it } from "vitest";
import type { GuardedInit } from "../src/guarded-fetch.ts";
import { sandboxIntegration, start, withStatus } from "./start.ts";

/** What was sent to a token endpoint. */
type Sent = GuardedInit & { readonly url: string };

/** A way out that keeps what goes by it. */
function spyOn(sent: Sent[]) {
  return async (url: string, init: GuardedInit) => {
    sent.push({ ...init, url });
    return fetch(url, { ...init, redirect: "manual" });
  };
}

it("a client id and secret of any characters are form-encoded for Basic (RFC 6749 §2.3.1), and in no URL", async () => {
  const sent: Sent[] = [];
  const [clientId, clientSecret] = ["an id+%:/?", "a+b%2F c:d&=?"];
  await using evergrant = await start({
    sandbox: { clients: [{ clientId, clientSecret, redirectUris: ["http://127.0.0.1:4000/oauth/callback/other"] }] },
    app: { fetch: spyOn(sent) },
  });
  const connectionId = await evergrant.connect("alice");
  evergrant.clock.advance(3_600_000);
  withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  const grants = sent.filter(({ body }) => body?.includes("grant_type="));
  expect(grants).toHaveLength(2);
  const encoded = (text: string) => new URLSearchParams({ text }).toString().slice("text=".length);
  for (const { headers, body } of grants) {
    expect(headers["authorization"]).toBe(`Basic ${btoa(`${encoded(clientId)}:${encoded(clientSecret)}`)}`);
    expect(body).not.toContain("client_secret");
  }
  expect(sent.filter(({ url }) => decodeURIComponent(url).includes(clientSecret))).toEqual([]);
});

it("where a server wants Basic without form-encoding, a secret that is not ASCII is sent in UTF-8 (RFC 7617)", async () => {
  const sent: Sent[] = [];
  const provider = (sandbox: { issuer: string }) => ({
    authorizationEndpoint: `${sandbox.issuer}/auth`,
    tokenEndpoint: `${sandbox.issuer}/token`,
    clientAuthentication: "client_secret_basic_raw" as const,
  });
  await using evergrant = await start({
    app: { fetch: spyOn(sent) },
    config: (sandbox) => ({
      providers: {
        raw: {
          provider: provider(sandbox),
          clientId: sandbox.client.clientId,
          clientSecret: "€:%+ü",
          scopes: ["notes:read"],
          allowUnlistedScopes: ["notes:read"],
        },
      },
    }),
  });
  const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "raw", subject: "alice" });
  await evergrant.browser().open(authorizeUrl);
  const grant = sent.find(({ body }) => body?.includes("grant_type="));
  const { clientId } = evergrant.sandbox.client;
  expect(Buffer.from(grant?.headers["authorization"]?.slice("Basic ".length) ?? "", "base64").toString()).toBe(`${clientId}:€:%+ü`);
});

it("a refresh asks for no scope that was not granted, whatever the integration has come to ask for (RFC 6749 §6)", async () => {
  const sent: Sent[] = [];
  await using evergrant = await start({
    app: { fetch: spyOn(sent) },
    config: (sandbox) => ({
      providers: { sandbox: { ...sandboxIntegration(sandbox), scopes: ["notes:read", "notes:write"], optionalScopes: [] } },
    }),
  });
  evergrant.sandbox.faults.add({ on: "authorization", kind: "fewer-scopes", scopes: ["notes:read", "offline_access"] });
  const connectionId = await evergrant.connect("alice");
  evergrant.clock.advance(3_600_000);
  expect(withStatus("active", await evergrant.api.tokens.get.query({ connectionId })).scopes).not.toContain("notes:write");
  const refresh = sent.filter(({ body }) => body?.includes("grant_type=refresh_token"));
  expect(refresh).toHaveLength(1);
  expect(new URLSearchParams(refresh[0]?.body).get("scope") ?? "").not.toContain("notes:write");
});
