import { runsInChromium } from "@evergrant/server/test/chromium";
import { type World, appOrigin, consentAs, openWorld } from "@evergrant/server/test/world";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { appServer } from "./app-server.ts";

describe.skipIf(!runsInChromium)("a page that connects accounts", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    return () => world[Symbol.asyncDispose]();
  });

  /** The app, and somebody who is signed in there and looks at it. */
  async function visit({ person = "alice", mode = "popup" } = {}) {
    const evergrant = await world.start(() => ({ allowedOrigins: [appOrigin] }));
    const app = appServer(evergrant);
    world.hosts.serve("app.test", app.fetch);
    const page = await world.personAt(person);
    const complaints: string[] = [];
    page.on("console", (line) => line.type() !== "info" && complaints.push(line.text()));
    page.on("pageerror", ({ message }) => complaints.push(message));
    await page.goto(`${appOrigin}/#mode=${mode}`);
    return { evergrant, app, page, complaints, [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose]() };
  }
  const button = (page: Page) => page.getByRole("main").locator("> button");
  const message = (page: Page) => page.getByRole("main").locator("> output");
  const comesTo = (page: Page, state: string) => expect.poll(() => button(page).getAttribute("data-state")).toBe(state);
  const connections = (page: Page) => page.getByRole("list", { name: "Connections" }).innerText();

  async function openPopup(page: Page): Promise<Page> {
    const opened = page.waitForEvent("popup");
    await button(page).click();
    return opened;
  }

  it("by popup: it closes, the flow is confirmed, and the button says so", async () => {
    await using visited = await visit();
    const { page, complaints } = visited;
    await comesTo(page, "connect");
    const popup = await openPopup(page);
    await comesTo(page, "waiting");
    const closed = popup.waitForEvent("close");
    await consentAs(popup, "Alice");
    await closed;
    await comesTo(page, "disconnect");
    expect(await button(page).getAttribute("data-outcome")).toBe("connected");
    expect(await message(page).innerText()).toMatch(/ is connected\.$/);
    expect(await connections(page)).toMatch(/^sandbox active/);
    expect(complaints).toEqual([]);
  });

  it("by redirect: the page comes back to itself, and says of the flow what it did not know when it left", async () => {
    await using visited = await visit({ mode: "redirect" });
    const { page } = visited;
    await button(page).click();
    await consentAs(page, "Alice");
    await page.waitForURL(`${appOrigin}/#mode=redirect`);
    await comesTo(page, "disconnect");
    expect(await button(page).getAttribute("data-outcome")).toBe("connected");
    expect(await connections(page)).toMatch(/^sandbox active/);
  });

  it("denied, leaves the button as it was, and says why", async () => {
    await using visited = await visit();
    const { page } = visited;
    const popup = await openPopup(page);
    await popup.getByRole("button", { name: "Alice" }).click();
    await popup.getByRole("button", { name: "Deny" }).click();
    await comesTo(page, "connect");
    expect(await button(page).getAttribute("data-outcome")).toBe("denied");
    expect(await message(page).innerText()).toMatch(/^You did not give access to /);
  });
});
