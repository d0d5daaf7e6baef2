import type { ConfigFault } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { defineConfig } from "./define-config.ts";
import { env } from "./env.ts";
import { type ResolveConfigOptions, resolveConfig } from "./resolve-config.ts";

const environment = { CLIENT_ID: "client-7", CLIENT_SECRET: "hush-hush" };
const client = { clientId: env("CLIENT_ID"), clientSecret: env("CLIENT_SECRET") };

function resolve(input: unknown, options: Partial<ResolveConfigOptions> = {}) {
  return resolveConfig(input, { environment, development: false, ...options });
}

function withProviders(providers: Record<string, unknown>): object {
  return { publicUrl: "https://evergrant.example.com", integrations: { oauth: { providers } } };
}

async function faultsOf(input: unknown, options: Partial<ResolveConfigOptions> = {}): Promise<readonly ConfigFault[]> {
  const resolution = await resolve(input, options);
  return resolution.ok ? [] : resolution.faults;
}

async function publicUrlOf(input: object, options: Partial<ResolveConfigOptions> = {}): Promise<string | null> {
  const resolution = await resolve({ integrations: { oauth: { providers: {} } }, ...input }, options);
  return resolution.ok ? resolution.config.publicUrl : null;
}

describe("a right config", () => {
  it("resolves as it was defined, in its order", async () => {
    const config = defineConfig({
      publicUrl: "https://evergrant.example.com/oauth-broker/",
      returnOrigins: ["https://app.example.com"],
      allowedOrigins: ["https://app.example.com"],
      integrations: {
        oauth: {
          providers: {
            slack: { ...client, scopes: ["users:read"], optionalScopes: ["chat:write"] },
            "google-calendar": { ...client, provider: "google", scopes: ["https://www.googleapis.com/auth/calendar.readonly"] },
            acme: { ...client, provider: { issuer: "https://sso.acme.example" } },
          },
          refresh: { marginSeconds: 120 },
        },
      },
    });
    const resolution = await resolve(config);
    expect(resolution).toMatchObject({
      ok: true,
      warnings: [],
      config: {
        publicUrl: "https://evergrant.example.com/oauth-broker",
        returnOrigins: ["https://app.example.com"],
        allowedOrigins: ["https://app.example.com"],
        refresh: { marginSeconds: 120, jitterSeconds: 60 },
      },
    });
    expect(resolution.ok && [...resolution.config.integrations.keys()]).toEqual(["slack", "google-calendar", "acme"]);
    expect(resolution.ok && resolution.config.integrations.get("google-calendar")?.name).toBe("Google");
  });

  it("is the same from JSON", async () => {
    const input = withProviders({ github: client });
    expect(await resolve(JSON.parse(JSON.stringify({ $schema: "./schema.json", ...input })))).toEqual(await resolve(input));
  });

  it("has settings for all that was left out", async () => {
    expect(await resolve(withProviders({}))).toEqual({
      ok: true,
      warnings: [],
      config: {
        publicUrl: "https://evergrant.example.com",
        returnOrigins: [],
        allowedOrigins: [],
        privateHosts: [],
        refresh: { marginSeconds: 300, jitterSeconds: 60 },
        audit: { reads: "aggregated" },
        retention: { auditDays: 400, eventsDays: 30, deliveriesDays: 14, expiredDays: 1 },
        integrations: new Map(),
      },
    });
  });
});

describe("publicUrl", () => {
  it("is the environment's before the file's, and in development may be neither's", async () => {
    expect(await publicUrlOf({ publicUrl: "https://file.example" })).toBe("https://file.example");
    expect(await publicUrlOf({ publicUrl: "https://file.example" }, { publicUrl: "https://environment.example/" })).toBe(
      "https://environment.example",
    );
    expect(await publicUrlOf({}, { development: true })).toBe("http://127.0.0.1:4000");
    expect(await publicUrlOf({}, { development: true, developmentUrl: "http://127.0.0.1:4321" })).toBe("http://127.0.0.1:4321");
    expect(await publicUrlOf({ publicUrl: "https://file.example" }, { development: true })).toBe("https://file.example");
  });

  it.each([
    ["HTTPS://Example.COM/Path/", "https://example.com/Path"],
    [" https://example.com\n", "https://example.com"],
    ["https://example.com:443", "https://example.com"],
    ["https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"],
    ["https://example.com/a/../b//", "https://example.com/b"],
    ["http://127.1:4000", "http://127.0.0.1:4000"],
    ["http://[0:0::1]:4000/x", "http://[::1]:4000/x"],
  ])("%j is spelled as browsers spell it", async (written, spelled) => {
    expect(await publicUrlOf({ publicUrl: written })).toBe(spelled);
    expect(await publicUrlOf({}, { publicUrl: written })).toBe(spelled);
  });

  it("is missed once outside development, and refused where it could not be used", async () => {
    const nothing = { integrations: { oauth: { providers: {} } } };
    expect(await faultsOf(nothing)).toEqual([
      expect.objectContaining({ path: "publicUrl", mend: expect.stringContaining("EVERGRANT_PUBLIC_URL") }),
    ]);
    expect(await faultsOf({ ...nothing, publicUrl: 7 })).toHaveLength(1);
    expect(await faultsOf({ ...nothing, publicUrl: "http://evergrant.example.com" })).toEqual([
      {
        path: "publicUrl",
        message: "must be an absolute https URL without query (http only for a loopback host)",
        mend: "write something like https://evergrant.example.com",
      },
    ]);
    expect(await faultsOf(nothing, { publicUrl: "https://user:hush-hush@evergrant.example.com" })).toEqual([
      expect.objectContaining({ path: "publicUrl" }),
    ]);
  });
});

