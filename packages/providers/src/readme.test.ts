import { readFile } from "node:fs/promises";
import { runInThisContext } from "node:vm";
import { expect, it } from "vitest";
import { defineConfig, env, resolveConfig } from "./index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(?:ts)?\n([^]*?)^```/gm)].map(([, block = ""]) => block);

it("the README's config has no fault", async () => {
  const [config = ""] = blocks;
  const expression = config
    .replace(/^import .*\n/, "")
    .replace("export default", "(defineConfig, env) =>")
    .replace(/;\s*$/, "");
  const input: unknown = runInThisContext(expression)(defineConfig, env);
  const environment = { GITHUB_CLIENT_ID: "a", GITHUB_CLIENT_SECRET: "b", GITLAB_ID: "c", GITLAB_SECRET: "d", ACME_SECRET: "e" };
  expect(await resolveConfig(input, { environment, development: false })).toMatchObject({ ok: true, warnings: [] });
});

it("the README's faults are what is said", async () => {
  const client = { clientId: "a", clientSecret: env("SLACK_SECRET") };
  const providers = { github: { ...client, clientSecret: env("GITHUB_SECRET"), scopes: ["read:usr"] }, slack: client };
  const input = { publicUrl: "https://evergrant.example.com", integrations: { oauth: { providers } } };
  const resolution = await resolveConfig(input, { environment: { GITHUB_SECRET: "b" }, development: false });
  const said = (resolution.ok ? [] : resolution.faults).map(({ path, message, mend }) => `${path}: ${message}; ${mend}`);
  const promised = (blocks[2] ?? "").trim().split("\n");
  expect(promised).toHaveLength(said.length);
  for (const [index, line] of promised.entries()) expect(said[index]).toContain(line.replace(/ …$/, ""));
});
