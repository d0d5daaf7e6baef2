import type { AuthorizeInput } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { unconfirmedGrants } from "../src/tables.ts";
import { appOrigin, failureOn, land, landWith, reachCallback, resultOf, wholeFlow } from "./flow.ts";
import { type StartOptions, type Started, sandboxIntegration, start } from "./start.ts";

const publicUrl = "https://evergrant.test";
const returnTo = `${appOrigin}/done`;
const inPublic = (providers: StartOptions["config"] = () => ({})): StartOptions => ({
  config: (sandbox) => ({ publicUrl, returnOrigins: [appOrigin], ...providers(sandbox) }),
});
const fiveMinutes = 300_000;
const sweep = { limit: 10, deadlineMs: 5_000 };

/** A flow up to the app, which is to confirm it. */
async function reachApp(evergrant: Started, input: Partial<AuthorizeInput> = {}) {
  const { confirmation = "", status = "", connection = "", error = "" } = resultOf(await wholeFlow(evergrant, { returnTo, ...input }));
  return { confirmation, status, connection, error };
}

async function confirmationRefused(evergrant: Started, confirmation: string, subject: string) {
  const refusal = evergrant.api.connections.confirm.mutate({ confirmation, subject });
  await expect(refusal).rejects.toMatchObject({ data: { code: "NOT_FOUND", reason: "confirmation_invalid" } });
}

async function eventTypes(evergrant: Started) {
  return (await evergrant.api.events.list.query({})).events.map(({ type }) => type);
}

