import { count, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { authorizationRequests } from "../src/tables.ts";
import { failureOn, land, reachCallback, reachProvider } from "./flow.ts";
import { type Started, start } from "./start.ts";

async function rowsIn({ database }: Started): Promise<number> {
  const [row] = await database.orm.select({ rows: count() }).from(authorizationRequests);
  return row?.rows ?? 0;
}

it("a link that is opened again and again keeps its subject's newest twenty flows; the newest ends well, and other subjects' are left alone", async () => {
  await using evergrant = await start();
  const others = await reachCallback(evergrant, { subject: "bob" });
  const first = await reachCallback(evergrant);
  for (let opened = 0; opened < 25; opened += 1) await evergrant.app.request(first.link);
  const last = await reachCallback(evergrant);
  expect(await rowsIn(evergrant)).toBe(21);
  expect((await land(last.browser, last.callback)).html).toMatch(/con_/);
  expect((await land(others.browser, others.callback)).html).toMatch(/con_/);
  expect(failureOn(await land(first.browser, first.callback))).toBe("request_unknown");
});

it("a flood of links of many subjects leaves the newest hundred thousand flows, and one begun last among them", async () => {
  await using evergrant = await start();
  const { browser, url } = await reachProvider(evergrant, { subject: "bob" });
  // What a flood leaves behind: copies of that one under other names, begun a minute before.
  await evergrant.database.orm.run(sql`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100500)
    INSERT INTO authorization_requests (state_hash, integration_id, subject, scopes, browser_hash, authority, client_hash, redirect_uri, expires_at)
    SELECT 'flood-' || n, integration_id, 'subject-' || n, scopes, browser_hash, authority, client_hash, redirect_uri, expires_at - 60000
    FROM numbers, authorization_requests`);
  const { removed } = await evergrant.app.keepRecords({ deadlineMs: 30_000 });
  expect(removed.authorizationRequests).toBe(501);
  expect(await rowsIn(evergrant)).toBe(100_000);
  expect((await land(browser, url)).html).toMatch(/con_/);
});

it.each(["with a length", "without one"])("a form posted to a callback is read up to 64 KiB and no further, %s", async (how) => {
  await using evergrant = await start();
  let sentBytes = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sentBytes += 16_384;
      controller.enqueue(new Uint8Array(16_384).fill(97));
    },
  });
  const body = how === "with a length" ? "a".repeat(70_000) : endless;
  const init = { method: "POST", body, duplex: "half" } as const;
  const response = await evergrant.app.fetch(new Request(`${evergrant.publicUrl}/oauth/callback/sandbox`, init));
  expect(response.status).toBe(413);
  expect(sentBytes).toBeLessThan(200_000);
});
