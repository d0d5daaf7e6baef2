import { expect, it, vi } from "vitest";
import { createGuardedFetch } from "../src/guarded-fetch.ts";
import { revocations, unconfirmedGrants } from "../src/tables.ts";
import { appOrigin, failureOn, land, reachCallback } from "./flow.ts";
import { start } from "./start.ts";

const sweep = { limit: 10, deadlineMs: 5_000 };

/** Holds what asks whose account it is, after the code has been exchanged, until it is let go. */
function stopAtAccount() {
  const own = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  let release = () => {};
  const letGo = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = { account: 0 };
  return {
    asked,
    letGo: release,
    fetch: async (url: string, init: Parameters<typeof own>[1]) => {
      if (url.endsWith("/me")) {
        asked.account += 1;
        await letGo;
      }
      return own(url, init);
    },
  };
}

it.each([
  ["http://127.0.0.1:4000", "a connection"],
  ["https://evergrant.test", "a grant to confirm"],
])("at %s a grant waits sealed for its revocation from the moment it has come until it is %s", async (publicUrl) => {
  const stop = stopAtAccount();
  await using evergrant = await start({ config: () => ({ publicUrl, returnOrigins: [appOrigin] }), app: { fetch: stop.fetch } });
  const { browser, callback } = await reachCallback(evergrant);
  const landing = land(browser, callback);
  await vi.waitFor(() => expect(stop.asked.account).toBe(1));
  expect(await evergrant.database.orm.select().from(revocations)).toHaveLength(1);
  // Long enough for the account endpoint, and no time for another process to take the grant for left behind.
  evergrant.clock.advance(60_000);
  await evergrant.app.refreshDue(sweep);
  expect(evergrant.sandbox.livingGrants()).toHaveLength(1);

  stop.letGo();
  expect((await landing).status).toBe(200);
  expect(await evergrant.database.orm.select().from(revocations)).toEqual([]);
  evergrant.clock.advance(300_000);
  await evergrant.app.refreshDue(sweep);
  expect(evergrant.sandbox.counters().revocation).toBe(0);
});

it.each(["http://127.0.0.1:4000", "https://evergrant.test"])(
  "at %s a grant whose process is gone, or takes forever, is revoked by another, and nothing comes of it any more",
  async (publicUrl) => {
    const stop = stopAtAccount();
    await using evergrant = await start({ config: () => ({ publicUrl, returnOrigins: [appOrigin] }), app: { fetch: stop.fetch } });
    const { browser, callback } = await reachCallback(evergrant);
    const landing = land(browser, callback);
    await vi.waitFor(() => expect(stop.asked.account).toBe(1));

    evergrant.clock.advance(300_000);
    const other = await evergrant.another();
    await other.refreshDue(sweep);
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    await other.close();

    stop.letGo();
    expect(failureOn(await landing)).toBe("server_error");
    expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
    expect(await evergrant.database.orm.select().from(unconfirmedGrants)).toEqual([]);
    const { events } = await evergrant.api.events.list.query({});
    expect(events).toMatchObject([{ type: "connection.revocation", connectionId: null, details: { outcome: "revoked" } }]);
  },
);
