import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runsInChromium } from "@evergrant/server/test/chromium";
import { type World, consentAs, openWorld } from "@evergrant/server/test/world";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { button, comesTo, notesButton, openPopup, said, visit } from "./visit.ts";

/** Where to leave pictures for a person to look at; none unless it is named. */
const screenshots = process.env["EVERGRANT_SCREENSHOTS"];

describe.skipIf(!runsInChromium)("a connect button", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    return () => world[Symbol.asyncDispose]();
  });

  /** What axe finds fault with on a page as it stands. */
  async function faultsOf(page: Page): Promise<string[]> {
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  async function look(page: Page, name: string): Promise<void> {
    expect(await faultsOf(page)).toEqual([]);
    if (screenshots === undefined) return;
    await mkdir(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  it("has nothing for axe to find in any of its states, and tells a screen reader what it does", async () => {
    await using visited = await visit(world);
    const { page, evergrant } = visited;
    await comesTo(page, "connect");
    const name = await button(page).innerText();
    await look(page, "connect");

    const popup = await openPopup(page);
    await comesTo(page, "waiting");
    expect(await button(page).getAttribute("aria-busy")).toBe("true");
    expect(await button(page).innerText()).toBe(name.replace("Connect", "Cancel connecting"));
    await look(page, "waiting");
    await popup.getByRole("button", { name: "Alice" }).click();
    await popup.getByRole("button", { name: "Deny" }).click();
    await comesTo(page, "connect");
    expect(await page.getByRole("status").allInnerTexts()).toEqual([expect.stringMatching(/^You did not give access/), ""]);
    await look(page, "denied");

    await consentAs(await openPopup(page), "Alice");
    await comesTo(page, "disconnect");
    await comesTo(page, "step_up", notesButton(page));
    expect(await button(page).getAttribute("aria-busy")).toBe("false");
    await look(page, "connected");

    evergrant.sandbox.revokeGrant({ account: "alice" });
    evergrant.clock.advance(3_600_000);
    await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" });
    await comesTo(page, "reauthorize");
    expect(await said(page)).toMatch(/ does not let this app in any more\.$/);
    await look(page, "reauthorize");
  });

  it("is worked by keyboard alone", async () => {
    await using visited = await visit(world);
    const { page } = visited;
    await comesTo(page, "connect");
    await page.keyboard.press("Tab");
    expect(await button(page).evaluate((element) => element === document.activeElement)).toBe(true);
    const opened = page.waitForEvent("popup");
    await page.keyboard.press("Enter");
    const popup = await opened;
    await comesTo(page, "waiting");
    await page.keyboard.press("Space");
    await comesTo(page, "connect");
    await expect.poll(() => popup.isClosed()).toBe(true);
  });

  it("says where the server does not answer, and asks again at a click", async () => {
    await using visited = await visit(world);
    const { page, evergrant, url } = visited;
    world.hosts.serve("evergrant.test", () => new Response("away", { status: 503 }));
    await page.goto("about:blank");
    await page.goto(url);
    await comesTo(page, "unavailable");
    expect([await button(page).innerText(), await said(page)]).toEqual(["Try again", expect.stringMatching(/could not be reached/)]);
    world.hosts.serve("evergrant.test", (request) => evergrant.app.fetch(request));
    await button(page).click();
    await comesTo(page, "connect");
    expect(await said(page)).toBe("");
  });
});
