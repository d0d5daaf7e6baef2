/**
 * What a browser spec plays in: Chromium, Evergrant at a public URL over https, an app beside it, and a provider that asks a person.
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startChromium } from "./chromium.ts";
import { clientApp } from "./client-app.ts";
import { type Hosts, startHosts } from "./hosts.ts";
import { type StartOptions, type Started, start } from "./start.ts";

/** The app's pages; `*.test` is in no browser's list of local names, so cookies and origins are as on the internet. */
export const appOrigin = "https://app.test";
export const publicUrl = "https://evergrant.test";

export interface World extends AsyncDisposable {
  readonly hosts: Hosts;
  readonly chromium: Browser;
  /** A fresh Evergrant in the place of the one before. */
  start(config?: StartOptions["config"]): Promise<Started>;
  /** A browser profile of their own for somebody who is signed in at the app. */
  personAt(name: string, options?: BrowserContextOptions): Promise<Page>;
}

export async function openWorld(): Promise<World> {
  const hosts = await startHosts("https");
  const chromium = await startChromium(hosts).catch(async (error: unknown) => {
    await hosts[Symbol.asyncDispose]();
    throw error;
  });
  return {
    hosts,
    chromium,
    start: async (config = () => ({})) => {
      const evergrant = await start({
        sandbox: { consent: "page" },
        config: (sandbox) => ({ publicUrl, returnOrigins: [appOrigin], ...config(sandbox) }),
      });
      hosts.serve("evergrant.test", (request) => evergrant.app.fetch(request));
      hosts.serve("app.test", clientApp(evergrant, appOrigin));
      return evergrant;
    },
    personAt: async (name, options = {}) => {
      const context = await chromium.newContext({ ignoreHTTPSErrors: true, ...options });
      await context.addCookies([{ name: "session", value: name, url: appOrigin, httpOnly: true, sameSite: "Lax" }]);
      return context.newPage();
    },
    [Symbol.asyncDispose]: async () => {
      await chromium.close();
      await hosts[Symbol.asyncDispose]();
    },
  };
}

/** What the page before a person says first. */
export async function heading(page: Page): Promise<string | null> {
  return page.getByRole("heading", { level: 1 }).textContent();
}

/** Logs in at the provider and allows what is asked. */
export async function consentAs(page: Page, account: "Alice" | "Bob"): Promise<void> {
  await page.getByRole("button", { name: account }).click();
  await page.getByRole("button", { name: "Allow" }).click();
}
