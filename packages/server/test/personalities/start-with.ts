/**
 * An Evergrant whose one integration is a personality: the catalogue's own facts, at the addresses of this machine.
 */
import { loadProvider } from "@evergrant/providers";
import { type Personality, type PersonalityId, startPersonality } from "@evergrant/sandbox";
import type { InlineProvider, ProviderFacts, TokenAnswer } from "@evergrant/schema";
import { type Started, type TestClock, start, withStatus } from "../start.ts";

export interface StartedWith extends AsyncDisposable {
  readonly id: PersonalityId;
  readonly evergrant: Started;
  readonly personality: Personality<ProviderFacts>;
  /** The clock of both. */
  readonly clock: TestClock;
  /** Whether the provider's API takes a token, sent as the provider's facts say. */
  readonly isTaken: (answer: Active) => Promise<boolean>;
}

export type Active = Extract<TokenAnswer, { status: "active" }>;

// By name: a personality's origins are numbers, and one on port 40001 must not be taken for ours by its first letters.
const publicUrl = "http://localhost:4000";

export async function startWith(id: PersonalityId): Promise<StartedWith> {
  // The clock comes with the Evergrant, which wants to know the personality first.
  let now = () => new Date();
  const redirectUris = [`${publicUrl}/oauth/callback/${id}`];
  const personality = await startPersonality(id, { load: loadProvider, now: () => now(), redirectUris });
  const { client, scopes, optionalScopes } = personality;
  const evergrant = await start({
    config: () => ({
      publicUrl,
      providers: {
        [id]: { provider: inlineOf(personality.provider), ...client, scopes: [...scopes], optionalScopes: [...optionalScopes] },
      },
    }),
  });
  ({ now } = evergrant.clock);
  return {
    id,
    evergrant,
    personality,
    clock: evergrant.clock,
    isTaken: async (answer) => {
      const response = await fetch(personality.apiUrl, { headers: headersFor(personality.provider, answer) });
      const body: unknown = await response.json();
      return response.ok && !isRefusal(body);
    },
    [Symbol.asyncDispose]: async () => {
      await evergrant[Symbol.asyncDispose]();
      await personality.close();
    },
  };
}

/** A token as it is now; it fails the test where there is none. */
export async function readToken({ evergrant }: StartedWith, connectionId: string): Promise<Active> {
  return withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
}

/** The facts as a config may have them: without what is about the catalogue. */
function inlineOf(facts: ProviderFacts): InlineProvider {
  const { id: _id, docsUrl: _docs, scopesDocsUrl: _scopesDocs, registration: _registration, confidence: _confidence, ...inline } = facts;
  return inline;
}

function headersFor({ apiAuthorization: { header, scheme }, account }: ProviderFacts, { accessToken, tokenType }: Active) {
  const credential = (scheme ?? tokenType) === "" ? accessToken : `${scheme ?? tokenType} ${accessToken}`;
  // What the account endpoint needs beside the token, such as an API version, the rest of the API needs too.
  return { ...account?.headers, [header]: credential };
}

/** Slack and Withings refuse with 200. */
function isRefusal(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  return ("ok" in body && body.ok === false) || ("status" in body && body.status !== 0);
}
