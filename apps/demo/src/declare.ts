/**
 * The demo's app schema, and what it guards against.
 */
import { defineConfig, resolveConfig } from "@evergrant/providers";
import type { Narrator } from "./narrator.ts";

/** One integration at the sandbox that listens on this port. */
export function declare(sandboxPort: string) {
  return defineConfig({
    integrations: {
      oauth: {
        providers: {
          sandbox: {
            parameters: { port: sandboxPort },
            clientId: "evergrant-sandbox",
            clientSecret: "sandbox-secret-for-tests-only",
            scopes: ["notes:read"],
            optionalScopes: ["notes:write"],
          },
        },
      },
    },
  });
}

/** Shows it, resolves it, and lets a mistake be found. */
export async function tellDeclaration(config: ReturnType<typeof declare>, narrator: Narrator): Promise<void> {
  narrator.step("Declare", "an integration, in one typed schema");
  narrator.note('sandbox: { clientId, clientSecret, scopes: ["notes:read"], optionalScopes: ["notes:write"] }');
  const resolution = await resolveConfig(config, { environment: {}, development: true });
  narrator.saw("it resolves without a fault", resolution.ok);
  // As JSON, since in TypeScript this would not compile.
  const misspelt: unknown = JSON.parse(JSON.stringify(config).replace("notes:read", "notes:raed"));
  const refused = await resolveConfig(misspelt, { environment: {}, development: true });
  const fault = refused.ok ? undefined : refused.faults[0];
  narrator.saw(`a misspelt scope is refused: ${fault?.message ?? "no fault"}`, fault?.mend.includes('"notes:read"') === true);
}
