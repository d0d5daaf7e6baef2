import type { IntegrationInput } from "@evergrant/schema";
import { describe, expectTypeOf, it } from "vitest";
import type { Config } from "./define-config.ts";
import { defineConfig } from "./define-config.ts";
import { env } from "./env.ts";

const client = { clientId: env("CLIENT_ID"), clientSecret: env("CLIENT_SECRET") };

type DeclaredIn<C> = C extends Config<infer Scopes> ? Scopes : never;
type ScopesOf<C, Id extends keyof DeclaredIn<C>> = DeclaredIn<C>[Id];

describe("a right config", () => {
  const config = defineConfig({
    publicUrl: "https://evergrant.example.com",
    returnOrigins: ["https://app.example.com"],
    integrations: {
      oauth: {
        providers: {
          github: { ...client, scopes: ["read:user"], optionalScopes: ["repo"] },
          "google-calendar": { ...client, provider: "google", scopes: ["https://www.googleapis.com/auth/calendar.readonly"] },
          gitlab: { ...client, parameters: { host: "gitlab.com" }, scopes: ["read_user", "user:42"] },
          microsoft: { ...client, parameters: { tenant: "common" }, scopes: ["User.Read", "api://books/read"] },
          slack: { ...client, scopes: ["users:read", "brand.new:read"], allowUnlistedScopes: ["brand.new:read"] },
          discord: { clientId: "literal", name: "Discord", redirectPath: "/auth/discord", confirm: false },
          linear: { ...client, optionalScopes: ["write"] },
          notion: client,
          acme: { provider: { issuer: "https://sso.acme.example" }, clientId: "evergrant", scopes: ["openid"] },
          inline: {
            provider: {
              authorizationEndpoint: "https://a.example/authorize",
              tokenEndpoint: "https://a.example/{realm}/token",
              urlParameters: ["realm"],
            },
            parameters: { realm: "main" },
            clientId: "evergrant",
            scopes: ["anything"],
          },
        },
        refresh: { marginSeconds: 300 },
      },
    },
  });

  it("declares what it names, required or optional", () => {
    expectTypeOf<ScopesOf<typeof config, "github">>().toEqualTypeOf<"read:user" | "repo">();
    expectTypeOf<ScopesOf<typeof config, "gitlab">>().toEqualTypeOf<"read_user" | "user:42">();
    expectTypeOf<ScopesOf<typeof config, "slack">>().toEqualTypeOf<"users:read" | "brand.new:read">();
    expectTypeOf<ScopesOf<typeof config, "acme">>().toEqualTypeOf<"openid">();
  });

  it("declares the provider's defaults where it names none", () => {
    expectTypeOf<ScopesOf<typeof config, "discord">>().toEqualTypeOf<"identify">();
    expectTypeOf<ScopesOf<typeof config, "linear">>().toEqualTypeOf<"read" | "write">();
    expectTypeOf<ScopesOf<typeof config, "notion">>().toEqualTypeOf<never>();
  });

  it("has the integrations' ids and no client id or secret in its type", () => {
    expectTypeOf<keyof DeclaredIn<typeof config>>().toEqualTypeOf<
      "github" | "google-calendar" | "gitlab" | "microsoft" | "slack" | "discord" | "linear" | "notion" | "acme" | "inline"
    >();
    expectTypeOf<Exclude<keyof typeof config, symbol>>().toEqualTypeOf<"integrations">();
    expectTypeOf<(typeof config)["integrations"]>().toEqualTypeOf<object>();
  });

  it("is a config to whoever asks for any", () => {
    expectTypeOf(config).toExtend<Config>();
  });
});

// Each of these is one error, on the line of the wrong word: an error elsewhere would fail the compilation, and none would too.
describe("a wrong config", () => {
  it("names a scope that the provider does not have", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            github: {
              ...client,
              // @ts-expect-error: it is read:user
              scopes: ["read:usr"],
            },
            "google-calendar": {
              ...client,
              provider: "google",
              scopes: [
                "openid",
                // @ts-expect-error: it is calendar.readonly
                "https://www.googleapis.com/auth/calendar.readonyl",
                // @ts-expect-error: a scope of GitHub
                "repo",
              ],
            },
            slack: {
              ...client,
              // @ts-expect-error: optional scopes are checked too
              optionalScopes: ["users:raed"],
            },
            gitlab: {
              ...client,
              parameters: { host: "gitlab.com" },
              // @ts-expect-error: only scopes that begin with user: are the tenants' own
              scopes: ["usr:42"],
            },
            discord: {
              ...client,
              allowUnlistedScopes: ["brand.new"],
              // @ts-expect-error: allowing one scope allows no other
              scopes: ["identify", "brand.old"],
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("names scopes for a provider that has none", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            notion: {
              ...client,
              // @ts-expect-error: Notion has no scopes
              scopes: ["read"],
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("names a provider that there is not", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            // @ts-expect-error: it is github
            githb: client,
            calendar: {
              ...client,
              // @ts-expect-error: it is google
              provider: "gogle",
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("gives too few parameters, wrong ones, or some that nobody wants", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            // @ts-expect-error: which tenant?
            microsoft: client,
            gitlab: {
              ...client,
              parameters: {
                // @ts-expect-error: it is host
                hots: "gitlab.com",
              },
            },
            github: {
              ...client,
              // @ts-expect-error: GitHub has no URL parameters
              parameters: { host: "github.example.com" },
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("misspells a key", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            github: {
              ...client,
              // @ts-expect-error: it is scopes
              scops: ["read:user"],
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("takes scopes from a list whose words the compiler does not know", () => {
    const scopes: string[] = ["read:user"];
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            github: {
              ...client,
              // @ts-expect-error: any string could be in there
              scopes,
            },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });

  it("leaves out the client id", () => {
    const config = defineConfig({
      integrations: {
        oauth: {
          providers: {
            // @ts-expect-error: clientId is missing
            github: { clientSecret: env("CLIENT_SECRET") },
          },
        },
      },
    });
    expectTypeOf(config).toExtend<Config>();
  });
});

describe("a checked entry", () => {
  type EntryOf<Entries extends Readonly<Record<string, object>>, Id extends keyof Entries> = Parameters<
    typeof defineConfig<Entries>
  >[0]["integrations"]["oauth"]["providers"][Id];

  it("is an integration of the schema, whichever kind it is", () => {
    expectTypeOf<EntryOf<{ github: object }, "github">>().toExtend<IntegrationInput>();
    expectTypeOf<EntryOf<{ gitlab: object }, "gitlab">>().toExtend<IntegrationInput>();
    expectTypeOf<EntryOf<{ notion: object }, "notion">>().toExtend<IntegrationInput>();
    expectTypeOf<EntryOf<{ acme: { provider: { issuer: string } } }, "acme">>().toExtend<IntegrationInput>();
  });

  it("has every field that the schema has", () => {
    expectTypeOf<keyof IntegrationInput>().toEqualTypeOf<keyof EntryOf<{ gitlab: object }, "gitlab">>();
  });
});
