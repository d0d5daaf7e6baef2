import { type Config, defineConfig, env } from "@evergrant/providers";
import { describe, expectTypeOf, it } from "vitest";
import type { ConnectButtonProps } from "./connect-button.tsx";
import type { IntegrationId, IntegrationScope } from "./register.ts";
import { useConnect } from "./use-connect.ts";
import { useConnection } from "./use-connection.ts";
import { useConnections } from "./use-connections.ts";

const client = { clientId: env("ID"), clientSecret: env("SECRET") };
const config = defineConfig({
  integrations: {
    oauth: {
      providers: {
        sandbox: { ...client, provider: { issuer: "https://as.example" }, scopes: ["notes:read"], optionalScopes: ["notes:write"] },
        github: { ...client, scopes: ["read:user"], optionalScopes: ["repo"] },
      },
    },
  },
});

// In an app it is "@evergrant/react" that is told.
declare module "./register.ts" {
  interface Register {
    config: typeof config;
  }
}

describe("a registered config", () => {
  it("makes ids and scopes its literals", () => {
    expectTypeOf<typeof config>().toExtend<Config>();
    expectTypeOf<IntegrationId>().toEqualTypeOf<"sandbox" | "github">();
    expectTypeOf<IntegrationScope<"github">>().toEqualTypeOf<"read:user" | "repo">();
  });

  it("in hooks", () => {
    expectTypeOf(useConnect).toBeCallableWith("github", { scopes: ["read:user", "repo"] });
    expectTypeOf(useConnection).toBeCallableWith("sandbox");
    expectTypeOf(useConnections).toBeCallableWith({ integration: "github" });
    // @ts-expect-error no such integration
    void (() => useConnect("githb"));
    // @ts-expect-error another integration's scope
    void (() => useConnect("github", { scopes: ["notes:read"] }));
    // @ts-expect-error no such integration
    void (() => useConnection("githb"));
    // @ts-expect-error no such integration
    void (() => useConnections({ integration: "githb" }));
  });

  it("in the button's properties", () => {
    const github: ConnectButtonProps<"github"> = { integration: "github", scopes: ["repo"] };
    expectTypeOf(github.scopes).toEqualTypeOf<readonly ("read:user" | "repo")[] | undefined>();
    // @ts-expect-error another integration's scope
    void ({ integration: "github", scopes: ["notes:read"] } satisfies ConnectButtonProps<"github">);
  });
});
