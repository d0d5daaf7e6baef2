/**
 * The config of a benchmark: one integration with an inline provider.
 */
import { type ResolvedConfig, resolveConfig } from "@evergrant/providers";

export const integrationId = "bench";
export const clientId = "client";

/** As `evergrant.config.json` would have it; `provider` is the origin of the token endpoint. */
export function configFor(provider: string) {
  return {
    publicUrl: "http://127.0.0.1:4000",
    integrations: {
      oauth: {
        providers: {
          [integrationId]: {
            provider: { authorizationEndpoint: `${provider}/authorize`, tokenEndpoint: `${provider}/token`, rotation: { mode: "strict" } },
            clientId,
            clientSecret: "secret",
            scopes: ["data:read"],
          },
        },
      },
    },
  };
}

/** The same, judged. */
export async function resolvedConfigFor(provider: string): Promise<ResolvedConfig> {
  const resolution = await resolveConfig(configFor(provider), { environment: {}, development: true });
  if (!resolution.ok) throw new Error(`the benchmark's config has faults: ${JSON.stringify(resolution.faults)}`);
  return resolution.config;
}
