/**
 * One of the processes of a stampede, on a database that it shares: many callers at once for one token that has expired.
 */
import { createApp, openDatabase, parseEncryptionKeys } from "@evergrant/server";
import { openBetterAuth } from "./better-auth-app.ts";
import { answerQuestions } from "./child.ts";
import { resolvedConfigFor } from "./evergrant-config.ts";

export type StampedeQuestion =
  | { readonly kind: "open_evergrant"; readonly databaseUrl: string; readonly encryptionKeys: string; readonly provider: string }
  | { readonly kind: "open_better_auth"; readonly databaseUrl: string; readonly provider: string }
  /** Everybody asks for the same at once. */
  | { readonly kind: "crowd"; readonly callers: number; readonly target: Target };

/** A connection of Evergrant, or a user's account at Better Auth. */
export interface Target {
  readonly id: string;
  readonly userId: string | null;
  /** Its family of refresh tokens at the provider. */
  readonly family: string;
}

export interface CrowdAnswer {
  readonly served: number;
  /** Until the last of them had an answer. */
  readonly lastMs: number;
}

let read: (target: Target) => Promise<boolean> = () => Promise.reject(new Error("nothing is open"));

answerQuestions(async (question: StampedeQuestion): Promise<CrowdAnswer | null> => {
  if (question.kind === "crowd") return crowd(question.callers, question.target);
  read = question.kind === "open_evergrant" ? await openEvergrant(question) : await openPeer(question);
  return null;
});

async function openEvergrant(question: Extract<StampedeQuestion, { kind: "open_evergrant" }>): Promise<typeof read> {
  const app = await createApp({
    config: await resolvedConfigFor(question.provider),
    database: await openDatabase({ url: question.databaseUrl }),
    keys: parseEncryptionKeys(question.encryptionKeys),
    refresher: "none",
    waitUntil: () => {},
  });
  const caller = app.caller({ id: "stampede", permissions: ["tokens:read"] });
  return async ({ id }) => (await caller.tokens.get({ connectionId: id })).status === "active";
}

async function openPeer(question: Extract<StampedeQuestion, { kind: "open_better_auth" }>): Promise<typeof read> {
  const auth = await openBetterAuth({
    url: "http://127.0.0.1:4000",
    databaseUrl: question.databaseUrl,
    tokenEndpoint: `${question.provider}/token`,
  });
  return async ({ id, userId }) => {
    try {
      const answer = await auth.api.getAccessToken({ body: { accountId: id, ...(userId === null ? {} : { userId }) } });
      return answer.accessToken.length > 0;
    } catch {
      return false;
    }
  };
}

async function crowd(callers: number, target: Target): Promise<CrowdAnswer> {
  const startedAt = performance.now();
  const served = await Promise.all(Array.from({ length: callers }, () => read(target)));
  return { served: served.filter(Boolean).length, lastMs: performance.now() - startedAt };
}
