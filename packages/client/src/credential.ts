/**
 * What a client calls with: an API key, or a session that is renewed before it ends and once where the server refuses it.
 */
import { createFlights } from "./flights.ts";

/** A session of one subject, as `sessions.create` answers it to the app's own backend. */
export interface Session {
  readonly sessionToken: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** An API key for a backend, or a session for a page: one of the two. */
export type CredentialOptions =
  | {
      /** A function is called for every request, and once more where the server refuses what it gave. */
      readonly apiKey: string | (() => string | Promise<string>);
      readonly session?: undefined;
    }
  | {
      /** Asks the app's own backend for a session: at the first call, shortly before a session ends, and once where it is refused. */
      readonly session: () => Promise<Session>;
      readonly apiKey?: undefined;
    };

export interface CredentialSource {
  /**
   * The bearer token for an exchange.
   *
   * @param refused What the server answered 401 to: another one is given where there is one.
   * @throws whatever the function in the options throws; `TypeError` where it gives what no header field can carry.
   */
  get(refused?: string): Promise<string>;
}

/** What travels as a bearer token (RFC 6750 §2.1) and fits a header field. */
const bearerForm = /^[\x21-\x7e]+$/;
/** How long before its end a session is renewed, or a tenth of its life where that is less. */
const renewalLeadMs = 30_000;
const renewalLeadShare = 0.1;
/** Between two tries to renew a session that still holds. */
const renewalPauseMs = 5_000;

/** `maxAgeMs`: after that long a renewal is not waited for any more, and the next caller begins another. */
export function createCredential(
  { apiKey, session }: CredentialOptions,
  { now, maxAgeMs }: { now: () => number; maxAgeMs: number },
): CredentialSource {
  if (session === undefined) {
    // Told at once, as the key is at hand.
    if (typeof apiKey === "string") ownForm(apiKey, "apiKey", "give the key as apiKeys.create showed it");
    return {
      get: async () => ownForm(typeof apiKey === "string" ? apiKey : await apiKey(), "apiKey", "the function must give an API key"),
    };
  }

  const flights = createFlights<string>({ maxAgeMs, now });
  let held: { readonly bearer: string; readonly endsAtMs: number; renewAtMs: number } | null = null;
  const renew = () =>
    flights.share("session", async () => {
      const { sessionToken, expiresAt } = await session();
      const bearer = ownForm(sessionToken, "session", "the function must give { sessionToken, expiresAt }, as sessions.create answers it");
      const lifetimeMs = Date.parse(expiresAt) - Date.now();
      // A session that is over when it comes tells of a wall clock that is wrong: then only the server can say when it ends.
      const isKnown = lifetimeMs > 0;
      const endsAtMs = isKnown ? now() + lifetimeMs : Infinity;
      held = { bearer, endsAtMs, renewAtMs: endsAtMs - Math.min(renewalLeadMs, isKnown ? lifetimeMs * renewalLeadShare : 0) };
      return bearer;
    });

  return {
    get: async (refused) => {
      const before = held;
      if (before === null || before.bearer === refused || now() >= before.endsAtMs) return renew();
      if (now() >= before.renewAtMs) {
        before.renewAtMs = now() + renewalPauseMs;
        // Nobody waits for it while the session holds; what comes of it, the next call sees.
        renew().catch(() => undefined);
      }
      return before.bearer;
    },
  };
}

function ownForm(bearer: unknown, name: string, mend: string): string {
  // The value is not repeated: it is a secret, or a part of one.
  if (typeof bearer !== "string" || !bearerForm.test(bearer)) {
    throw new TypeError(`${name}: empty, or with characters that no Authorization header can carry; ${mend}`);
  }
  return bearer;
}
