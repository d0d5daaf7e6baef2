import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { EdgeVM } from "@edge-runtime/vm";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";
import { startResourceApi } from "./resource-api.ts";
import { start } from "./start.ts";
import { type Trial, type TrialOptions, trial } from "./trial.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** For a runtime that has nothing but the web's own APIs: whatever needs Node's does not get into it. */
async function bundle(input: string, options: { external: string[] } | { format: "iife" }) {
  const external = "external" in options ? options.external : [];
  const conditionNames = ["evergrant-source", "browser", "import", "default"];
  await using build = await rolldown({ input: here(input), platform: "browser", external, resolve: { conditionNames } });
  const { output } = await build.generate("format" in options ? { format: "iife", codeSplitting: false } : { minify: true });
  return output.filter((each) => each.type === "chunk");
}

async function script(): Promise<string> {
  const [chunk] = await bundle("trial.ts", { format: "iife" });
  return chunk?.code ?? "";
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

it("is less than 7.6 kB, minified and compressed, without @trpc/client; streams are a chunk that loads by itself", async () => {
  const chunks = await bundle("../src/index.ts", { external: ["@trpc/client"] });
  const lazy = chunks.filter(({ isDynamicEntry }) => isDynamicEntry);
  const first = chunks.filter(({ isDynamicEntry }) => !isDynamicEntry);
  expect(lazy.flatMap(({ moduleIds }) => moduleIds.filter((id) => id.includes("eventsource-parser")))).not.toEqual([]);
  expect(first.flatMap(({ moduleIds }) => moduleIds.filter((id) => id.includes("node_modules")))).toEqual([]);
  expect(gzipSync(first.map(({ code }) => code).join("")).length).toBeLessThan(7_600);
});
