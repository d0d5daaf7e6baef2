/**
 * What every personality is taken through, in order: each step goes on from where the one before it left the connection.
 */
import type { Failure } from "@evergrant/sandbox";
import type { RefreshOutcome, TokenAnswer } from "@evergrant/schema";
import { expect } from "vitest";
import { withStatus } from "../start.ts";
import type { Expectation } from "./expectations.ts";
import { type Active, type StartedWith, readToken } from "./start-with.ts";

/** How far a provider's story has come. */
export interface Story {
  readonly world: StartedWith;
  readonly expected: Expectation;
  connectionId: string;
  /** Where the owner is to authorize again. */
  authorizeUrl: string | null;
}

export interface Step {
  readonly title: string;
  /** Left out, every provider. */
  readonly of?: (expected: Expectation) => boolean;
  readonly run: (story: Story) => Promise<void>;
}

/** Before expiry, where every lifetime's margin has begun; what is left outlasts any pause that a provider orders. */
const dueMs = 150_000;
const pauseMs = 70_000;

const isRefreshed = ({ kept }: Expectation) => kept === "refresh";
const isRenewed = ({ kept }: Expectation) => kept !== "never";
const isRevocable = ({ revocation }: Expectation) => revocation === "revoked";

export const steps: readonly Step[] = [
  { title: "asks for authorization as the provider wants it, and connects", run: connect },
  { title: "names the account, the scopes and what an API call needs", run: describeConnection },
  { title: "hands out a token that the API takes", run: useToken },
  { title: "is refreshed, at the right place", of: isRenewed, run: refresh },
  {
    title: "a passing failure leaves the token in use, and the connection recovers",
    of: isRenewed,
    run: fail("transient", "provider_unavailable"),
  },
  { title: "being asked too often is waited for", of: isRenewed, run: fail("rate", "rate_limited") },
  {
    title: "a client that is refused is the integration's fault, and no connection's end",
    of: isRenewed,
    run: fail("client", "misconfigured"),
  },
  { title: "no expired token is handed out while the provider is down", of: isRefreshed, run: failAtExpiry },
  { title: "a code from a server that is not the provider's goes nowhere", of: ({ id }) => id === "zoho", run: refuseForeignServer },
  { title: "scopes beyond those of every connect are asked for apart", of: ({ id }) => id === "hubspot", run: askForMore },
  { title: "a grant that its owner ended needs a new authorization", run: endGrant },
  { title: "the same connection works again after it", run: reconnect },
  { title: "what disconnecting says of the revocation is so at the provider", run: disconnect },
  { title: "disconnecting what its owner has ended already is no failure", of: isRevocable, run: disconnectEnded },
  { title: "a revocation that the provider could not make is made later", of: isRevocable, run: revokeLater },
  {
    title: "a revocation ends the account's other grants too, which is noticed",
    of: ({ id }) => ["facebook", "google"].includes(id),
    run: endSiblings,
  },
];

async function connect(story: Story): Promise<void> {
  const { world, expected } = story;
  story.connectionId = await world.evergrant.connect("alice", { integration: expected.id });
  const [request, ...others] = world.personality.seen("authorization");
  expect(others).toEqual([]);
  expect(Object.fromEntries(request?.query ?? [])).toMatchObject(expected.request);
  expect(request?.query.has("code_challenge")).toBe(expected.pkce);
  expect(world.personality.seen("nothing"), "requests where the provider has nothing").toEqual([]);
}

async function describeConnection({ world, expected, connectionId }: Story): Promise<void> {
  const connection = await world.evergrant.api.connections.get.query({ connectionId });
  expect(connection).toMatchObject({ status: "active", account: world.personality.account, missingScopes: [] });
  expect(connection.grantedScopes.toSorted()).toEqual(expected.granted.toSorted());
  expect(connection.captured).toEqual(local(world, expected.captured));
}

