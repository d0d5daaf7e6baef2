import { type Config, defineConfig, env } from "@evergrant/providers";
import type { TokenAnswer } from "@evergrant/schema";
import { describe, expectTypeOf, it } from "vitest";
import type { EvergrantClient } from "./client.ts";
import { createClient } from "./create-client.ts";
import type { IntegrationIdOf, ScopeOf, ScopesByIntegration, ScopesOf } from "./typed-config.ts";

const client = { clientId: env("ID"), clientSecret: env("SECRET") };
const config = defineConfig({
  integrations: {
    oauth: {
      providers: {
        github: { ...client, scopes: ["read:user"], optionalScopes: ["repo"] },
        mail: { ...client, provider: "google", scopes: ["https://www.googleapis.com/auth/gmail.readonly"] },
        notion: client,
        acme: { ...client, provider: { issuer: "https://sso.acme.dev" }, scopes: ["whatever"] },
      },
    },
  },
});
const evergrant = createClient<typeof config>({ url: "https://evergrant.test", apiKey: "k" });
const connectionId = "con_00000001";

describe("typeof config", () => {
  it("tells ids and scopes, as Config itself holds them", () => {
    type Told = typeof config extends Config<infer Scopes extends ScopesByIntegration> ? Scopes : never;
    expectTypeOf<ScopesOf<typeof config>>().toEqualTypeOf<Told>();
    expectTypeOf<IntegrationIdOf<ScopesOf<typeof config>>>().toEqualTypeOf<"github" | "mail" | "notion" | "acme">();
    expectTypeOf<ScopeOf<ScopesOf<typeof config>, "github">>().toEqualTypeOf<"read:user" | "repo">();
    expectTypeOf<ScopeOf<ScopesOf<typeof config>, "notion">>().toEqualTypeOf<never>();
  });

  it("tells nothing where there is none, or one that was never typed", () => {
    expectTypeOf<ScopesOf<object>>().toEqualTypeOf<ScopesByIntegration>();
    expectTypeOf<ScopesOf<Config>>().toEqualTypeOf<ScopesByIntegration>();
    expectTypeOf<ScopesOf<{ integrations: object }>>().toEqualTypeOf<ScopesByIntegration>();
    expectTypeOf(createClient({ url: "https://evergrant.test", apiKey: "k" })).toEqualTypeOf<EvergrantClient>();
  });
});

describe("integration ids", () => {
  it("are those of the config", () => {
    expectTypeOf(evergrant.connections.authorize).toBeCallableWith({ integration: "github", subject: "alice" });
    // @ts-expect-error no such integration
    void evergrant.connections.authorize({ integration: "githb", subject: "alice" });
    // @ts-expect-error no such integration
    void evergrant.connections.list({ integration: "githb" });
    // @ts-expect-error no such integration
    void evergrant.scopes.list({ integration: "githb" });
    // @ts-expect-error no such integration
    void evergrant.tokens.get({ integration: "githb", subject: "alice" });
    // Integrations put at run time are in no config.
    void evergrant.config.get({ integration: "put-at-run-time" });
  });
});

describe("scopes", () => {
  it("are those that the integration declares, optional ones included", () => {
    const asked = evergrant.connections.authorize({ integration: "github", subject: "alice", scopes: ["read:user", "repo"] });
    expectTypeOf(asked).resolves.toEqualTypeOf<{ authorizeUrl: string; expiresAt: string }>();
    void evergrant.tokens.get({ integration: "github", subject: "alice", requireScopes: ["repo"] });
    void evergrant.tokens.get({ connectionId, integration: "mail", requireScopes: ["https://www.googleapis.com/auth/gmail.readonly"] });
    // @ts-expect-error declared by the provider, and not by this integration
    void evergrant.connections.authorize({ integration: "github", subject: "alice", scopes: ["gist"] });
    // @ts-expect-error another integration's
    void evergrant.tokens.get({ integration: "mail", subject: "alice", requireScopes: ["repo"] });
    // @ts-expect-error another integration's
    void evergrant.tokens.get({ connectionId, integration: "mail", requireScopes: ["repo"] });
    // @ts-expect-error this one has none
    void evergrant.tokens.get({ integration: "notion", subject: "alice", requireScopes: ["repo"] });
  });

  it("are the union of all where a connection stands alone", () => {
    const withoutAcme = createClient<Config<{ github: "read:user" | "repo"; mail: "send" }>>({
      url: "https://evergrant.test",
      apiKey: "k",
    });
    expectTypeOf(withoutAcme.tokens.get({ connectionId, requireScopes: ["repo", "send"] })).resolves.toEqualTypeOf<TokenAnswer>();
    void withoutAcme.accessToken(connectionId, { requireScopes: ["repo", "send"] });
    void withoutAcme.fetch(connectionId, { requireScopes: ["repo", "send"] });
    // @ts-expect-error nobody's
    void withoutAcme.tokens.get({ connectionId, requireScopes: ["rep"] });
    // @ts-expect-error nobody's
    void withoutAcme.accessToken(connectionId, { requireScopes: ["rep"] });
    // @ts-expect-error nobody's
    void withoutAcme.fetch(connectionId, { requireScopes: ["rep"] });
    // @ts-expect-error another integration's
    void withoutAcme.fetch(connectionId, { integration: "mail", requireScopes: ["repo"] });
    // @ts-expect-error another integration's
    void withoutAcme.accessToken(connectionId, { integration: "mail", requireScopes: ["repo"] });
  });

  it("may be readonly lists, and are any strings where the config names them so", () => {
    const scopes = ["repo"] as const;
    expectTypeOf(
      evergrant.tokens.get({ integration: "github", subject: "alice", requireScopes: scopes }),
    ).resolves.toEqualTypeOf<TokenAnswer>();
    const untyped = createClient({ url: "https://evergrant.test", apiKey: "k" });
    void untyped.tokens.get({ integration: "anything", subject: "alice", requireScopes: ["anything"] });
  });
});

describe("a question", () => {
  it("names a connection, or an integration and a subject, and never both", () => {
    expectTypeOf(evergrant.tokens.get({ connectionId })).resolves.toEqualTypeOf<TokenAnswer>();
    // @ts-expect-error whose?
    void evergrant.tokens.get({ integration: "github" });
    // @ts-expect-error which of the two?
    void evergrant.tokens.get({ connectionId, subject: "alice" });
    // @ts-expect-error a misspelled wish
    void evergrant.tokens.get({ connectionId, requiredScopes: ["repo"] });
  });

  it("is answered by the closed set of the schema, and accessToken by a string", () => {
    expectTypeOf(evergrant.tokens.get).returns.resolves.toEqualTypeOf<TokenAnswer>();
    expectTypeOf(evergrant.accessToken).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(evergrant.fetch(connectionId)).toEqualTypeOf<typeof fetch>();
  });
});

describe("a client", () => {
  it("has an API key or a session, and never both or none", () => {
    const session = () => Promise.resolve({ sessionToken: "s", expiresAt: "2030-01-01T00:00:00.000Z" });
    expectTypeOf(createClient({ url: "https://evergrant.test", apiKey: () => "k" })).toEqualTypeOf<EvergrantClient>();
    expectTypeOf(createClient({ url: "https://evergrant.test", session })).toEqualTypeOf<EvergrantClient>();
    // @ts-expect-error none
    void (() => createClient({ url: "https://evergrant.test" }));
    // @ts-expect-error both
    void (() => createClient({ url: "https://evergrant.test", apiKey: "k", session }));
  });
});
