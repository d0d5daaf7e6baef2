import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { runsInChromium } from "./chromium.ts";
import { sandboxIntegration } from "./start.ts";
import { type World, appOrigin, heading, openWorld, publicUrl } from "./world.ts";

/** Where screenshots are kept for a person to look at; they prove nothing by themselves. */
const screenshots = process.env["EVERGRANT_SCREENSHOTS"];

describe.skipIf(!runsInChromium)("the pages of a flow", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
    return () => world[Symbol.asyncDispose]();
  });

  it.each([
    ["light", "wide", { width: 1280, height: 800 }],
    ["light", "narrow", { width: 390, height: 844 }],
    ["dark", "wide", { width: 1280, height: 800 }],
    ["dark", "narrow", { width: 390, height: 844 }],
  ] as const)("are readable in %s and %s, fit, and leave the browser nothing to complain of", async (colorScheme, width, viewport) => {
    await using evergrant = await world.start((sandbox) => ({
      providers: { sandbox: { ...sandboxIntegration(sandbox), confirm: false } },
    }));
    const page = await world.personAt("alice", { colorScheme, viewport });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", ({ message }) => complaints.push(message));
    const look = async (name: string) => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
      expect(await poorestContrast(page)).toBeGreaterThanOrEqual(4.5);
      if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}-${width}.png`) });
    };

    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({
      integration: "sandbox",
      subject: "alice",
      scopes: ["notes:read", "notes:write"],
      openerOrigin: appOrigin,
    });
    await page.goto(authorizeUrl);
    await look("login");
    await page.getByRole("button", { name: "Alice" }).click();
    await look("consent");
    await page.getByRole("button", { name: "Allow" }).click();
    expect(await heading(page)).toBe("Connected");
    await look("connected");
    expect(complaints).toEqual([]);

    await page.reload();
    expect(await heading(page)).toBe("Connected");
    expect(page.url()).not.toMatch(/code|state/);
    await page.goto(`${publicUrl}/connect/altered`);
    expect(await heading(page)).toBe("Not connected");
    await look("failed");
    // Of a page that is an error by its status Chromium says so itself.
    expect(complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
  });

  it("are gone through by keyboard alone", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice");
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 12; presses += 1) {
        const here = await page.evaluate(() => {
          const at = document.activeElement;
          return at instanceof HTMLElement && at !== document.body ? (at.closest("label") ?? at).innerText : "";
        });
        if (name.test(here)) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`no Tab leads to ${String(name)}`);
    };

    await page.goto(`${appOrigin}/connect?scopes=notes:read%20notes:write`);
    await tabTo(/^Alice$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Allow" }).waitFor();
    await tabTo(/notes:write/);
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).not.toBe("none");
    await page.keyboard.press("Space");
    await tabTo(/^Allow$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${appOrigin}/done?*`);
    const { connections } = await evergrant.api.connections.list.query({});
    expect(connections).toMatchObject([{ status: "active", grantedScopes: expect.not.arrayContaining(["notes:write"]) }]);
  });

  it("tell a screen reader what they are: language, title, one heading, and the words in the main part", async () => {
    await using _ = await world.start();
    const page = await world.personAt("alice");
    await page.goto(`${publicUrl}/connect/altered`);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.title()).toBe("Not connected");
    expect(await page.getByRole("heading").allTextContents()).toEqual(["Not connected"]);
    expect(await page.getByRole("main").getByRole("paragraph").textContent()).toContain("Ask the app for a new one");
  });
});

/** The lowest contrast ratio of the texts on a page, as WCAG 2.2 §1.4.3 counts it; 4.5 is enough for small text. */
function poorestContrast(page: Page): Promise<number> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const share = value / 255;
        return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element: Element | null): string => {
      if (element === null) return "rgb(255, 255, 255)";
      const { backgroundColor } = getComputedStyle(element);
      return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
    };
    const ratios = [...document.querySelectorAll("h1, p, legend, button, label, span, code")].map((element) => {
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
      return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    });
    return Math.min(...ratios);
  });
}
