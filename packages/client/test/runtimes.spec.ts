import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EdgeVM } from "@edge-runtime/vm";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";
import { measureSize } from "./measure-size.ts";
import { startResourceApi } from "./resource-api.ts";
import { start } from "./start.ts";
import { type Trial, type TrialOptions, trial } from "./trial.ts";

/** For a runtime that has nothing but the web's own APIs: whatever needs Node's does not get into it. */
async function script(): Promise<string> {
  const conditionNames = ["evergrant-source", "browser", "import", "default"];
  const input = fileURLToPath(new URL("trial.ts", import.meta.url));
  await using build = await rolldown({ input, platform: "browser", resolve: { conditionNames } });
  const { output } = await build.generate({ format: "iife", codeSplitting: false });
  return output[0].code;
}

async function tryOut(run: (options: TrialOptions) => Promise<Trial>): Promise<unknown> {
  await using world = await start();
  await using api = await startResourceApi(new URL("/me", world.sandbox.resourceUrl).href);
  const connectionId = await world.connect("alice");
  const { first, second } = await run({ url: world.publicUrl, apiKey: world.apiKey, connectionId, resourceUrl: `${api.url}/note` });
  const fresh: unknown = JSON.parse(await first());
  world.passSeconds(3_601);
  return { fresh, ended: JSON.parse(await second()), refreshes: world.sandbox.grants("refresh_token").length };
}

const works = { fresh: [[200, 200], 1, "connection.created", true], ended: [200, true], refreshes: 1 };

it("works in Node", async () => expect(await tryOut(async (options) => trial(options))).toEqual(works));

it("works in an edge runtime", async () => {
  const runtime = new EdgeVM();
  runtime.evaluate(await script());
  expect(await tryOut(async (options) => runtime.evaluate<Trial>(`trial(${JSON.stringify(options)})`))).toEqual(works);
});

const chromiumPath = process.env["EVERGRANT_CHROMIUM"] ?? "/usr/bin/chromium";
// Where there is none, `npm test` says so, or fails.
const hasChromium = process.env["EVERGRANT_REQUIRE_BROWSER"] === "1" || existsSync(chromiumPath);

it.runIf(hasChromium)("works in a browser's page", async () => {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--disable-dev-shm-usage", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ bypassCSP: true });
    const code = await script();
    const tried = await tryOut(async (options) => {
      await page.goto(`${options.url}/healthz`);
      await page.addScriptTag({ content: `${code}\nglobalThis.tried = trial(${JSON.stringify(options)});` });
      return { first: () => page.evaluate("tried.first()"), second: () => page.evaluate("tried.second()") };
    });
    expect(tried).toEqual(works);
  } finally {
    await browser.close();
  }
});

it("is less than 6 kB, minified and compressed, without @trpc/client; streams and what sends with a token load by themselves", async () => {
  const { firstBytes, firstModules, lazy } = await measureSize();
  expect(firstBytes).toBeLessThan(6_000);
  expect(firstModules.filter((id) => id.includes("node_modules"))).toEqual([]);
  expect(Object.keys(lazy).toSorted()).toEqual(["event-stream", "send-as-connection"]);
  expect(lazy["event-stream"]?.modules.some((id) => id.includes("eventsource-parser"))).toBe(true);
  expect(lazy["send-as-connection"]?.bytes).toBeLessThan(2_400);
});
