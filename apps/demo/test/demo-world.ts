/**
 * The demo as `npm start` runs it, with a page built from the sources, a clock of its own, and Chromium before it.
 */
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChromium } from "@evergrant/server/test/chromium";
import type { BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { vi } from "vitest";
import { demoEnvironment } from "../src/demo-environment.ts";
import { type Demo, startDemo } from "../src/start-demo.ts";

/** For one step; the slowest waits for the next call of the API. */
const patienceMs = 15_000;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface DemoWorld extends AsyncDisposable {
  readonly demo: Demo;
  /** Moves every clock but those of pages that are open. */
  advance(seconds: number): void;
  /** The page in a browser profile of its own. */
  visit(options?: BrowserContextOptions): Promise<Visited>;
}

export interface Visited extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
}

export async function openDemoWorld(): Promise<DemoWorld> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.adopt(mkdtempSync(join(tmpdir(), "evergrant-demo-")), (path) => rmSync(path, { recursive: true, force: true }));
  const pageFolder = join(folder, "page");
  // As it is built for people: the bundler looks here, and the test runner says "test".
  vi.stubEnv("NODE_ENV", "production");
  await build({
    configFile: here("../vite.config.ts"),
    logLevel: "error",
    resolve: { conditions: ["evergrant-source", "module", "browser", "development|production"] },
    build: { outDir: pageFolder },
  });
  vi.unstubAllEnvs();
  const configPath = join(folder, "evergrant.config.ts");
  copyFileSync(here("../evergrant.config.ts"), configPath);
  symlinkSync(here("../node_modules"), join(folder, "node_modules"));
  let aheadMs = 0;
  const demo = opening.adopt(
    await startDemo({
      ports: { app: 0, server: 0, sandbox: 0 },
      configPath,
      pageFolder,
      environment: demoEnvironment({}).environment,
      log: { info: () => {}, warn: () => {}, error: (fields, message) => console.error(message, fields) },
      now: () => new Date(Date.now() + aheadMs),
    }),
    ({ close }) => close(),
  );
  const chromium = opening.adopt(await startChromium({ port: 1 }), (browser) => browser.close());
  const opened = opening.move();
  return {
    demo,
    advance: (seconds) => {
      aheadMs += seconds * 1_000;
    },
    visit: async (options = {}) => {
      const context = await chromium.newContext(options);
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      await page.clock.install({ time: Date.now() + aheadMs });
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", ({ message }) => complaints.push(message));
      await page.goto(demo.appUrl);
      return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export const panel = (page: Page, name: string) => page.getByRole("region", { name });

/** Connects Alice's account at the sandbox, by popup. */
export async function connect(page: Page): Promise<void> {
  await consent(page, "Connect Sandbox");
  await panel(page, "The account").getByText("Connected", { exact: true }).waitFor();
}

/** Presses a button that opens a popup, logs in there as Alice, and allows what is asked. */
export async function consent(page: Page, button: string): Promise<void> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: button }).click();
  const popup = await opened;
  await popup.getByRole("button", { name: "Alice" }).click();
  await popup.getByRole("button", { name: "Allow" }).click();
}
