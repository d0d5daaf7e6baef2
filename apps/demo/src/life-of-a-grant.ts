/**
 * The life of a grant as the demo plays it: authorize, callback, read, expire, refresh, revoke, re-authorize.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@evergrant/client";
import type { Sandbox } from "@evergrant/sandbox";
import type { RunningServer } from "evergrant";
import type { Browser, Page } from "./browser.ts";
import type { Evergrant } from "./evergrant.ts";
import type { Narrator } from "./narrator.ts";

/** What the steps share. */
export interface Stage {
  readonly narrator: Narrator;
  readonly sandbox: Sandbox;
  readonly server: RunningServer;
  readonly client: Evergrant;
  /** The owner's. */
  readonly browser: Browser;
  /** Database and keys. */
  readonly folder: string;
  /** Moves every clock of the demo. */
  readonly advance: (seconds: number) => void;
}

/** How long an access token of the sandbox lives. */
export const tokenLifetimeSeconds = 60;
const subject = "you";
const callers = 20;

/**
 * The whole life of a grant, each step told and checked.
 *
 * @throws {DemoError} where a step does not do what it says.
 */
export async function liveThrough(stage: Stage): Promise<void> {
  const page = await authorize(stage);
  const connectionId = await comeBack(stage, page);
  const token = await read(stage, connectionId);
  await expire(stage, token);
  await refresh(stage, { connectionId, expired: token });
  const authorizeUrl = await revoke(stage, connectionId);
  await authorizeAgain(stage, { connectionId, authorizeUrl });
}

async function authorize({ client, narrator, sandbox, server, browser }: Stage): Promise<Page> {
  narrator.step("Authorize", "the account's owner opens a connect link");
  const { authorizeUrl } = await client.connections.authorize({ integration: "sandbox", subject });
  narrator.note(shortened(authorizeUrl, server.publicUrl.length + 24));
  const page = await browser.visit(authorizeUrl);
  const request = page.trail.find(({ origin, pathname }) => origin === sandbox.issuer && pathname === "/auth")?.searchParams;
  narrator.saw(
    "it leads to the authorization endpoint, with a state and an S256 code challenge",
    (request?.get("state") ?? "") !== "" && request?.get("code_challenge_method") === "S256",
  );
  narrator.saw(`and asks for ${request?.get("scope")}`, request?.get("scope") === "notes:read offline_access");
  return page;
}

async function comeBack({ client, narrator, browser }: Stage, page: Page): Promise<string> {
  narrator.step("Callback", "the provider sends the browser back with a code");
  const callback = page.trail.find(({ pathname }) => pathname === "/oauth/callback/sandbox");
  narrator.saw(
    "the code is traded for tokens, and the page says so",
    callback?.searchParams.has("code") === true && page.status === 200 && page.html.includes("Connected"),
  );
  narrator.saw("at an address without the code", page.url.pathname.startsWith("/oauth/done/") && page.url.search === "");
  const { connections } = await client.connections.list({ subject });
  const [connection] = connections;
  narrator.saw(
    `one connection is there: ${connection?.id} for ${connection?.account?.label}`,
    connections.length === 1 && connection?.status === "active",
  );
  const replayed = await browser.visit(callback ?? page.url);
  narrator.saw("the same callback once more is refused", replayed.status === 400);
  return connection?.id ?? "";
}

async function read({ client, narrator, sandbox, folder }: Stage, connectionId: string): Promise<string> {
  narrator.step("Read", "a backend asks for the token, and calls the API with it");
  const answer = await client.tokens.get({ connectionId });
  const token = answer.status === "active" ? answer.accessToken : "";
  narrator.saw(
    `access token ${shortened(token, 8)}, valid for ${answer.status === "active" ? answer.expiresInSeconds : 0} s`,
    token !== "",
  );
  const notes = await client.fetch(connectionId, { requireScopes: ["notes:read"] })(sandbox.resourceUrl);
  narrator.saw(`GET /api/notes answers ${notes.status}: ${await notes.text()}`, notes.status === 200);
  narrator.saw("on disk it is sealed: no file holds it", token !== "" && !isOnDisk(folder, token));
  return token;
}

async function expire({ narrator, sandbox, advance }: Stage, token: string): Promise<void> {
  narrator.step("Expire", `${tokenLifetimeSeconds} seconds pass`);
  narrator.saw("before, the API takes the token", (await ask(sandbox, token)) === 200);
  advance(tokenLifetimeSeconds + 1);
  narrator.saw("after, it answers 401", (await ask(sandbox, token)) === 401);
}

async function refresh(
  { narrator, sandbox, server }: Stage,
  { connectionId, expired }: { connectionId: string; expired: string },
): Promise<void> {
  narrator.step("Refresh", `${callers} callers ask at once`);
  // A client each: one client would make a single request of them.
  const clients = Array.from({ length: callers }, () => createClient({ url: server.publicUrl, apiKey: server.apiKey ?? "" }));
  const answers = await Promise.all(clients.map((each) => each.tokens.get({ connectionId })));
  const tokens = new Set(answers.map((answer) => (answer.status === "active" ? answer.accessToken : "")));
  const [token = ""] = tokens;
  narrator.saw(`all get one new token: ${shortened(token, 8)}`, tokens.size === 1 && token !== "" && token !== expired);
  narrator.saw("the provider was asked for it once", sandbox.grants("refresh_token").length === 1);
  narrator.saw("and the API takes it", (await ask(sandbox, token)) === 200);
}

async function revoke({ client, narrator, sandbox, advance }: Stage, connectionId: string): Promise<string> {
  narrator.step("Revoke", "the owner removes the access in the provider's settings");
  narrator.saw("the provider ends the grant", sandbox.revokeGrant({ account: "alice" }) === 1);
  advance(tokenLifetimeSeconds + 1);
  const answer = await client.tokens.get({ connectionId });
  const isTold = answer.status === "reauthorization_required" && answer.reason === "grant_revoked";
  narrator.saw("the next read says reauthorization_required (grant_revoked), and brings a link", isTold);
  const asked = sandbox.grants("refresh_token").length;
  await client.tokens.get({ connectionId });
  narrator.saw("the provider is not asked again for a grant that is dead", sandbox.grants("refresh_token").length === asked);
  return answer.status === "reauthorization_required" ? answer.authorizeUrl : "";
}

async function authorizeAgain(
  { client, narrator, sandbox, browser }: Stage,
  { connectionId, authorizeUrl }: { connectionId: string; authorizeUrl: string },
): Promise<void> {
  narrator.step("Re-authorize", "the owner opens that link");
  const page = await browser.visit(authorizeUrl);
  narrator.saw("the flow ends well", page.status === 200);
  const answer = await client.tokens.get({ connectionId });
  const token = answer.status === "active" ? answer.accessToken : "";
  narrator.saw(`the same connection works again: ${connectionId}`, (await ask(sandbox, token)) === 200);
  const { events } = await client.events.list({ connectionId });
  const history = events.map(({ type }) => type.replace("connection.", ""));
  narrator.saw(`its history: ${history.join(", ")}`, history[0] === "created" && history.includes("reauthorized"));
}

async function ask(sandbox: Sandbox, token: string): Promise<number> {
  const answer = await fetch(sandbox.resourceUrl, { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
}

function isOnDisk(folder: string, secret: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(secret),
  );
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