describe("a finished flow at a public URL", () => {
  it("is not a connection before it is confirmed: nobody can read it, and it is not refreshed", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation, status, connection: connectionId } = await reachApp(evergrant);
    expect([status, connectionId, confirmation]).toEqual([
      "unconfirmed",
      expect.stringMatching(/^con_/),
      expect.stringMatching(/^[\w-]{43}$/),
    ]);

    const { api } = evergrant;
    expect((await api.connections.list.query({})).connections).toEqual([]);
    expect(await api.tokens.get.query({ integration: "sandbox", subject: "alice" })).toMatchObject({ status: "not_connected" });
    for (const read of [api.connections.get.query, api.tokens.get.query, api.tokens.status.query]) {
      await expect(read({ connectionId })).rejects.toMatchObject({ data: { code: "NOT_FOUND" } });
    }
    for (const act of [
      () => api.tokens.refresh.mutate({ connectionId, ifGeneration: 1 }),
      () => api.connections.disconnect.mutate({ connectionId }),
    ]) {
      await expect(act()).rejects.toMatchObject({ data: { code: "NOT_FOUND" } });
    }
    evergrant.clock.advance(120_000);
    expect(await evergrant.app.refreshDue(sweep)).toEqual({ due: 0 });
    expect(evergrant.sandbox.grants("refresh_token")).toEqual([]);
    expect(await eventTypes(evergrant)).toEqual([]);
  });

  it("an empty confirmation is refused with where a confirmation comes from", async () => {
    await using evergrant = await start(inPublic());
    const refusal = evergrant.api.connections.confirm.mutate({ confirmation: "", subject: "alice" });
    await expect(refusal).rejects.toThrow("confirmation: empty: give what came back with the browser at returnTo");
  });

  it("keeps the confirmation as a hash, and the tokens sealed", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    const rows = await evergrant.database.orm.select().from(unconfirmedGrants);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(confirmation);
    expect(Buffer.from(rows[0]?.grant ?? []).toString("latin1")).not.toMatch(/accessToken|notes:read/);
  });

  it("becomes its subject's connection by one confirmation, under the id that it announced", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation, connection } = await reachApp(evergrant);
    evergrant.clock.advance(fiveMinutes - 1_000);
    const view = await evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" });
    expect(view).toMatchObject({ id: connection, subject: "alice", status: "active", account: { id: "alice" } });
    // The grant lived its first minutes unconfirmed; what has expired meanwhile is refreshed, as ever.
    expect(await evergrant.api.tokens.get.query({ connectionId: view.id })).toMatchObject({ status: "active" });
    expect((await eventTypes(evergrant))[0]).toBe("connection.created");

    await confirmationRefused(evergrant, confirmation, "alice");
    await confirmationRefused(evergrant, confirmation, "mallory");
    expect(await evergrant.api.connections.get.query({ connectionId: view.id })).toMatchObject({ subject: "alice", status: "active" });
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
  });

  it("is confirmed once, also by many at one moment", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" })),
    );
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await evergrant.api.connections.list.query({})).connections).toHaveLength(1);
    expect(await eventTypes(evergrant)).toEqual(["connection.created"]);
  });

  it("that another subject tries to confirm is over: the tokens are revoked, and its own subject cannot have it either", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    await confirmationRefused(evergrant, confirmation, "mallory");
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    await confirmationRefused(evergrant, confirmation, "alice");

    expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
    const { events } = await evergrant.api.events.list.query({});
    expect(events).toMatchObject([
      {
        type: "connection.confirmation_refused",
        subject: "alice",
        connectionId: null,
        details: { why: "other_subject", revocation: "revoked" },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(confirmation);
  });

  it("can be confirmed for five minutes, and after ten its tokens are revoked and forgotten, with an event", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    evergrant.clock.advance(fiveMinutes);
    await confirmationRefused(evergrant, confirmation, "alice");
    await evergrant.app.refreshDue(sweep);
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);

    evergrant.clock.advance(fiveMinutes);
    await evergrant.app.refreshDue(sweep);
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    expect(await evergrant.database.orm.select().from(unconfirmedGrants)).toEqual([]);
    const { events } = await evergrant.api.events.list.query({});
    expect(events).toMatchObject([{ type: "connection.confirmation_refused", details: { why: "not_confirmed", revocation: "revoked" } }]);
    await evergrant.app.refreshDue(sweep);
    expect(evergrant.sandbox.counters().revocation).toBe(1);
  });

  it("whose provider cannot be reached to revoke is kept for the next round, and forgotten when it is revoked", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    evergrant.sandbox.faults.add({ on: "revocation", kind: "status", status: 503, retryAfter: 30 });
    await confirmationRefused(evergrant, confirmation, "mallory");
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    await confirmationRefused(evergrant, confirmation, "alice");

    evergrant.clock.advance(60_000);
    await evergrant.app.refreshDue(sweep);
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    expect(await evergrant.database.orm.select().from(unconfirmedGrants)).toEqual([]);
  });

  it("is not confirmed by what was not given out, and a guess costs the grant nothing", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation, connection } = await reachApp(evergrant);
    for (const guess of ["A".repeat(43), connection, confirmation.toLowerCase(), `${confirmation} `, confirmation.slice(0, -1)]) {
      await confirmationRefused(evergrant, guess, "alice");
    }
    expect(await evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" })).toMatchObject({ id: connection });
  });

  it("is out of reach for a key of another integration, which does not end it either", async () => {
    await using evergrant = await start(inPublic());
    const { confirmation } = await reachApp(evergrant);
    const other = evergrant.as(await evergrant.apiKeyFor(["connections:write"], { integrations: ["github"] }));
    for (const subject of ["alice", "mallory"]) {
      await expect(other.connections.confirm.mutate({ confirmation, subject })).rejects.toMatchObject({ data: { code: "NOT_FOUND" } });
    }
    expect(await evergrant.api.connections.confirm.mutate({ confirmation, subject: "alice" })).toMatchObject({ status: "active" });
  });

  it("without a returnTo ends on a page that sends the person back to the app, and tells the confirmation to the opener alone", async () => {
    await using evergrant = await start(inPublic());
    const plain = await wholeFlow(evergrant);
    expect([plain.status, plain.html]).toEqual([200, expect.stringContaining("Almost connected")]);
    expect(plain.html).not.toMatch(/<script|confirmation/);

    const popup = await wholeFlow(evergrant, { openerOrigin: appOrigin });
    const told: unknown = JSON.parse(/data-tell="([^"]*)"/.exec(popup.html)?.[1]?.replaceAll("&quot;", '"') ?? "null");
    expect(told).toMatchObject({
      origin: appOrigin,
      message: { source: "evergrant", status: "unconfirmed", confirmation: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  it("twice for one account becomes one connection", async () => {
    await using evergrant = await start(inPublic());
    const [first, second] = [await reachApp(evergrant), await reachApp(evergrant)];
    await evergrant.api.connections.confirm.mutate({ confirmation: first.confirmation, subject: "alice" });
    await evergrant.api.connections.confirm.mutate({ confirmation: second.confirmation, subject: "alice" });
    expect((await evergrant.api.connections.list.query({})).connections).toHaveLength(1);
    expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" })).toMatchObject({ status: "active" });
  });
});

describe("a link that is sent to somebody else", () => {
  it("leaves nothing readable: the victim's app confirms as the victim, and that ends it", async () => {
    await using evergrant = await start(inPublic());
    // Mallory makes a link for herself; Victor opens it, is known at the provider, and consents.
    evergrant.sandbox.setAccount("victor");
    const { confirmation } = await reachApp(evergrant, { subject: "mallory" });
    await confirmationRefused(evergrant, confirmation, "victor");
    expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "mallory" })).toMatchObject({ status: "not_connected" });
    expect(evergrant.sandbox.livingGrants("victor")).toEqual([]);
  });

  it("does not renew a connection of the sender's either", async () => {
    await using evergrant = await start(inPublic());
    const own = await reachApp(evergrant, { subject: "mallory" });
    const { id: connectionId } = await evergrant.api.connections.confirm.mutate({ confirmation: own.confirmation, subject: "mallory" });
    evergrant.sandbox.setAccount("victor");
    expect(await reachApp(evergrant, { subject: "mallory", connectionId })).toMatchObject({ status: "failed", error: "account_mismatch" });
    expect(await reachApp(evergrant, { subject: "mallory" })).toMatchObject({ status: "unconfirmed" });
    expect((await evergrant.api.connections.list.query({})).connections).toMatchObject([{ id: connectionId, account: { id: "alice" } }]);
  });
});

