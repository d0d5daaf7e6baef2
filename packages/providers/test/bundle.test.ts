/** What a config brings into a bundle. */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";

const index = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** Vitest's own bundler: one more would have to be installed. */
const bundler: { build(config: object): Promise<unknown> } = await import(
  pathToFileURL(createRequire(createRequire(import.meta.url).resolve("vitest/package.json")).resolve("vite")).href
);
const resultShape = z.object({ output: z.array(z.object({ code: z.string() })) });

it("defineConfig and env are fewer than 500 bytes, and bring neither zod nor a provider", async () => {
  const code = await bundled(`import { defineConfig, env } from ${JSON.stringify(index)}; console.log(defineConfig, env);`);
  expect(code).toContain("console.log");
  expect(Buffer.byteLength(code)).toBeLessThan(500);
});

it("which says something: what loads the catalogue is larger", async () => {
  const code = await bundled(`import { judgeScopes } from ${JSON.stringify(index)}; console.log(judgeScopes);`);
  expect(Buffer.byteLength(code)).toBeGreaterThan(500);
});

/** All chunks of a bundle with this entry, minified. */
async function bundled(entry: string): Promise<string> {
  const id = "\0entry";
  const virtual = {
    name: "entry",
    resolveId: (source: string) => (source === "entry" ? id : null),
    load: (loaded: string) => (loaded === id ? entry : null),
  };
  const result = await bundler.build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["evergrant-source"] },
    plugins: [virtual],
    build: { write: false, modulePreload: false, rollupOptions: { input: "entry" } },
  });
  return resultShape
    .parse(result)
    .output.map(({ code }) => code)
    .join("\n");
}