async function useToken({ world, expected: { kept }, connectionId }: Story): Promise<void> {
  const answer = await readToken(world, connectionId);
  expect(answer).toMatchObject({ generation: 1, stale: false });
  expect(answer.expiresAt === null).toBe(kept === "on_refusal" || kept === "never");
  expect(await world.isTaken(answer)).toBe(true);
}

async function refresh(story: Story): Promise<void> {
  const { world, expected, connectionId } = story;
  const before = await readToken(world, connectionId);
  if (expected.kept === "refresh") world.clock.advanceTo(before.expiresAt);
  const answer = withStatus("active", await renew(story, before));
  expect(answer).toMatchObject({ generation: before.generation + 1, stale: false });
  expect(answer.accessToken).not.toBe(before.accessToken);
  expect(await world.isTaken(answer)).toBe(true);
  expect(renewals(world)).toEqual([{ at: expected.renewedAt, status: 200 }]);
  expect(await world.evergrant.api.connections.get.query({ connectionId })).toMatchObject({ missingScopes: [] });
}

/** One failure while the token at hand is valid; what is recorded is looked at after the recovery, so that no failure spoils the next step. */
function fail(failure: Failure, outcome: RefreshOutcome): Step["run"] {
  return async (story) => {
    const { world, expected, connectionId } = story;
    const before = await readToken(world, connectionId);
    world.personality.failNext(expected.kept === "renewal" ? "renewal" : "refresh", failure);
    const meanwhile = await renew(story, before);
    const { lastOutcome } = await world.evergrant.api.tokens.status.query({ connectionId });
    world.clock.advance(pauseMs);
    const afterwards = await renew(story, before);
    expect(meanwhile).toMatchObject({ status: "active", generation: before.generation, stale: true });
    expect(afterwards).toMatchObject({ status: "active", generation: before.generation + 1, stale: false });
    expect(lastOutcome).toBe(outcome);
  };
}

async function failAtExpiry({ world, connectionId }: Story): Promise<void> {
  const before = await readToken(world, connectionId);
  world.clock.advanceTo(before.expiresAt);
  world.personality.failNext("refresh", "transient");
  expect(await world.evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "unavailable" });
  world.clock.advance(pauseMs);
  expect(await readToken(world, connectionId)).toMatchObject({ generation: before.generation + 1 });
}

async function askForMore({ world, expected: { id, request } }: Story): Promise<void> {
  const { scopes, optionalScopes } = world.personality;
  const asked = { integration: id, subject: "alice", scopes: [...scopes, ...optionalScopes] };
  await world.evergrant.browser().open((await world.evergrant.api.connections.authorize.mutate(asked)).authorizeUrl);
  const last = world.personality.seen("authorization").at(-1);
  expect(Object.fromEntries(last?.query ?? [])).toMatchObject({ ...request, optional_scope: optionalScopes.join(" ") });
  expect(last?.status).toBe(302);
}

async function refuseForeignServer({ world, expected }: Story): Promise<void> {
  const { api, browser, publicUrl } = world.evergrant;
  const mallory = browser();
  const codes = world.personality.seen("code").length;
  const { authorizeUrl } = await api.connections.authorize.mutate({ integration: expected.id, subject: "mallory" });
  const { url } = await mallory.open(authorizeUrl, { stopAt: ({ href }) => href.startsWith(`${publicUrl}/oauth/callback/`) });
  url.searchParams.set("accounts-server", "https://accounts.zoho.example");
  await mallory.open(url.href);
  const { connections } = await api.connections.list.query({ subject: "mallory" });
  expect(connections).toEqual([]);
  expect(world.personality.seen("code")).toHaveLength(codes);
}

async function endGrant(story: Story): Promise<void> {
  const { world, expected, connectionId } = story;
  const before = await readToken(world, connectionId);
  expect(world.personality.revokeGrants()).toBeGreaterThan(0);
  if (expected.kept === "refresh") world.clock.advanceTo(before.expiresAt);
  const answer = withStatus("reauthorization_required", await renew(story, before));
  expect(answer.reason).toBe(expected.kept === "never" ? "no_refresh_token" : "grant_revoked");
  story.authorizeUrl = answer.authorizeUrl;
}

