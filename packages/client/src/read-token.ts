/**
 * Refresh-on-call: a token from memory while it may be kept, from the server when it is due, and from memory again while the server
 * is away and the token still valid.
 */
import type { ActiveAnswer, TokenAnswer } from "@evergrant/schema";
import { EvergrantRequestError } from "./errors.ts";
import { createFlights } from "./flights.ts";
import { type TokenQuestion, createTokenCache, keyOf } from "./token-cache.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { untilAborted } from "./until-aborted.ts";

/** How long callers with a valid token go on without asking, after the server did not answer. */
const awayPauseMs = 5_000;

export interface TokenReader {
  /** The answer to a question; a token in it is valid now. */
  get(question: TokenQuestion, options?: CallOptions): Promise<TokenAnswer>;
  /** Tells the server that a resource server refused a generation, and brings what it answers. */
  refresh(refused: { connectionId: string; ifGeneration: number }, options?: CallOptions): Promise<TokenAnswer>;
  /** The answer to a question whose last token was refused; nothing is spent where a newer one is at hand already. */
  renew(question: TokenQuestion, refused: ActiveAnswer, options?: CallOptions): Promise<TokenAnswer>;
  /** Forgets what is held of a connection, or only token sets older than a generation. */
  forget(connectionId: string, below?: number): void;
}

export interface TokenReaderOptions {
  readonly transport: Transport;
  /** Milliseconds on a clock that never runs backwards. */
  readonly now: () => number;
  readonly maxCachedTokens: number;
  /** The transport's own. */
  readonly deadlineMs: number;
}

export function createTokenReader({ transport, now, maxCachedTokens, deadlineMs }: TokenReaderOptions): TokenReader {
  const cache = createTokenCache({ maxEntries: maxCachedTokens, now });
  const flights = createFlights<TokenAnswer>({ maxAgeMs: deadlineMs, now });
  /** Null while the server answers; else when to try it again for those who do not need it. */
  let probeAtMs: number | null = null;

  const ask = async (question: TokenQuestion, call: () => Promise<TokenAnswer>): Promise<TokenAnswer> => {
    const pending = cache.begin(question);
    try {
      const answer = await call();
      probeAtMs = null;
      pending.settle(answer);
      return answer;
    } catch (error) {
      if (error instanceof EvergrantRequestError && error.httpStatus < 500) {
        probeAtMs = null;
        // Whoever may not ask any more may not go on with what they were told before.
        if (error.httpStatus === 401) cache.clear();
        else cache.dropQuestion(question);
      } else {
        probeAtMs = now() + awayPauseMs;
      }
      throw error;
    } finally {
      pending.end();
    }
  };
  const askForToken = (question: TokenQuestion) =>
    flights.share(`get ${wishesOf(question)}`, () => ask(question, () => transport.query("tokens.get", question)));

  const get: TokenReader["get"] = async (question, { signal } = {}) => {
    signal?.throwIfAborted();
    const held = cache.find(question);
    if (held?.fresh === true) return held.answer;
    if (held !== null && probeAtMs !== null) {
      if (now() >= probeAtMs) {
        probeAtMs = now() + awayPauseMs;
        // Nobody waits for it, and `ask` has taken note of how it ended.
        askForToken(question).catch(() => undefined);
      }
      return stale(held.answer);
    }
    try {
      return await untilAborted(askForToken(question), signal);
    } catch (error) {
      // What is still held was not refused: the server did not answer.
      const still = signal?.aborted === true ? null : cache.find(question);
      if (still === null) throw error;
      return stale(still.answer);
    }
  };

  const refresh = (question: TokenQuestion, refused: { connectionId: string; ifGeneration: number }, signal: AbortSignal | undefined) => {
    const name = `refresh ${refused.connectionId} ${refused.ifGeneration} ${keyOf(question)}`;
    // The server is not asked about scopes here, so its answer affirms none.
    const withoutScopes = { ...question, requireScopes: undefined };
    return untilAborted(
      flights.share(name, () => ask(withoutScopes, () => transport.mutate("tokens.refresh", refused))),
      signal,
    );
  };

  return {
    get,
    refresh: async (refused, { signal } = {}) => {
      signal?.throwIfAborted();
      return refresh({ connectionId: refused.connectionId }, refused, signal);
    },
    renew: async (question, { connectionId, generation }, { signal } = {}) => {
      const held = cache.find(question);
      if (held !== null && held.answer.generation > generation) return held.answer;
      const answer = await refresh(question, { connectionId, ifGeneration: generation }, signal);
      if (answer.status !== "active" || question.requireScopes === undefined) return answer;
      // A refresh may narrow the grant (RFC 6749 §6).
      return cache.find(question)?.answer ?? get(question, { signal });
    },
    forget: cache.drop,
  };
}

/** A question in full, so that only those who want the same share a flight. */
function wishesOf(question: TokenQuestion): string {
  return JSON.stringify([keyOf(question), question.minValiditySeconds ?? 0, [...(question.requireScopes ?? [])].toSorted()]);
}

/** As the server marks a token whose refresh was due and did not come about. */
function stale(answer: ActiveAnswer): ActiveAnswer {
  return { ...answer, cacheSeconds: 0, stale: true };
}