describe("a wrong config", () => {
  it("has all its faults listed at once, each with path and mend", async () => {
    const input = {
      publicUrl: "evergrant.example.com",
      returnOrigins: ["https://app.example.com/", "https://ok.example"],
      alowedOrigins: [],
      integrations: {
        oauth: {
          providers: {
            githb: client,
            github: { ...client, scopes: ["repo", "read:usr"] },
            slack: { clientId: env("NOBODY_SET_ME"), clientSecret: "hush-hush" },
            google: { ...client, provider: { issuer: "http://sso.acme.example" } },
            "Not An Id": { ...client, provider: "linear" },
            gitlab: client,
          },
          refresh: { marginSeconds: -1 },
        },
      },
    };
    const faults = await faultsOf(input);
    expect(faults.map(({ path }) => path).toSorted()).toEqual(
      [
        "alowedOrigins",
        "integrations.oauth.providers.githb",
        "integrations.oauth.providers.github.scopes[1]",
        "integrations.oauth.providers.gitlab.parameters",
        "integrations.oauth.providers.google.provider.issuer",
        'integrations.oauth.providers["Not An Id"]',
        "integrations.oauth.providers.slack.clientId",
        "integrations.oauth.providers.slack.clientSecret",
        "integrations.oauth.refresh.marginSeconds",
        "publicUrl",
        "returnOrigins[0]",
      ].toSorted(),
    );
    for (const { message, mend } of faults) expect([message.length > 5, mend.length > 5]).toEqual([true, true]);
    expect(JSON.stringify(faults)).not.toContain("hush");
    expect(faults.find(({ path }) => path === "alowedOrigins")?.mend).toBe('did you mean "allowedOrigins"?');
  });

  it.each([undefined, null, 7, "config", [], {}, { integrations: {} }, { integrations: { oauth: { providers: [] } } }])(
    "%j is one",
    async (input) => {
      const faults = await faultsOf(input, { publicUrl: "https://evergrant.example.com" });
      expect(faults).toHaveLength(1);
      expect(faults[0]?.mend).not.toBe("");
    },
  );

  it("lets two integrations share a redirect path only where their authorization server is one", async () => {
    const redirectPath = "/auth/callback";
    const shared = { ...client, redirectPath };
    expect(await faultsOf(withProviders({ google: shared, "google-calendar": { ...shared, provider: "google" } }))).toEqual([]);
    expect(
      await faultsOf(withProviders({ google: shared, again: { ...shared, provider: { issuer: "https://accounts.google.com" } } })),
    ).toEqual([]);
    expect(await faultsOf(withProviders({ google: shared, slack: shared, linear: { ...shared, redirectPath: "/auth/linear" } }))).toEqual([
      expect.objectContaining({ path: "integrations.oauth.providers.slack.redirectPath", message: expect.stringContaining('"google"') }),
    ]);
  });

  it("is not saved by development, save for secrets and publicUrl", async () => {
    const input = {
      integrations: { oauth: { providers: { github: { clientId: "client-7", clientSecret: "hush-hush", scopes: ["read:usr"] } } } },
    };
    expect((await faultsOf(input, { development: true })).map(({ path }) => path)).toEqual([
      "integrations.oauth.providers.github.scopes[0]",
    ]);
  });

  it("does not judge by the catalogue where other providers are handed in", async () => {
    const resolution = await resolve(withProviders({ github: client }), { load: () => Promise.resolve(undefined) });
    expect(resolution).toMatchObject({ ok: false, faults: [{ path: "integrations.oauth.providers.github" }] });
  });
});
