import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runsInChromium } from "@evergrant/server/test/chromium";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoWorld, connect, consent, openDemoWorld, panel } from "./demo-world.ts";

/** Where screenshots are kept for a person to look at; they prove nothing by themselves. */
const screenshots = process.env["EVERGRANT_SCREENSHOTS"];

/** So long after it was issued Evergrant asks for no other token, though a provider refuse it. */
const youngSeconds = 11;

const sessionTokenStart = "evergrant_session_";

describe.skipIf(!runsInChromium)("the demo's page", () => {
  let world: DemoWorld;
  beforeAll(async () => {
    world = await openDemoWorld();
    if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
    return () => world[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await world.demo.reset();
    world.demo.sandbox.reset();
  });

  it("says in plain words what it will ask for before it asks, and connects by popup", async () => {
    await using visited = await world.visit();
    const { page, complaints } = visited;
    const account = panel(page, "The account");
    await account.getByText("Read notes").waitFor();
    expect(await account.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/^Read notes\s+notes:read\s+asked for now$/),
      expect.stringMatching(/^Create, edit and delete notes\s+notes:write\s+not now: only once you need it$/),
    ]);
    await connect(page);
    expect(await account.innerText()).toContain("alice@sandbox.example is connected");
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    await page.getByRole("log").getByText("connection.created").first().waitFor();
    expect(page.url()).toBe(`${world.demo.appUrl}/`);
    expect(complaints).toEqual([]);
  });

  it("goes on calling across an expiry, with a new token", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await connect(page);
    const notes = panel(page, "Your notes");
    await notes.getByText(/by 1 token$/).waitFor();
    const left = Number(await page.getByRole("timer").innerText());
    expect(left).toBeGreaterThan(30);
    expect(left).toBeLessThanOrEqual(45);
    world.advance(46);
    await notes.getByText(/calls, none refused, by 2 tokens$/).waitFor();
    expect(world.demo.sandbox.grants("refresh_token")).toMatchObject([{ outcome: "issued" }]);
    await page.getByRole("log").getByText("connection.refreshed").first().waitFor();
    await panel(page, "The access token")
      .getByText(/seconds left of token 2$/)
      .waitFor();
  });

  it("a token that the provider ends early costs no call either", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await connect(page);
    const notes = panel(page, "Your notes");
    await notes.getByText(/by 1 token$/).waitFor();
    world.advance(youngSeconds);
    await page.getByRole("button", { name: "End the token early" }).click();
    await notes.getByText(/calls, none refused, by 2 tokens$/).waitFor();
    expect(world.demo.sandbox.grants("refresh_token")).toMatchObject([{ outcome: "issued" }]);
  });

  it("revoked at the provider: says so, calls no more, and the same connection is authorized again", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await connect(page);
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    const before = await connections();
    world.advance(youngSeconds);
    await page.getByRole("button", { name: "Revoke at the provider" }).click();
    await panel(page, "The account").getByText("Access ended").waitFor();
    expect(await panel(page, "The account").innerText()).toContain("The provider says that the access was taken away.");
    expect(await panel(page, "Your notes").innerText()).toContain("reauthorization_required");
    await page.getByRole("log").getByText("connection.reauthorization_required").first().waitFor();
    await look(page, "ended");
    await consent(page, "Reconnect Sandbox");
    await panel(page, "The account").getByText("Connected", { exact: true }).waitFor();
    expect(await connections()).toEqual(before);
    await panel(page, "The access token")
      .getByText(/seconds left of token/)
      .waitFor();
  });

  it("step-up: asks for writing when it is needed, and then writes", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await connect(page);
    await consent(page, "Allow writing");
    await page.getByRole("textbox", { name: "A note" }).fill("Water the fern");
    await page.getByRole("button", { name: "Add" }).click();
    await panel(page, "Your notes").getByRole("listitem").getByText("Water the fern").waitFor();
    expect(await connections()).toMatchObject([{ grantedScopes: expect.arrayContaining(["notes:read", "notes:write"]) }]);
  });

  it("disconnects: nothing is left, here or at the provider", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    const before = world.demo.sandbox.livingGrants();
    await connect(page);
    expect(world.demo.sandbox.livingGrants()).toHaveLength(before.length + 1);
    await page.getByRole("button", { name: "Disconnect Sandbox" }).click();
    await page.getByRole("button", { name: "Connect Sandbox" }).waitFor();
    await panel(page, "Your notes").waitFor({ state: "hidden" });
    expect(world.demo.sandbox.livingGrants()).toEqual(before);
    expect(await connections()).toEqual([]);
  });

  it("another user sees nothing of the first, in this tab and in another that is still open", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await connect(page);
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    const second = await page.context().newPage();
    await second.goto(world.demo.appUrl);
    await panel(second, "Your notes").getByText("Buy milk").waitFor();

    await second.getByRole("button", { name: "Ben" }).click();
    for (const each of [second, page]) {
      await each.getByRole("button", { name: "Ben", pressed: true }).waitFor();
      await panel(each, "The account").getByText("Not connected").waitFor();
      const text = await each.getByRole("main").innerText();
      expect(text).not.toMatch(/alice|Buy milk|Connected/);
    }
  });

  it("left open while the demo is started anew, begins anew too", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await page.getByRole("button", { name: "Ben" }).click();
    await page.getByRole("button", { name: "Ben", pressed: true }).waitFor();
    // As after a restart, which takes no cookie of the run before.
    await page.context().clearCookies();
    await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
    await page.getByRole("button", { name: "Ada", pressed: true }).waitFor();
    expect(await panel(page, "The account").innerText()).toContain("Not connected");
  });

  it("holds no secret: not in what it is sent, not in its URL, not in its storage", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    const received: Promise<string>[] = [];
    const urls: string[] = [];
    page.on("request", (request) => urls.push(request.url()));
    page.on("response", (response) => {
      if (!response.url().includes("events.stream")) received.push(response.text().catch(() => ""));
    });
    await page.reload();
    await connect(page);
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    const answer = await world.demo.evergrant.tokens.get({ integration: "sandbox", subject: "ada" });
    const { apiKey } = world.demo.server;
    const secrets = [answer.status === "active" ? answer.accessToken : "", apiKey ?? "", world.demo.sandbox.client.clientSecret];
    const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
    const seen = [...(await Promise.all(received)), ...urls, stored].join("\n");
    expect(seen).toContain("Buy milk");
    for (const secret of secrets) {
      expect(secret).not.toBe("");
      expect(seen).not.toContain(secret);
    }
    // The session stays in the script's memory.
    expect(seen).toContain(sessionTokenStart);
    expect([...urls, stored].join("\n")).not.toContain(sessionTokenStart);
  });

  it.each([
    ["light", "wide", { width: 1280, height: 1240 }],
    ["dark", "wide", { width: 1280, height: 1240 }],
    ["light", "narrow", { width: 360, height: 740 }],
    ["dark", "narrow", { width: 360, height: 740 }],
  ] as const)("in %s and %s: fits, and axe finds nothing serious", async (colorScheme, width, viewport) => {
    await using visited = await world.visit({ colorScheme, viewport, reducedMotion: "reduce" });
    const { page } = visited;
    const check = async (name: string) => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
      expect(await seriousFindings(page)).toEqual([]);
      await look(page, `${name}-${colorScheme}-${width}`);
    };
    await panel(page, "The account").getByText("Read notes").waitFor();
    await check("connect");
    await connect(page);
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    await page.getByRole("log").getByText("connection.created").first().waitFor();
    await check("connected");
    world.advance(46);
    await page.clock.fastForward(46_000);
    await panel(page, "Your notes")
      .getByText(/none refused, by 2 tokens$/)
      .waitFor();
    await panel(page, "The access token")
      .getByText(/seconds left of token 2$/)
      .waitFor();
    await check("refreshed");
    for (const summary of await page.getByText("The code").all()) await summary.click();
    await check("code");
  });

  it("is gone through by keyboard alone", async () => {
    await using visited = await world.visit();
    const { page } = visited;
    await panel(page, "The account").getByText("Read notes").waitFor();
    const opened = page.waitForEvent("popup");
    await tabTo(page, "Connect Sandbox");
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).not.toBe("none");
    await page.keyboard.press("Enter");
    const popup = await opened;
    await popup.getByRole("button", { name: "Alice" }).waitFor();
    await tabTo(popup, "Alice");
    await popup.keyboard.press("Enter");
    await popup.getByRole("heading", { name: "Allow" }).waitFor();
    await tabTo(popup, "Allow");
    await popup.keyboard.press("Enter");
    await panel(page, "Your notes").getByText("Buy milk").waitFor();
    world.advance(youngSeconds);
    await tabTo(page, "Revoke at the provider");
    await page.keyboard.press("Enter");
    await panel(page, "The account").getByText("Access ended").waitFor();
  });

  async function connections() {
    const { connections: all } = await world.demo.evergrant.connections.list({ subject: "ada", status: "active" });
    return all.map(({ id, status, grantedScopes }) => ({ id, status, grantedScopes }));
  }
});

async function look(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  await page.screenshot({ path: join(screenshots, `demo-${name}.png`) });
  await page.screenshot({ path: join(screenshots, `demo-${name}-whole.png`), fullPage: true });
}

/** What axe calls serious or worse, each with the elements that it is about. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    const here = await page.evaluate(() => (document.activeElement instanceof HTMLButtonElement ? document.activeElement.innerText : ""));
    if (here === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${name}`);
}
