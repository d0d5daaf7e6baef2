/**
 * A flow in steps: up to the redirection endpoint, where a spec can alter what arrives, and from there to its end.
 */
import type { AuthorizeInput } from "@evergrant/schema";
import { expect } from "vitest";
import type { App } from "../src/app.ts";
import { failureText } from "../src/pages.ts";
import { unconfirmedGrants } from "../src/tables.ts";
import { type Browser, openBrowser } from "./browser.ts";
import type { Started } from "./start.ts";

/** Where an app of the specs has its pages; no browser of theirs goes there. */
export const appOrigin = "https://app.example.com";

/** What a browser got in the end. */
export interface Landing {
  readonly url: URL;
  /** Null where it was sent to the app. */
  readonly status: number | null;
  readonly html: string;
  readonly headers: Headers;
}

/** A browser that has been at the provider and stands before the redirection endpoint. */
export interface AtCallback {
  readonly browser: Browser;
  /** The connect link that it opened. */
  readonly link: string;
  /** The authorization response, not yet delivered. */
  readonly callback: URL;
}

/** Takes a browser from a new connect link to the redirection endpoint; by default Alice's, in a browser of her own. */
export async function reachCallback(
  evergrant: Started,
  { browser = evergrant.browser(), ...input }: Partial<AuthorizeInput> & { browser?: Browser } = {},
): Promise<AtCallback> {
  const { authorizeUrl: link } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice", ...input });
  const { url: callback } = await browser.open(link, {
    stopAt: (url) => url.href.startsWith(evergrant.publicUrl) && url.searchParams.has("state"),
  });
  return { browser, link, callback };
}

/** Takes a browser from a new connect link to the provider's door. */
export async function reachProvider(
  evergrant: Started,
  { browser = evergrant.browser(), ...input }: Partial<AuthorizeInput> & { browser?: Browser } = {},
) {
  const { authorizeUrl: link } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice", ...input });
  const { url } = await browser.open(link, { stopAt: ({ origin }) => origin === evergrant.sandbox.issuer });
  return { browser, link, url };
}

/** Opens a URL and goes wherever it leads, up to a page or the app. */
export async function land(browser: Browser, url: URL | string): Promise<Landing> {
  const visited = await browser.open(String(url), { stopAt: ({ origin }) => origin === appOrigin });
  const { response } = visited;
  return {
    url: visited.url,
    status: response?.status ?? null,
    html: (await response?.text()) ?? "",
    headers: response?.headers ?? new Headers(),
  };
}

/** As `land`, at an app of one's own and with a cookie of one's own. */
export async function landWith({ fetch }: Pick<App, "fetch">, url: URL | string, cookie: string): Promise<Landing> {
  const browser = openBrowser((request) => fetch(new Request(request, { headers: { cookie } })));
  return land(browser, url);
}

/** A whole flow in a new browser. */
export async function wholeFlow(evergrant: Started, input: Partial<AuthorizeInput> & { browser?: Browser } = {}): Promise<Landing> {
  const { browser, callback } = await reachCallback(evergrant, input);
  return land(browser, callback);
}

/** What the browser carries back to the app, without the app's own parameters. */
export function resultOf({ url }: Landing): Record<string, string> {
  const ours = new Set(["connection", "status", "error", "confirmation"]);
  return Object.fromEntries([...url.searchParams].filter(([name]) => ours.has(name)));
}

/** The failure that a page tells of, by its code; null where it tells of none. */
export function failureOn({ html }: Landing): string | null {
  return Object.entries(failureText).find(([, text]) => html.includes(text.replaceAll("'", "&#39;")))?.[0] ?? null;
}

/** A copy of a URL with some parameters set, or taken out where null. */
export function altered(url: URL, parameters: Record<string, string | null>): URL {
  const copy = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) copy.searchParams.delete(name);
    else copy.searchParams.set(name, value);
  }
  return copy;
}

/** Nothing has come of any flow so far, and the token endpoint was asked this often. */
export async function expectNothingStored(evergrant: Started, tokenRequests = 0): Promise<void> {
  expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
  expect(await evergrant.database.orm.select().from(unconfirmedGrants)).toEqual([]);
  expect(evergrant.sandbox.grants()).toHaveLength(tokenRequests);
}
