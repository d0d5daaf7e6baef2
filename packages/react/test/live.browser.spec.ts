import { runsInChromium } from "@evergrant/server/test/chromium";
import { type World, appOrigin, consentAs, openWorld } from "@evergrant/server/test/world";
import { beforeAll, describe, expect, it } from "vitest";
import { button, comesTo, openPopup, outcome, visit } from "./visit.ts";

describe.skipIf(!runsInChromium)("a page that is kept up to date", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    return () => world[Symbol.asyncDispose]();
  });

  type Visited = Awaited<ReturnType<typeof visit>>;

  /** Counts the streams of events that browsers have open. */
  function countStreams({ evergrant }: Visited): () => number {
    let streams = 0;
    world.hosts.serve("evergrant.test", (request) => {
      if (request.method === "GET" && request.url.includes("events.stream")) {
        streams += 1;
        request.signal.addEventListener("abort", () => {
          streams -= 1;
        });
      }
      return evergrant.app.fetch(request);
    });
    return () => streams;
  }

  /** As where the owner revokes at the provider: Evergrant learns of it at the next refresh. */
  async function endGrant({ evergrant }: Visited): Promise<void> {
    evergrant.sandbox.revokeGrant({ account: "alice" });
    evergrant.clock.advance(3_600_000);
    const answer = await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" });
    expect(answer.status).toBe("reauthorization_required");
  }

  it("re-authorization: a grant that ends elsewhere turns the button, which renews the same connection", async () => {
    await using visited = await visit(world);
    const { page, evergrant } = visited;
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    const [before] = (await evergrant.api.connections.list.query({})).connections;
    await endGrant(visited);
    await comesTo(page, "reauthorize");
    expect(await button(page).innerText()).toMatch(/^Reconnect /);
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    const { connections: after } = await evergrant.api.connections.list.query({});
    expect(after).toMatchObject([{ id: before?.id, status: "active" }]);
  });

  it("two tabs: one stream for both, and what happens in one is seen in the other", async () => {
    await using visited = await visit(world);
    const streams = countStreams(visited);
    const { page: first, url } = visited;
    const second = await first.context().newPage();
    await second.goto(url);
    await first.reload();
    await consentAs(await openPopup(first), "Alice");
    for (const page of [first, second]) await comesTo(page, "disconnect");
    expect(await outcome(second)).toBe(null);
    await endGrant(visited);
    for (const page of [first, second]) await comesTo(page, "reauthorize");
    expect(streams()).toBe(1);
  });

  it("the tab that holds the stream is closed: another takes it on from where it was", async () => {
    await using visited = await visit(world);
    const streams = countStreams(visited);
    const { page: first, url } = visited;
    await consentAs(await openPopup(first), "Alice");
    await comesTo(first, "disconnect");
    await first.goto("about:blank");
    const holder = await first.context().newPage();
    await holder.goto(url);
    await expect.poll(streams).toBe(1);
    await first.goto(url);
    await comesTo(first, "disconnect");
    await holder.close();
    await expect.poll(streams).toBe(1);
    await endGrant(visited);
    await comesTo(first, "reauthorize");
  });

  it("without Web Locks and BroadcastChannel each tab has a stream of its own", async () => {
    await using visited = await visit(world);
    const streams = countStreams(visited);
    const { page, url } = visited;
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    await page.context().addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, "locks");
      Reflect.deleteProperty(window, "BroadcastChannel");
    });
    const second = await page.context().newPage();
    for (const each of [page, second]) {
      await each.goto("about:blank");
      await each.goto(url);
      await comesTo(each, "disconnect");
    }
    await expect.poll(streams).toBe(2);
    await endGrant(visited);
    for (const each of [page, second]) await comesTo(each, "reauthorize");
  });

  it("somebody else signs in: nothing of the one before is shown, be it the same page or another tab that signs in", async () => {
    await using visited = await visit(world);
    const { page, evergrant } = visited;
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    const signInAs = async (value: string) => {
      await page.context().addCookies([{ name: "session", value, url: appOrigin, httpOnly: true, sameSite: "Lax" }]);
    };

    await page.getByRole("button", { name: "Sign out" }).click();
    await signInAs("bob");
    const shown = page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const states: string[] = [];
          new MutationObserver(() => {
            states.push(document.querySelector("main > button")?.getAttribute("data-state") ?? "");
            if (states.includes("connect")) resolve(states);
          }).observe(document.body, { subtree: true, childList: true, attributes: true });
        }),
    );
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(new Set(await shown)).toEqual(new Set(["loading", "connect"]));

    await signInAs("alice");
    evergrant.clock.advance(16 * 60_000);
    await comesTo(page, "disconnect");
  });

  it("an expired session is renewed, once, and the person notices nothing", async () => {
    await using visited = await visit(world);
    const { page, evergrant, app, complaints } = visited;
    await comesTo(page, "connect");
    const before = app.sessions();
    evergrant.clock.advance(16 * 60_000);
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    expect(app.sessions()).toBe(before + 1);
    // Chromium tells of every answer with a 401.
    expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});
