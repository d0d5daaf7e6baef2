import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { expect, it } from "vitest";
import { defineConfig, env } from "./index.ts";

it("gives back what it was given", () => {
  const config = { integrations: { oauth: { providers: { github: { clientId: env("ID"), clientSecret: env("SECRET") } } } } };
  expect(defineConfig(config)).toBe(config);
  expect(env("ID")).toEqual({ env: "ID" });
});

it("defineConfig and env bring no other module with them", async () => {
  for (const file of ["define-config.ts", "env.ts"]) {
    const source = await readFile(new URL(file, import.meta.url), "utf8");
    expect(stripTypeScriptTypes(source)).not.toMatch(/^\s*import\b/m);
  }
});
