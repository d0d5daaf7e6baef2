/**
 * What the browser specs do at the app of `app/`: somebody visits it, and looks at its first button.
 */
import type { StartOptions } from "@evergrant/server/test/start";
import { type World, appOrigin } from "@evergrant/server/test/world";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { appServer } from "./app-server.ts";

interface VisitOptions {
  readonly person?: string;
  readonly mode?: "popup" | "redirect";
  /** Of the page's URL. */
  readonly query?: string;
  readonly config?: StartOptions["config"];
}

/** The app before a fresh Evergrant, and somebody who is signed in there and has opened its page. */
export async function visit(world: World, { person = "alice", mode = "popup", query = "", config = () => ({}) }: VisitOptions = {}) {
  const evergrant = await world.start((sandbox) => ({ allowedOrigins: [appOrigin], ...config(sandbox) }));
  const app = appServer(evergrant);
  world.hosts.serve("app.test", app.fetch);
  const complaints: string[] = [];
  const listenTo = (page: Page) => {
    page.on("console", (line) => line.type() !== "info" && complaints.push(line.text()));
    page.on("pageerror", ({ message }) => complaints.push(message));
  };
  const url = `${appOrigin}/${query}#mode=${mode}`;
  const page = await world.personAt(person);
  listenTo(page);
  await page.goto(url);
  return {
    evergrant,
    app,
    page,
    url,
    /** What the browser had to say against it, exceptions included. */
    complaints,
    [Symbol.asyncDispose]: async () => {
      await page.context().close();
      await evergrant[Symbol.asyncDispose]();
    },
  };
}

export const button = (page: Page) => page.getByRole("main").locator("> button");
/** The second button, which wants `notes:write` too. */
export const notesButton = (page: Page) => page.getByRole("region", { name: "Notes" }).getByRole("button");
export const said = (page: Page) => page.getByRole("main").locator("> output").innerText();
export const outcome = (page: Page) => button(page).getAttribute("data-outcome");
export const connections = (page: Page) => page.getByRole("list", { name: "Connections" }).innerText();

export async function comesTo(page: Page, state: string, which = button(page)): Promise<void> {
  await expect.poll(() => which.getAttribute("data-state")).toBe(state);
}

export async function openPopup(page: Page, which = button(page)): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await which.click();
  return opened;
}

export async function closing(popup: Page): Promise<void> {
  if (!popup.isClosed()) await popup.waitForEvent("close");
}