describe("no confirmation is needed", () => {
  it("where a reconnection brings the account that the connection had", async () => {
    await using evergrant = await start(inPublic());
    const first = await reachApp(evergrant);
    const { id: connectionId } = await evergrant.api.connections.confirm.mutate({ confirmation: first.confirmation, subject: "alice" });
    for (const generation of [2, 3]) {
      const again = await reachApp(evergrant, generation === 2 ? { connectionId } : {});
      expect(again).toEqual({ status: "connected", connection: connectionId, confirmation: "", error: "" });
      expect(await evergrant.api.tokens.status.query({ connectionId })).toMatchObject({ generation });
    }
  });

  it("where the integration says confirm: false", async () => {
    await using evergrant = await start(
      inPublic((sandbox) => ({ providers: { sandbox: { ...sandboxIntegration(sandbox), confirm: false } } })),
    );
    expect(await reachApp(evergrant)).toMatchObject({ status: "connected", confirmation: "" });
    expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" })).toMatchObject({ status: "active" });
  });

  it("but is, where nobody can say whose account a reconnection brings", async () => {
    await using evergrant = await start(inPublic());
    evergrant.sandbox.faults.add({ on: "account", kind: "status", status: 503, times: "always" });
    const first = await reachApp(evergrant);
    const { id: connectionId } = await evergrant.api.connections.confirm.mutate({ confirmation: first.confirmation, subject: "alice" });
    expect(await reachApp(evergrant, { connectionId })).toMatchObject({ status: "unconfirmed" });
  });
});

describe("the cookie of a flow", () => {
  const cookieOf = async (evergrant: Started) => {
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
    const response = await evergrant.app.fetch(new Request(authorizeUrl));
    const [pair = "", ...attributes] = response.headers.getSetCookie()[0]?.split("; ") ?? [];
    return { name: pair.split("=")[0], value: pair.split("=")[1], attributes: attributes.map((each) => each.toLowerCase()).toSorted() };
  };

  it("over https is __Host-, Secure, HttpOnly and SameSite=Lax, and lasts an hour", async () => {
    await using evergrant = await start(inPublic());
    const cookie = await cookieOf(evergrant);
    expect(cookie).toMatchObject({ name: expect.stringMatching(/^__Host-/), value: expect.stringMatching(/^[\w-]{43}$/) });
    expect(cookie.attributes).toEqual(["httponly", "max-age=3600", "path=/", "samesite=lax", "secure"]);
  });

  it("on an http loopback has a plain name, and all that plain http can have", async () => {
    await using evergrant = await start();
    const cookie = await cookieOf(evergrant);
    expect(cookie.name).not.toMatch(/^__/);
    expect(cookie.attributes).toEqual(["httponly", "max-age=3600", "path=/", "samesite=lax"]);
  });

  it("without its prefix, as a sibling host could plant it, is none", async () => {
    await using evergrant = await start(inPublic());
    const { browser, callback } = await reachCallback(evergrant);
    const [name = "", value = ""] = browser.cookies("evergrant.test").split("=");
    expect(failureOn(await landWith(evergrant.app, callback, `${name.replace("__Host-", "")}=${value}`))).toBe("other_browser");
    expect(failureOn(await land(browser, callback))).toBeNull();
  });
});
