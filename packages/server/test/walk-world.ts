/**
 * Where the authorization walk takes place, and its rows: for each procedure a valid input about Anna's things at the integration `near`,
 * and the same question about things that do not exist.
 */
import { appOrigin, resultOf, wholeFlow } from "./flow.ts";
import { type TestIdentityProvider, audience, startIdentityProvider } from "./identity-provider.ts";
import { type Started, present, sandboxIntegration, start } from "./start.ts";

/** Anna's integration; one of hers whose flows are confirmed; another; and one that is put and removed at run time. */
export const [near, nearStrict, far, runtime] = ["near", "near-strict", "far", "near-runtime"] as const;

export interface World extends AsyncDisposable {
  readonly evergrant: Started;
  /** The app's own, whose JWTs are taken. */
  readonly provider: TestIdentityProvider;
  /** Anna's connection at `near`, active whatever was done to it before. */
  connection(): Promise<string>;
  webhook(): Promise<string>;
}

/** Anna and Boris, each with an account at two integrations; Anna's at `near` is the one that is asked about. */
export async function openWalkWorld(bootstrapKey: string): Promise<World> {
  const provider = await startIdentityProvider(() => new Date());
  const evergrant = await start({
    app: { bootstrapKey, identityProvider: { issuer: provider.issuer, audience: [audience] } },
    config: (sandbox) => {
      const unconfirmed = { ...sandboxIntegration(sandbox), confirm: false };
      return {
        publicUrl: "https://evergrant.test",
        returnOrigins: [appOrigin],
        providers: { [near]: unconfirmed, [nearStrict]: sandboxIntegration(sandbox), [far]: unconfirmed },
      };
    },
  });
  const annas = await evergrant.connect("anna", { integration: near });
  for (const [subject, integration] of [
    ["boris", far],
    ["anna", far],
    ["boris", near],
  ] as const)
    await evergrant.connect(subject, { integration });
  return {
    evergrant,
    provider,
    connection: async () => {
      const { status } = await evergrant.api.connections.get.query({ connectionId: annas });
      if (status !== "active") await evergrant.connect("anna", { integration: near, connectionId: annas });
      return annas;
    },
    webhook: async () => (await evergrant.api.webhooks.create.mutate({ url: "https://127.0.0.1:9/never" })).id,
    [Symbol.asyncDispose]: async () => {
      await evergrant[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** What a question names: Anna's things, or those that are not there. */
interface Named {
  readonly integration: string;
  readonly subject: string;
  readonly connectionId: string;
}

export interface Question {
  /** Left out: a query. */
  readonly kind?: "mutation" | "subscription" | "path";
  /** A valid input about Anna's things, made anew for each call that changes something. */
  readonly input: (world: World) => Promise<object> | object;
  /** The same about what is not there. Left out where a question names nothing that could be out of reach. */
  readonly absent?: (named: Named) => object;
}

/** What is nowhere. */
export const nothing: Named = { integration: "nowhere", subject: "nobody-at-all", connectionId: "con_doesnotexist0000" };

/** What an answer may name because its question did, to be taken for one when two answers are compared. */
export const names = [nothing.connectionId, nothing.integration, nothing.subject, nearStrict, runtime, near, "anna"];

const ofConnection: Question = {
  input: async (world) => ({ connectionId: await world.connection() }),
  absent: ({ connectionId }) => ({ connectionId }),
};
const ofWebhook: Question = { input: async (world) => ({ id: await world.webhook() }) };
const plain: Question = { input: () => ({}) };
const change = (question: Question): Question => ({ ...question, kind: "mutation" });
const definition = { provider: "github", clientId: "of-a-test", clientSecret: "for-tests-only", scopes: ["read:user"] };

export const questions: Readonly<Record<string, Question>> = {
  "config.list": plain,
  "config.get": { input: () => ({ integration: near }), absent: ({ integration }) => ({ integration }) },
  "config.put": change({
    input: () => ({ integration: runtime, definition }),
    absent: ({ integration }) => ({ integration, definition }),
  }),
  "config.remove": change({
    input: async ({ evergrant }) => {
      await evergrant.api.config.put.mutate({ integration: runtime, definition });
      return { integration: runtime };
    },
    absent: ({ integration }) => ({ integration }),
  }),
  "integrations.list": plain,
  "scopes.list": { input: () => ({ integration: near }), absent: ({ integration }) => ({ integration }) },
  "scopes.check": {
    input: () => ({ integration: near, scopes: ["notes:read"] }),
    absent: ({ integration }) => ({ integration, scopes: ["notes:read"] }),
  },
  "scopes.ledger": ofConnection,
  "connections.authorize": change({
    input: async (world) => ({ integration: near, subject: "anna", connectionId: await world.connection() }),
    absent: (named) => ({ ...named }),
  }),
  "connections.confirm": change({
    input: async ({ evergrant }) => {
      // An account that is connected already needs no confirmation.
      for (const { id } of (await evergrant.api.connections.list.query({ integration: nearStrict })).connections)
        await evergrant.api.connections.disconnect.mutate({ connectionId: id });
      const landing = await wholeFlow(evergrant, { integration: nearStrict, subject: "anna", returnTo: `${appOrigin}/done` });
      return { confirmation: present(resultOf(landing)["confirmation"]), subject: "anna" };
    },
    absent: ({ subject }) => ({ confirmation: "A".repeat(43), subject }),
  }),
  "connections.list": plain,
  "connections.get": ofConnection,
  "connections.disconnect": change(ofConnection),
  "tokens.get": ofConnection,
  "tokens.refresh": change({
    input: async (world) => ({ connectionId: await world.connection(), ifGeneration: 1 }),
    absent: ({ connectionId }) => ({ connectionId, ifGeneration: 1 }),
  }),
  "tokens.status": ofConnection,
  "events.list": plain,
  "events.stream": { ...plain, kind: "subscription" },
  "sessions.create": change({
    input: () => ({ subject: "anna", integrations: [near] }),
    absent: ({ subject, integration }) => ({ subject, integrations: [integration] }),
  }),
  "sessions.revoke": change({
    input: async ({ evergrant }) => ({ id: (await evergrant.api.sessions.create.mutate({ subject: "anna", integrations: [near] })).id }),
    absent: () => ({ id: "0".repeat(16) }),
  }),
  "subjects.forget": change({
    input: async ({ evergrant }) => {
      await evergrant.connect("carol", { integration: far });
      return { subject: "carol" };
    },
  }),
  "webhooks.create": change({ input: () => ({ url: "https://127.0.0.1:9/never" }) }),
  "webhooks.list": plain,
  "webhooks.update": change({ input: async (world) => ({ id: await world.webhook(), state: "disabled" }) }),
  "webhooks.remove": change(ofWebhook),
  "webhooks.rotateSecret": change(ofWebhook),
  "webhooks.deliveries": ofWebhook,
  "webhooks.replay": change(ofWebhook),
  "webhooks.test": change(ofWebhook),
  "apiKeys.create": change({ input: () => ({ name: "another", permissions: ["admin"] }) }),
  "apiKeys.list": plain,
  "apiKeys.revoke": change({
    input: async ({ evergrant }) => ({
      id: (await evergrant.api.apiKeys.create.mutate({ name: "short", permissions: ["tokens:read"] })).id,
    }),
  }),
  "audit.list": plain,
  "keys.status": plain,
  "keys.rotate": change(plain),
  "keys.retire": change({
    input: async ({ evergrant }) => ({ id: present((await evergrant.api.keys.status.query()).dataKeys[0]).id }),
  }),
  "/metrics": { ...plain, kind: "path" },
};
