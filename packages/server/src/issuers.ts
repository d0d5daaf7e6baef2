/**
 * Issuers as this process knows them: what each one says of itself, read once and believed for a while.
 */
import type { DiscoveredServer } from "@evergrant/providers";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { discover } from "./issuer-metadata.ts";

export interface Issuers {
  /** What an issuer says of itself, as `discover` of `issuer-metadata.ts`; asked once, however many want it. */
  discover(issuer: string): Promise<DiscoveredServer | null>;
  /**
   * Forgets what an issuer said, unless that is younger than a minute.
   *
   * @returns whether it will be read anew.
   */
  doubt(issuer: string): boolean;
}

/** How long an issuer's metadata is believed (RFC 8414 §3 leaves it to HTTP caching; providers rarely send any). */
const discoveredMs = 3_600_000;
/** How old an issuer's metadata is before it may be doubted. */
const doubtedMs = 60_000;
/** How long a failed discovery is not repeated. */
const undiscoveredMs = 5_000;

/** Makes what knows the issuers; it knows none at first. */
export function createIssuers({ fetch, now }: { fetch: GuardedFetch; now: () => Date }): Issuers {
  const issuers = new Map<string, { at: number; until: number; discovered: Promise<DiscoveredServer | null> }>();

  return {
    discover(issuer) {
      const known = issuers.get(issuer);
      if (known !== undefined && known.until > now().getTime()) return known.discovered;
      const discovered = discover(issuer, fetch);
      const at = now().getTime();
      issuers.set(issuer, { at, until: at + discoveredMs, discovered });
      const briefly = () => issuers.set(issuer, { at, until: now().getTime() + undiscoveredMs, discovered });
      discovered.then((found) => found ?? briefly(), briefly);
      return discovered;
    },

    doubt(issuer) {
      const known = issuers.get(issuer);
      if (known === undefined || Math.abs(now().getTime() - known.at) < doubtedMs) return false;
      return issuers.delete(issuer);
    },
  };
}
