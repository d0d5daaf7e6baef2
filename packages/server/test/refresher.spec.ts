import { env } from "node:process";
import { expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { TransportError } from "../src/guarded-fetch.ts";
import { openBrowser } from "./browser.ts";
import { present, start } from "./start.ts";

/** Connections of each provider; a long run asks for more. */
const perProvider = Number(env["EVERGRANT_REFRESHER_CONNECTIONS"] ?? 120);
/** Refresh token grants that the limited provider takes in a second. */
const limitPerSecond = 50;

it(
  "many connections due at once: the healthy are drained, the limited provider's limit is kept, the one that is down harms nobody",
  { timeout: 900_000 },
  async () => {
    const asked = { healthy: 0, limited: 0, down: 0, refused: 0 };
    let window = { second: -1, grants: 0 };
    let isDown = false;
    let isLimited = false;
    const provider = (name: string) => ({
      clientId: name,
      clientSecret: "a-secret",
      provider: {
        authorizationEndpoint: `https://${name}.example/authorize`,
        tokenEndpoint: `https://${name}.example/token`,
        rotation: { mode: "strict" as const },
      },
    });
    let issued = 0;
    await using evergrant = await start({
      config: () => ({ providers: { healthy: provider("healthy"), limited: provider("limited"), down: provider("down") } }),
      app: {
        fetch: async (url) => {
          const name = new URL(url).hostname.split(".")[0];
          if (name === "down" && isDown) {
            asked.down += 1;
            throw new TransportError("not_sent", "no connection");
          }
          if (name === "healthy") asked.healthy += 1;
          if (name === "limited" && isLimited) {
            const second = Math.floor(evergrant.clock.now().getTime() / 1_000);
            window = second === window.second ? { second, grants: window.grants + 1 } : { second, grants: 1 };
            if (window.grants > limitPerSecond) {
              asked.refused += 1;
              return Response.json({ error: "slow_down" }, { status: 429, headers: { "retry-after": "1" } });
            }
            asked.limited += 1;
          }
          issued += 1;
          return Response.json({ access_token: `a${issued}`, refresh_token: `r${issued}`, token_type: "Bearer", expires_in: 3_600 });
        },
      },
    });
    const connect = async (integration: string, subject: string) => {
      const browser = openBrowser((request) => evergrant.app.fetch(request));
      const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration, subject });
      const { url } = await browser.open(authorizeUrl, { stopAt: (at) => at.hostname.endsWith(".example") });
      const back = new URL(present(url.searchParams.get("redirect_uri")));
      back.search = new URLSearchParams({ state: present(url.searchParams.get("state")), code: "a-code" }).toString();
      await browser.open(back.href);
    };
    for (let subject = 0; subject < perProvider; subject += 1) {
      for (const integration of ["healthy", "limited", "down"]) await connect(integration, `subject-${subject}`);
    }
    const before = process.memoryUsage().rss;
    Object.assign(asked, { healthy: 0 });
    [isDown, isLimited] = [true, true];
    evergrant.clock.advance(3_590_000);

    const startedAt = performance.now();
    let rounds = 0;
    for (; rounds < 2_000 && (asked.healthy < perProvider || asked.limited < perProvider); rounds += 1) {
      await evergrant.app.refreshDue({ limit: 200, deadlineMs: 30_000 });
      evergrant.clock.advance(1_000);
    }
    const tookMs = performance.now() - startedAt;

    // One grant each where it was possible, and few where it was not.
    expect(asked.healthy).toBe(perProvider);
    expect(asked.limited).toBe(perProvider);
    expect(asked.refused).toBeLessThan(perProvider);
    expect(asked.down).toBeLessThan(rounds + 60);
    isDown = false;
    for (let round = 0; round < 400; round += 1) {
      evergrant.clock.advance(10_000);
      if ((await evergrant.app.refreshDue({ limit: 500, deadlineMs: 30_000 })).due === 0 && round > 60) break;
    }
    const { connections } = await evergrant.api.connections.list.query({ limit: 200 });
    expect(new Set(connections.map(({ status }) => status))).toEqual(new Set(["active"]));
    const { events } = await evergrant.api.events.list.query({ limit: 500, after: perProvider * 3 });
    expect(events.filter(({ type }) => type === "connection.reauthorization_required")).toEqual([]);
    if (env["EVERGRANT_REFRESHER_CONNECTIONS"] !== undefined) {
      const growthMiB = Math.round((process.memoryUsage().rss - before) / 1_048_576);
      process.stdout.write(`${JSON.stringify({ perProvider, rounds, tookMs: Math.round(tookMs), asked, growthMiB })}\n`);
    }
  },
);

it("closing with fifty refreshes due: those under way end, the others are not begun, and no lease is left", async () => {
  await using evergrant = await start();
  const { app, clock, database, sandbox } = evergrant;
  for (let subject = 0; subject < 50; subject += 1) await evergrant.connect(`subject-${subject}`);
  clock.advance(3_600_000);
  const held = sandbox.hold("refresh", "after");
  const round = app.refreshDue({ limit: 50, deadlineMs: 30_000 });
  await held.arrived;
  const closed = app.close();
  held.release();
  await round;

  expect(await closed).toBe(true);
  const grants = sandbox.grants("refresh_token").length;
  expect(grants).toBeGreaterThan(0);
  expect(grants).toBeLessThan(50);
  const [rows] = await database.orm.all(
    sql`SELECT sum(generation = 2) AS refreshed, sum(generation = 1) AS due, count(lease_owner) AS leased FROM refresh_schedule`,
  );
  expect(rows).toEqual({ refreshed: grants, due: 50 - grants, leased: 0 });
  // Another process goes on where this one stopped.
  const other = await evergrant.another();
  expect(await other.refreshDue({ limit: 50, deadlineMs: 30_000 })).toEqual({ due: 50 - grants });
  expect(sandbox.grants("refresh_token")).toHaveLength(50);
});