async function reconnect({ world, expected, connectionId, authorizeUrl }: Story): Promise<void> {
  const { api, browser } = world.evergrant;
  const asked = { integration: expected.id, subject: "alice", connectionId };
  await browser().open(authorizeUrl ?? (await api.connections.authorize.mutate(asked)).authorizeUrl);
  expect(await world.isTaken(await readToken(world, connectionId))).toBe(true);
  const { connections } = await api.connections.list.query({});
  expect(connections.map(({ id }) => id)).toEqual([connectionId]);
  expect(await api.tokens.status.query({ connectionId })).toMatchObject({ hasRefreshToken: expected.kept !== "never" });
}

async function disconnect({ world, expected, connectionId }: Story): Promise<void> {
  const { revocation, leaves } = expected;
  const answer = await readToken(world, connectionId);
  expect(await world.evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation });
  expect(await world.isTaken(answer), "whether the token still works").toBe(revocation === "unsupported");
  expect(world.personality.livingGrants()).toBe(leaves === "grant" ? 1 : 0);
}

async function disconnectEnded({ world, expected: { id, revocation } }: Story): Promise<void> {
  const connectionId = await world.evergrant.connect("bob", { integration: id });
  world.personality.revokeGrants();
  expect(await world.evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation });
}

async function revokeLater({ world, expected: { id } }: Story): Promise<void> {
  const connectionId = await world.evergrant.connect("carol", { integration: id });
  const answer = await readToken(world, connectionId);
  world.personality.failNext("revocation", "transient");
  expect(await world.evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation: "unreachable" });
  world.clock.advance(180_000);
  await world.evergrant.app.refreshDue({ limit: 10, deadlineMs: 10_000 });
  expect(await world.isTaken(answer), "whether the token still works").toBe(false);
  expect(world.personality.seen("revocation").at(-1)?.status).toBeLessThan(300);
}

async function endSiblings({ world, expected: { id } }: Story): Promise<void> {
  const { api, app, connect: open } = world.evergrant;
  const [first, second] = [await open("dave", { integration: id }), await open("erin", { integration: id })];
  const { revocation, rechecked } = await api.connections.disconnect.mutate({ connectionId: first });
  expect({ revocation, rechecked }).toEqual({ revocation: "revoked", rechecked: [second] });
  await app.refreshDue({ limit: 10, deadlineMs: 10_000 });
  expect(await api.tokens.get.query({ connectionId: second })).toMatchObject({
    status: "reauthorization_required",
    reason: "grant_revoked",
  });
}

/** Has a token renewed in the provider's way: when it is due, or because an API refused it. */
async function renew({ world: { evergrant, clock }, expected: { kept } }: Story, before: Active): Promise<TokenAnswer> {
  const { connectionId, generation, expiresAt } = before;
  if (kept === "on_refusal" || kept === "never") {
    // A set that has only just come is not refreshed.
    clock.advance(20_000);
    return evergrant.api.tokens.refresh.mutate({ connectionId, ifGeneration: generation });
  }
  clock.advanceTo(new Date(Date.parse(expiresAt ?? "") - dueMs));
  await evergrant.app.refreshDue({ limit: 10, deadlineMs: 10_000 });
  return evergrant.api.tokens.get.query({ connectionId });
}

function renewals({ personality }: StartedWith) {
  const asked = personality.seen().filter(({ operation }) => operation === "refresh" || operation === "renewal");
  return asked.map(({ at, status }) => ({ at, status }));
}

/** Captured URLs, as they are on this machine where the personality says where things are. */
function local({ personality }: StartedWith, captured: Expectation["captured"]): Record<string, string> {
  const isPlace = (name: string) => ["instance_url", "accounts-server", "api_domain", "api_url"].includes(name);
  return Object.fromEntries(Object.entries(captured).map(([name, value]) => [name, isPlace(name) ? personality.local(value) : value]));
}
