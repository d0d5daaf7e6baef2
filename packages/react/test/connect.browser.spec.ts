import { runsInChromium } from "@evergrant/server/test/chromium";
import { type World, appOrigin, consentAs, openWorld } from "@evergrant/server/test/world";
import { beforeAll, describe, expect, it } from "vitest";
import { button, closing, comesTo, connections, notesButton, openPopup, outcome, said, visit } from "./visit.ts";

describe.skipIf(!runsInChromium)("a page that connects accounts", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    return () => world[Symbol.asyncDispose]();
  });

  it("by popup: it closes, the flow is confirmed, and the button says so", async () => {
    await using visited = await visit(world);
    const { page, complaints } = visited;
    await comesTo(page, "connect");
    const popup = await openPopup(page);
    await comesTo(page, "waiting");
    await consentAs(popup, "Alice");
    await closing(popup);
    await comesTo(page, "disconnect");
    expect([await outcome(page), await said(page)]).toEqual(["connected", expect.stringMatching(/ is connected\.$/)]);
    expect(await connections(page)).toMatch(/^sandbox active/);
    expect(complaints).toEqual([]);
  });

  it("by redirect: the page comes back to itself, its own words in the URL as they were, and confirms what it had begun", async () => {
    await using visited = await visit(world, { mode: "redirect", query: `?status=open&long=${"x".repeat(3_000)}` });
    const { page, url } = visited;
    await button(page).click();
    await consentAs(page, "Alice");
    await page.waitForURL(url);
    await comesTo(page, "disconnect");
    expect(await outcome(page)).toBe("connected");
    expect(await connections(page)).toMatch(/^sandbox active/);
    // The result is out of the URL, so that a reload confirms nothing twice.
    await page.reload();
    await comesTo(page, "disconnect");
    expect(await outcome(page)).toBe(null);
  });

  it("left for the provider, and come back to by the browser's own button, can be begun again", async () => {
    await using visited = await visit(world, { mode: "redirect" });
    const { page } = visited;
    await button(page).click();
    await page.getByRole("button", { name: "Alice" }).waitFor();
    await page.goBack();
    await comesTo(page, "connect");
    expect(await said(page)).toBe("");
  });

  it("where popups are blocked, goes by redirect", async () => {
    await using visited = await visit(world);
    const { page, url } = visited;
    // As a browser's blocker has it.
    await page.evaluate(() => Object.assign(window, { open: () => null }));
    await button(page).click();
    await consentAs(page, "Alice");
    await page.waitForURL(url);
    await comesTo(page, "disconnect");
    expect(await outcome(page)).toBe("connected");
  });

  it("popup closed: the button says that nothing was connected, and connects at the next try", async () => {
    await using visited = await visit(world);
    const { page } = visited;
    const first = await openPopup(page);
    await comesTo(page, "waiting");
    await first.close();
    await comesTo(page, "connect");
    expect([await outcome(page), await said(page)]).toEqual(["cancelled", "Nothing was connected."]);
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
  });

  it("called off in the page: the popup closes", async () => {
    await using visited = await visit(world);
    const { page } = visited;
    const popup = await openPopup(page);
    await comesTo(page, "waiting");
    await popup.getByRole("button", { name: "Alice" }).waitFor();
    await button(page).click();
    await closing(popup);
    await comesTo(page, "connect");
    expect(await outcome(page)).toBe("cancelled");
  });

  it("opener severed by the provider (COOP): the popup comes back to the app, and the first tab hears of it", async () => {
    await using visited = await visit(world, {
      config: ({ issuer, tokenEndpoint, client }) => ({
        providers: {
          sandbox: {
            provider: { issuer, authorizationEndpoint: "https://severing.test/auth", tokenEndpoint },
            ...client,
            scopes: ["notes:read"],
          },
        },
      }),
    });
    const { page, evergrant } = visited;
    world.hosts.serve("severing.test", (request) => {
      const onwards = new URL(evergrant.sandbox.authorizationEndpoint);
      onwards.search = new URL(request.url).search;
      const headers = { "content-type": "text/html", "cross-origin-opener-policy": "same-origin" };
      return new Response(`<!doctype html><a href="${onwards.href.replaceAll("&", "&amp;")}">Go on</a>`, { headers });
    });
    const reachProvider = async () => {
      const popup = await openPopup(page);
      await popup.getByRole("link", { name: "Go on" }).click();
      expect(await popup.evaluate(() => window.opener)).toBe(null);
      await popup.getByRole("button", { name: "Alice" }).click();
      return popup;
    };
    // A refusal leaves no trace at the server: only the popup can tell of it.
    const refusing = await reachProvider();
    await refusing.getByRole("button", { name: "Deny" }).click();
    await expect.poll(() => outcome(page)).toBe("denied");
    await closing(refusing);

    const allowing = await reachProvider();
    await allowing.getByRole("button", { name: "Allow" }).click();
    await comesTo(page, "disconnect");
    expect(await outcome(page)).toBe("connected");
    await closing(allowing);
  });

  it("opener reloaded meanwhile: nobody answers the popup, so it comes back to the app and confirms there", async () => {
    await using visited = await visit(world);
    const { page } = visited;
    const popup = await openPopup(page);
    await popup.getByRole("button", { name: "Alice" }).waitFor();
    await page.reload();
    await comesTo(page, "connect");
    await consentAs(popup, "Alice");
    await comesTo(page, "disconnect");
    expect(await connections(page)).toMatch(/^sandbox active/);
    await closing(popup);
  });

  it("denied, leaves the button as it was, and says why", async () => {
    await using visited = await visit(world);
    const { page } = visited;
    const popup = await openPopup(page);
    await popup.getByRole("button", { name: "Alice" }).click();
    await popup.getByRole("button", { name: "Deny" }).click();
    await comesTo(page, "connect");
    expect([await outcome(page), await said(page)]).toEqual(["denied", expect.stringMatching(/^You did not give access to /)]);
  });

  it("a link opened by somebody else is confirmed as whoever is signed in there, refused, and revoked", async () => {
    await using visited = await visit(world, { person: "mallory", mode: "redirect" });
    const { page, evergrant } = visited;
    await page.route(/\/connect\//, (route) => route.abort());
    const leaving = page.waitForRequest(/\/connect\//);
    await button(page).click();
    const link = (await leaving).url();

    const victor = await world.personAt("victor");
    await victor.goto(link);
    await consentAs(victor, "Bob");
    await victor.waitForURL(`${appOrigin}/**`);
    await comesTo(victor, "connect");
    await expect.poll(() => outcome(victor)).toBe("failed");
    expect(await said(victor)).toMatch(/^This was started by somebody else/);
    expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
    expect(evergrant.sandbox.livingGrants("bob")).toEqual([]);
    await victor.context().close();
  });

  it("step-up: a second button asks for the scopes that the connection lacks, and the first stays as it is", async () => {
    await using visited = await visit(world);
    const { page, evergrant } = visited;
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    await comesTo(page, "step_up", notesButton(page));
    expect(await notesButton(page).innerText()).toBe("Allow writing");
    const popup = await openPopup(page, notesButton(page));
    await comesTo(page, "waiting", notesButton(page));
    await popup.getByRole("button", { name: "Alice" }).click();
    expect(await popup.getByRole("main").innerText()).toContain("notes:write");
    await comesTo(page, "disconnect");
    await popup.getByRole("button", { name: "Allow" }).click();
    await comesTo(page, "connected", notesButton(page));
    const { connections: all } = await evergrant.api.connections.list.query({});
    expect(all).toMatchObject([{ status: "active", grantedScopes: expect.arrayContaining(["notes:read", "notes:write"]) }]);
  });

  it("disconnects: the grant is revoked at the provider, and the button connects anew", async () => {
    await using visited = await visit(world);
    const { page, evergrant } = visited;
    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    await button(page).click();
    await comesTo(page, "connect");
    expect(await connections(page)).toBe("");
    expect(evergrant.sandbox.livingGrants("alice")).toEqual([]);
  });
});
