/**
 * Every procedure, called as its callers would, in an order in which each finds what it needs. A test fails where one is missing.
 */
import { land } from "../flow.ts";
import { openStream } from "../sse.ts";
import { present } from "../start.ts";
import { type Scene, appOrigin, chosen, webhookUrl } from "./scene.ts";

/** What later procedures find. */
interface Found {
  connectionId: string;
  apiKeyId: string;
  webhookId: string;
  sessionToken: string;
}

type Drive = (scene: Scene, found: Found) => Promise<unknown>;

const subject = "alice";
const definition = (scene: Scene) => ({
  provider: "sandbox",
  parameters: { port: new URL(scene.evergrant.sandbox.issuer).port },
  clientId: "canary-client",
  clientSecret: chosen.clientSecret,
});

/** By name, in the order in which they are driven. */
export const drives: Readonly<Record<string, Drive>> = {
  "keys.status": ({ call }) => call("keys.status"),
  "webhooks.create": async ({ call }, found) => {
    found.webhookId = memberOf(await call("webhooks.create", { url: webhookUrl }), "id");
  },
  "webhooks.update": ({ call }, { webhookId: id }) => call("webhooks.update", { id, integrations: null }),
  "webhooks.test": ({ call }, { webhookId: id }) => call("webhooks.test", { id }),
  "webhooks.rotateSecret": ({ call }, { webhookId: id }) => call("webhooks.rotateSecret", { id }),
  "config.put": async (scene) => {
    await scene.call("config.put", { integration: "put", definition: definition(scene) });
    await scene.call("config.put", { integration: "put", definition: { ...definition(scene), scopes: ["nonsense"] } });
  },
  "config.get": ({ call }) => call("config.get", { integration: "put" }),
  "config.list": ({ call }) => call("config.list"),
  "integrations.list": ({ call }) => call("integrations.list"),
  "scopes.list": ({ call }) => call("scopes.list", { integration: "sandbox" }),
  "scopes.check": ({ call }) => call("scopes.check", { integration: "sandbox", scopes: ["notes:read", "notes:raed"] }),
  "connections.authorize": async (scene, found) => {
    for (const integration of ["sandbox", "sso", "sandbox"]) {
      const answer = await scene.call("connections.authorize", {
        integration,
        subject,
        returnTo: `${appOrigin}/back`,
        openerOrigin: appOrigin,
      });
      const landing = await land(scene.browser(), memberOf(answer, "authorizeUrl"));
      found.connectionId = landing.url.searchParams.get("connection") ?? "";
    }
  },
  "connections.confirm": async (scene) => {
    // Only a public deployment asks for it; there is a confirmation in `failures.ts`.
    await scene.call("connections.confirm", { confirmation: "A".repeat(43), subject });
  },
  "connections.list": ({ call }) => call("connections.list", { subject }),
  "connections.get": ({ call }, { connectionId }) => call("connections.get", { connectionId }),
  "tokens.get": async (scene, { connectionId }) => {
    await scene.call("tokens.get", { connectionId });
    scene.evergrant.clock.advance(3_600_000);
    await scene.call("tokens.get", { integration: "sandbox", subject });
    await scene.call("tokens.get", { connectionId, requireScopes: ["notes:write"] });
    await scene.call("tokens.get", { integration: "sso", subject: "nobody" });
  },
  "tokens.refresh": async ({ call, evergrant }, { connectionId }) => {
    evergrant.clock.advance(60_000);
    await call("tokens.refresh", { connectionId, ifGeneration: 2 });
  },
  "tokens.status": ({ call }, { connectionId }) => call("tokens.status", { connectionId }),
  "scopes.ledger": ({ call }, { connectionId }) => call("scopes.ledger", { connectionId }),
  "apiKeys.create": async ({ call }, found) => {
    found.apiKeyId = memberOf(await call("apiKeys.create", { name: "canary", permissions: ["tokens:read"] }), "id");
  },
  "apiKeys.list": ({ call }) => call("apiKeys.list"),
  "apiKeys.revoke": ({ call }, { apiKeyId: id }) => call("apiKeys.revoke", { id }),
  "sessions.create": async ({ call }, found) => {
    found.sessionToken = memberOf(await call("sessions.create", { subject }), "sessionToken");
    await call("connections.list", {}, found.sessionToken);
    await call("tokens.get", { integration: "sandbox", subject }, found.sessionToken);
  },
  "sessions.revoke": ({ call }) => call("sessions.revoke", { subject }),
  "events.list": ({ call }) => call("events.list", { limit: 100 }),
  "events.stream": async ({ app, evergrant, canaries }) => {
    await using stream = await openStream(app, evergrant.apiKey, { after: 0 });
    const { events } = await evergrant.api.events.list.query({ limit: 100 });
    canaries.note("the event stream", JSON.stringify(await stream.take(events.length)));
  },
  "webhooks.list": ({ call }) => call("webhooks.list"),
  "webhooks.deliveries": async ({ call, app }, { webhookId: id }) => {
    await app.deliverDue({ limit: 100, deadlineMs: 2_000 });
    await call("webhooks.deliveries", { id });
  },
  "webhooks.replay": ({ call }, { webhookId: id }) => call("webhooks.replay", { id }),
  "keys.rotate": ({ call }) => call("keys.rotate", { newKey: "always" }),
  "keys.retire": ({ call }) => call("keys.retire", { id: "0123456789abcdef" }),
  "audit.list": ({ call }) => call("audit.list", { limit: 500 }),
  "connections.disconnect": ({ call }, { connectionId }) => call("connections.disconnect", { connectionId }),
  "subjects.forget": ({ call }) => call("subjects.forget", { subject: "nobody" }),
  "config.remove": ({ call }) => call("config.remove", { integration: "put", acceptStranding: true }),
  "webhooks.remove": ({ call }, { webhookId: id }) => call("webhooks.remove", { id }),
};

/** Drives all of them. */
export async function driveAll(scene: Scene): Promise<void> {
  const found: Found = { connectionId: "", apiKeyId: "", webhookId: "", sessionToken: "" };
  for (const drive of Object.values(drives)) await drive(scene, found);
}

/** A member of an answer, which the next procedure needs. */
export function memberOf(answer: unknown, name: string): string {
  const members = new Map(Object.entries(present(typeof answer === "object" ? answer : null)));
  return String(present(members.get(name)));
}
