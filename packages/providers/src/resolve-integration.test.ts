import type { ConfigFault } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { type ResolveIntegrationOptions, resolveIntegration } from "./resolve-integration.ts";

const environment = { CLIENT_ID: "client-7", CLIENT_SECRET: "hush-hush", EMPTY: "", BLANK: " \n", PADDED: "hush-hush\n" };
const client = { clientId: { env: "CLIENT_ID" }, clientSecret: { env: "CLIENT_SECRET" } };

function resolve(id: string, definition: unknown, options: Partial<ResolveIntegrationOptions> = {}) {
  return resolveIntegration(id, definition, { environment, literalSecrets: "refused", ...options });
}

async function faultsOf(
  id: string,
  definition: unknown,
  options: Partial<ResolveIntegrationOptions> = {},
): Promise<readonly ConfigFault[]> {
  const resolution = await resolve(id, definition, options);
  return resolution.ok ? [] : resolution.faults;
}

async function pathsOf(id: string, definition: unknown): Promise<string[]> {
  return (await faultsOf(id, definition)).map(({ path }) => path.replace("integrations.oauth.providers.", ""));
}

async function warningsOf(
  id: string,
  definition: unknown,
  options: Partial<ResolveIntegrationOptions> = {},
): Promise<readonly ConfigFault[]> {
  const resolution = await resolve(id, definition, options);
  return resolution.ok ? resolution.warnings : resolution.faults;
}

describe("a right definition", () => {
  it("takes its provider from its id, and its scopes from the provider's defaults", async () => {
    const resolution = await resolve("github", client);
    expect(resolution.ok && resolution.integration.clientSecret?.reveal()).toBe("hush-hush");
    expect(resolution).toMatchObject({
      ok: true,
      warnings: [],
      integration: {
        id: "github",
        name: "GitHub",
        providerLabel: "github",
        server: { kind: "facts", facts: { tokenEndpoint: "https://github.com/login/oauth/access_token", pkce: "supported" } },
        clientId: "client-7",
        scopes: ["read:user", "user:email"],
        optionalScopes: [],
        allowUnlistedScopes: [],
        confirm: true,
      },
    });
  });

  it("keeps what it says itself", async () => {
    const definition = {
      ...client,
      provider: "gitlab",
      name: "Our GitLab",
      parameters: { host: "git.acme.example" },
      scopes: ["read_api", "user:42"],
      optionalScopes: ["api", "brand_new"],
      allowUnlistedScopes: ["brand_new"],
      redirectPath: "/auth/gitlab/callback",
      confirm: false,
    };
    expect(await resolve("work", definition)).toMatchObject({
      ok: true,
      integration: {
        id: "work",
        name: "Our GitLab",
        providerLabel: "gitlab",
        server: { facts: { issuer: "https://git.acme.example", account: { endpoint: "https://git.acme.example/api/v4/user" } } },
        scopes: ["read_api", "user:42"],
        optionalScopes: ["api", "brand_new"],
        redirectPath: "/auth/gitlab/callback",
        confirm: false,
      },
    });
  });

  it("has no client secret where none is given, and says so where the provider wants one", async () => {
    const resolution = await resolve("github", { clientId: "client-7" });
    expect(resolution.ok && "clientSecret" in resolution.integration).toBe(false);
    expect(await warningsOf("github", { clientId: "client-7" })).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.github", message: expect.stringContaining("public client") }),
    ]);
  });

  it("leaves an issuer to be discovered, its scopes unjudged", async () => {
    const definition = { clientId: "client-7", provider: { issuer: "https://sso.acme.example" }, scopes: ["anything"] };
    expect(await resolve("acme", definition)).toMatchObject({
      ok: true,
      integration: {
        name: "acme",
        providerLabel: "https://sso.acme.example",
        server: { kind: "issuer", issuer: "https://sso.acme.example" },
        scopes: ["anything"],
      },
    });
  });

  it("takes a description with two endpoints, and fills in the rest by RFC 6749", async () => {
    const provider = { authorizationEndpoint: "https://a.example/authorize", tokenEndpoint: "https://a.example/token" };
    expect(await resolve("acme", { ...client, provider, scopes: ["anything"] })).toMatchObject({
      ok: true,
      integration: {
        name: "acme",
        providerLabel: "inline",
        server: { facts: { clientAuthentication: "client_secret_basic", scopeSeparator: " " } },
        scopes: ["anything"],
      },
    });
  });
});

