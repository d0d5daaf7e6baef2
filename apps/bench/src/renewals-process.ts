/**
 * One of the servers whose tokens have to be refreshed, on a database that was filled before.
 */
import { serveBetterAuth } from "./better-auth-app.ts";
import { answerQuestions } from "./child.ts";
import { serveEvergrant } from "./evergrant-server.ts";

export type RenewalsQuestion =
  | {
      readonly kind: "open_evergrant";
      readonly folder: string;
      readonly databaseUrl: string;
      readonly encryptionKeys: string;
      readonly provider: string;
    }
  | { readonly kind: "open_better_auth"; readonly databaseUrl: string; readonly provider: string };

/** Answers with where it listens. */
answerQuestions(async (question: RenewalsQuestion): Promise<string> => {
  if (question.kind === "open_evergrant") return (await serveEvergrant(question)).listensAt;
  return (await serveBetterAuth({ databaseUrl: question.databaseUrl, tokenEndpoint: `${question.provider}/token` })).url;
});
