/**
 * What `doctor` looks at of the identity provider whose JWTs are taken: whether its keys can be read, as the server would read them.
 */
import { identityProviderShape, isLoopbackHost } from "@evergrant/schema";
import type { ResolvedConfig } from "@evergrant/providers";
import { type Finding, ok } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

/** Nothing where none is configured. */
export async function diagnoseIdentityProvider(
  { publicUrl, privateHosts }: ResolvedConfig,
  { environment }: Pick<Surroundings, "environment">,
): Promise<Finding[]> {
  if (environment.identityProvider === undefined) return [];
  const settings = identityProviderShape.parse(environment.identityProvider);
  const { createGuardedFetch, readSigningKeys } = await import("@evergrant/server");
  const fetch = createGuardedFetch({ allowLoopback: isLoopbackHost(new URL(publicUrl).hostname), privateHosts });
  try {
    const { keys } = await readSigningKeys(settings, fetch);
    const audiences = settings.audience.join(", ");
    if (keys.length > 0)
      return [ok("identity provider", `${settings.issuer} has ${keys.length} keys; its tokens for ${audiences} are sessions`)];
    return [fault(`${settings.issuer} shows no key, so that no token of it holds`)];
  } catch (error) {
    return [fault(error instanceof Error ? error.message : `the keys of ${settings.issuer} cannot be read`)];
  } finally {
    await fetch.close();
  }
}

function fault(message: string): Finding {
  const mend =
    "correct EVERGRANT_JWT_ISSUER, or set EVERGRANT_JWT_JWKS_URL to where the keys are; list a host of your own network under privateHosts";
  return { check: "identity provider", level: "fault", message, mend };
}