describe("scopes", () => {
  it("names integration, scope and the nearest real one", async () => {
    expect(await faultsOf("github", { ...client, scopes: ["repo", "read:usr"], optionalScopes: ["gits"] })).toEqual([
      {
        path: "integrations.oauth.providers.github.scopes[1]",
        message: 'GitHub has no scope "read:usr" (integration "github")',
        mend: expect.stringMatching(/^did you mean "read:user"/),
      },
      expect.objectContaining({
        path: "integrations.oauth.providers.github.optionalScopes[0]",
        mend: expect.stringMatching(/^did you mean "gist"/),
      }),
    ]);
  });

  it("refuses scopes for a provider that has none", async () => {
    expect(await pathsOf("notion", { ...client, scopes: ["read"], allowUnlistedScopes: ["read"] })).toEqual([
      "notion.scopes",
      "notion.allowUnlistedScopes",
    ]);
    expect(await pathsOf("notion", client)).toEqual([]);
  });

  it("refuses one scope in both lists, in whichever spelling", async () => {
    expect(
      await pathsOf("google", { ...client, scopes: ["email"], optionalScopes: ["https://www.googleapis.com/auth/userinfo.email"] }),
    ).toEqual(["google.optionalScopes[0]"]);
  });

  it("judges the scopes of a description by the description", async () => {
    const provider = {
      authorizationEndpoint: "https://a.example/authorize",
      tokenEndpoint: "https://a.example/token",
      scopes: { read: {} },
    };
    expect(await pathsOf("acme", { ...client, provider, scopes: ["read", "raed"] })).toEqual(["acme.scopes[1]"]);
  });

  it("warns of an allowance that is not needed", async () => {
    const warnings = await warningsOf("github", { ...client, scopes: ["repo"], allowUnlistedScopes: ["repo", "brand:new"] });
    expect(warnings.map(({ path }) => path.replace(/^.*allow/, "allow"))).toEqual(["allowUnlistedScopes[0]", "allowUnlistedScopes[1]"]);
  });
});

describe("client id and secret", () => {
  it("names the variable that is missing or empty", async () => {
    expect(await faultsOf("github", { clientId: { env: "NOBODY_SET_ME" }, clientSecret: { env: "EMPTY" } })).toEqual([
      {
        path: "integrations.oauth.providers.github.clientId",
        message: "the environment variable NOBODY_SET_ME is not set",
        mend: "set NOBODY_SET_ME where Evergrant runs",
      },
      {
        path: "integrations.oauth.providers.github.clientSecret",
        message: "the environment variable EMPTY is empty",
        mend: "give EMPTY a value",
      },
    ]);
    expect(await pathsOf("github", { ...client, clientSecret: { env: "BLANK" } })).toEqual(["github.clientSecret"]);
    expect(await pathsOf("github", { ...client, clientSecret: { env: "constructor" } })).toEqual(["github.clientSecret"]);
  });

  it("warns of white space around a value, and sends it as it is", async () => {
    const resolution = await resolve("github", { ...client, clientSecret: { env: "PADDED" } });
    expect(resolution.ok && resolution.integration.clientSecret?.reveal()).toBe("hush-hush\n");
    expect(resolution).toMatchObject({
      ok: true,
      warnings: [{ message: expect.stringContaining("PADDED") }],
    });
  });

  it("refuses a secret in the config outside development, warns of it in development, and takes it from config.put", async () => {
    const definition = { clientId: "client-7", clientSecret: "hush-hush" };
    expect(await faultsOf("github", definition)).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.github.clientSecret", mend: expect.stringContaining('env("NAME")') }),
    ]);
    expect(await warningsOf("github", definition, { literalSecrets: "warned_of" })).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.github.clientSecret" }),
    ]);
    expect(await warningsOf("github", definition, { literalSecrets: "accepted" })).toEqual([]);
  });

  it("does not warn of the sandbox's secret, which is none", async () => {
    const definition = { parameters: { port: "4010" }, clientId: "evergrant", clientSecret: "hush-hush" };
    expect(await warningsOf("sandbox", definition, { literalSecrets: "warned_of" })).toEqual([]);
  });
});

