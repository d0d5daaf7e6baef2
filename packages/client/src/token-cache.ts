/**
 * Active answers in memory, each under the question that it answers, the least recently used going first.
 *
 * An answer is judged anew at every look: is it young enough, still valid, and does it meet what this caller wants.
 */
import type { ActiveAnswer, TokenAnswer } from "@evergrant/schema";
import type { InputOf } from "./api.ts";

/** What `tokens.get` takes: which connection, and what its token must be good for. */
export type TokenQuestion = InputOf<"tokens.get">;

/** A valid token that has the scopes asked for, as of now. */
export interface HeldAnswer {
  readonly answer: ActiveAnswer;
  /** False: the time for which it may be kept is over, or it ends sooner than this caller wants. */
  readonly fresh: boolean;
}

/** A question under way. */
export interface PendingQuestion {
  /** Takes note of the server's answer: keeps a token, and forgets one where there is no more. */
  settle(answer: TokenAnswer): void;
  /** To be called in any case, in the end. */
  end(): void;
}

export interface TokenCache {
  find(question: TokenQuestion): HeldAnswer | null;
  /** To be called when a question is sent: a token's age counts from there. */
  begin(question: TokenQuestion): PendingQuestion;
  /** Forgets the tokens of a connection, those on their way included; `below`: only those of generations before that one. */
  drop(connectionId: string, below?: number): void;
  /** Forgets the token under a question, and with it its connection's, if the question names one. */
  dropQuestion(question: TokenQuestion): void;
  clear(): void;
}

interface Entry {
  readonly answer: ActiveAnswer;
  readonly askedAtMs: number;
  /** Scopes that the server has affirmed though the answer does not list them: implied, spelled otherwise, or of no account. */
  readonly affirmed: ReadonlySet<string>;
}

/** `now`: milliseconds on a clock that never runs backwards. */
export function createTokenCache({ maxEntries, now }: { maxEntries: number; now: () => number }): TokenCache {
  const entries = new Map<string, Entry>();
  /** For each question under way: from which generation on a connection's token may still be kept. */
  const pending = new Set<Map<string, number>>();

  const drop = (connectionId: string, below = Infinity) => {
    for (const [key, { answer }] of entries) if (answer.connectionId === connectionId && answer.generation < below) entries.delete(key);
    // An answer that was on its way already must not bring it back.
    for (const keptFrom of pending) keptFrom.set(connectionId, Math.max(below, keptFrom.get(connectionId) ?? 0));
  };

  const dropQuestion = (question: TokenQuestion) => {
    entries.delete(keyOf(question));
    const { connectionId } = namesIn(question);
    if (connectionId !== undefined) drop(connectionId);
  };

  const store = (question: TokenQuestion, answer: ActiveAnswer, askedAtMs: number) => {
    const key = keyOf(question);
    const before = entries.get(key);
    for (const [each, { answer: kept }] of entries) {
      if (kept.connectionId !== answer.connectionId) continue;
      if (kept.generation > answer.generation) return;
      if (kept.generation < answer.generation) entries.delete(each);
    }
    // What was affirmed of a list of granted scopes holds for as long as the list stays the same.
    const stillAffirmed = before !== undefined && isSameList(before.answer.scopes, answer.scopes) ? before.affirmed : [];
    entries.delete(key);
    entries.set(key, {
      answer: { ...answer, scopes: [...answer.scopes] },
      askedAtMs,
      affirmed: new Set([...stillAffirmed, ...(question.requireScopes ?? [])]),
    });
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
  };

  return {
    find: (question) => {
      const key = keyOf(question);
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const ageSeconds = (now() - entry.askedAtMs) / 1000;
      const { answer, affirmed } = entry;
      const leftSeconds = answer.expiresInSeconds === null ? null : answer.expiresInSeconds - ageSeconds;
      entries.delete(key);
      if (leftSeconds !== null && leftSeconds <= 0) return null;
      entries.set(key, entry);
      if (question.requireScopes?.some((scope) => !affirmed.has(scope) && !answer.scopes.includes(scope)) === true) return null;
      const fresh = ageSeconds < answer.cacheSeconds && (leftSeconds === null || leftSeconds >= (question.minValiditySeconds ?? 0));
      return { answer: aged(answer, { ageSeconds, leftSeconds }), fresh };
    },
    begin: (question) => {
      const askedAtMs = now();
      const keptFrom = new Map<string, number>();
      pending.add(keptFrom);
      return {
        settle: (answer) => {
          if (answer.status === "active") {
            if (answer.generation >= (keptFrom.get(answer.connectionId) ?? 0)) store(question, answer, askedAtMs);
            return;
          }
          dropQuestion(question);
          if ("connectionId" in answer) drop(answer.connectionId);
        },
        end: () => void pending.delete(keptFrom),
      };
    },
    drop,
    dropQuestion,
    clear: () => entries.clear(),
  };
}

/** Which connection a question is about, in its own words: the integration in it is a condition, so it is a part of the key. */
export function keyOf(question: TokenQuestion): string {
  const { connectionId, integration, subject, accountId } = namesIn(question);
  return JSON.stringify([connectionId, integration, subject, accountId]);
}

/** Both forms of a question as one. */
function namesIn(question: TokenQuestion): {
  readonly [Name in "connectionId" | "integration" | "subject" | "accountId"]?: string | undefined;
} {
  return question;
}

/** The answer with its spans as they are now. A copy, so that nobody can change what others will get. */
function aged(answer: ActiveAnswer, { ageSeconds, leftSeconds }: { ageSeconds: number; leftSeconds: number | null }): ActiveAnswer {
  return {
    ...answer,
    scopes: [...answer.scopes],
    expiresInSeconds: leftSeconds === null ? null : Math.floor(leftSeconds),
    cacheSeconds: Math.max(0, Math.floor(answer.cacheSeconds - ageSeconds)),
  };
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