describe("a wrong definition", () => {
  it("is told where its provider was meant to be another one", async () => {
    expect(await faultsOf("githb", client)).toEqual([
      {
        path: "integrations.oauth.providers.githb",
        message: 'no provider has the id "githb"',
        mend: expect.stringMatching(/^did you mean "github"/),
      },
    ]);
    expect(await pathsOf("mine", { ...client, provider: "constructor" })).toEqual(["mine.provider"]);
  });

  it("speaks of the kind of provider that was meant", async () => {
    expect(await faultsOf("a", { ...client, provider: { isuer: "https://sso.acme.example" } })).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.a.provider.issuer", message: "is missing" }),
      expect.objectContaining({ path: "integrations.oauth.providers.a.provider.isuer", mend: 'did you mean "issuer"?' }),
    ]);
    expect(
      await pathsOf("a", {
        ...client,
        provider: { authorizationEndpont: "https://a.example/authorize", tokenEndpoint: "nowhere", pkce: "yes" },
      }),
    ).toEqual(["a.provider.authorizationEndpoint", "a.provider.tokenEndpoint", "a.provider.pkce", "a.provider.authorizationEndpont"]);
    expect(await faultsOf("a", { ...client, provider: 7 })).toEqual([
      expect.objectContaining({
        path: "integrations.oauth.providers.a.provider",
        message: "must be a string or an object, but is a number",
      }),
    ]);
  });

  it("hides no fault behind another", async () => {
    const definition = {
      clientId: 7,
      clientSecret: { env: "EMPTY" },
      scops: ["repo"],
      scopes: ["read:usr", "repo"],
      optionalScopes: "repo",
      redirectPath: "/trpc/callback",
      confirm: "yes",
      parameters: { host: "x" },
    };
    expect((await pathsOf("github", definition)).toSorted()).toEqual(
      [
        "github.clientId",
        "github.clientSecret",
        "github.confirm",
        "github.optionalScopes",
        "github.parameters.host",
        "github.redirectPath",
        "github.scopes[0]",
        "github.scops",
      ].toSorted(),
    );
  });

  it("does not ask for a parameter that is there and wrong", async () => {
    expect(await pathsOf("gitlab", { ...client, parameters: { host: 7 } })).toEqual(["gitlab.parameters.host"]);
  });

  it("may not be anything but an object, nor have any id", async () => {
    for (const definition of [null, undefined, "github", 7, []]) expect(await pathsOf("github", definition)).toEqual(["github"]);
    expect(await faultsOf("Git Hub", { ...client, provider: "github" })).toEqual([
      expect.objectContaining({ path: 'integrations.oauth.providers["Git Hub"]', message: "must be 1 to 64 of a-z, 0-9 and -" }),
    ]);
  });

  it("refuses URL parameters for an issuer, and a form that is no regular expression", async () => {
    expect(await pathsOf("a", { ...client, provider: { issuer: "https://sso.acme.example" }, parameters: { realm: "main" } })).toEqual([
      "a.parameters.realm",
    ]);
    const provider = {
      authorizationEndpoint: "https://a.example/authorize",
      tokenEndpoint: "https://a.example/token",
      openTo: [{ source: "(" }],
    };
    expect(await pathsOf("a", { ...client, provider, scopes: ["x"] })).toEqual(["a.provider.openTo[0].source"]);
  });

  it.each(["/trpc", "/connect/x", "/oauth/callback/github", "/healthz", "/readyz", "/a//b", "/a/../trpc", "/./trpc", "//evil.example/x"])(
    "may not take its responses at %s",
    async (redirectPath) => {
      expect(await pathsOf("github", { ...client, redirectPath })).toEqual(["github.redirectPath"]);
    },
  );

  it("stands where config.put says that it stands", async () => {
    expect(await faultsOf("github", { ...client, scopes: ["read:usr"] }, { path: "definition" })).toEqual([
      expect.objectContaining({ path: "definition.scopes[0]" }),
    ]);
  });

  it("says nothing of the values that it holds", async () => {
    const secrets = [
      { clientId: { env: "hush-hush" }, clientSecret: { env: "hush hush" } },
      { clientId: ["hush-hush"], clientSecret: { secret: "hush-hush" } },
      { clientId: "", clientSecret: "hush-hush" },
      { ...client, clientSecret: "hush-hush", provider: { issuer: "hush-hush" } },
      { ...client, parameters: { host: "hush-hush@" }, redirectPath: "hush-hush" },
      { ...client, name: { "": "hush-hush" }, confirm: "hush-hush" },
    ];
    for (const definition of secrets) {
      const faults = await faultsOf("github", definition);
      expect(faults).not.toEqual([]);
      expect(JSON.stringify(faults)).not.toContain("hush");
    }
  });
});
