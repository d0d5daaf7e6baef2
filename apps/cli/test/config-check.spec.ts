import { expect, it } from "vitest";
import { z } from "zod";
import { makeFolder } from "./evergrant.ts";

const faultsShape = z.object({
  error: z.object({ faults: z.array(z.object({ path: z.string(), message: z.string(), mend: z.string() })) }),
});

/** Written as text, since an object could not hold a key twice. */
const faulty = `{
  "publicUrl": "evergrant.example.com",
  "integrations": { "oauth": { "providers": {
    "githab": { "clientId": "a", "clientSecret": { "env": "SET" } },
    "github": { "clientId": "a", "clientSecret": { "env": "SET" }, "scopes": ["read:usr"] },
    "linear": { "clientId": "a", "clientSecret": { "env": "NOT_SET" } },
    "notion": { "clientId": "a", "clientSecret": "shown-to-everybody" },
    "slack": { "clientId": "a", "clientSecret": { "env": "SET" } },
    "slack": { "clientId": "b", "clientSecret": { "env": "SET" } }
  } } }
}`;

it("API-INTEG-OAUTH-CONFIG: every fault of a bad config is listed at once, with path and mend, exit code 1", async () => {
  using folder = makeFolder(faulty);
  const { code, stdout, stderr } = await folder.run(["config", "check"], { SET: "value-of-a-variable", NODE_ENV: "production" });
  expect(code).toBe(1);
  expect(stdout).toBe("");
  const at = (id: string) => `integrations.oauth.providers.${id}`;
  for (const [path, message, mend] of [
    ["publicUrl", "must be an absolute https URL", "write something like https://"],
    [at("githab"), 'no provider has the id "githab"', 'did you mean "github"'],
    [`${at("github")}.scopes[0]`, 'no scope "read:usr"', 'did you mean "read:user"'],
    [`${at("linear")}.clientSecret`, "NOT_SET is not set", "set NOT_SET"],
    [`${at("notion")}.clientSecret`, "does not stand in the config outside development", "environment variable"],
    [at("slack"), "stands twice, in lines 8 and 9", "keep one"],
  ] as const) {
    const [, said = ""] = stderr.split(`${path}: `);
    const [what = "", how = ""] = said.split("\n");
    expect(what, path).toContain(message);
    expect(how, path).toContain(mend);
  }
  expect(stderr).toContain("has 6 faults");
  expect(stderr).not.toContain("shown-to-everybody");
  expect(stderr).not.toContain("value-of-a-variable");
});

it("config check --json: the same faults as one document on stdout", async () => {
  using folder = makeFolder(faulty);
  const ended = await folder.run(["config", "check", "--json"], { SET: "x", NODE_ENV: "production" });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toBe("");
  expect(faultsShape.parse(ended.json()).error.faults).toHaveLength(6);
});

it("config check: a good config is shown with scopes in words and the redirect URI to register", async () => {
  const github = { clientId: "a", clientSecret: { env: "SECRET" }, scopes: ["read:user"], optionalScopes: ["repo"] };
  using folder = makeFolder({ publicUrl: "https://evergrant.example.com/auth", integrations: { oauth: { providers: { github } } } });
  const { code, stdout, stderr } = await folder.run(["config", "check"], { SECRET: "value-of-a-variable" });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/asks for +read:user +Read profile data/);
  expect(stdout).toMatch(/may ask for +repo /);
  expect(stdout).toContain("https://evergrant.example.com/auth/oauth/callback/github");
  expect(stdout).not.toContain("value-of-a-variable");
});

it("config check: what is merely odd is said, and passes", async () => {
  using folder = makeFolder({ integrations: { oauth: { providers: { github: { clientId: "a", clientSecret: "b" } } } } });
  const { code, stderr } = await folder.run(["config", "check"]);
  expect(code).toBe(0);
  expect(stderr).toContain("odd: integrations.oauth.providers.github.clientSecret: a client secret stands in the config");
});

it("config check: scopes that change things are pointed out, with what they allow", async () => {
  const github = { clientId: "a", clientSecret: { env: "SECRET" }, scopes: ["read:user", "delete_repo"], optionalScopes: ["repo"] };
  using folder = makeFolder({ publicUrl: "https://evergrant.example.com", integrations: { oauth: { providers: { github } } } });
  const { code, stdout, stderr } = await folder.run(["config", "check"], { SECRET: "value-of-a-variable" });
  expect(code).toBe(0);
  expect(stdout).toMatch(/delete_repo +Delete repositories the user administers \((write|admin)\)/);
  expect(stderr).toMatch(/odd: integrations\.oauth\.providers\.github\.scopes: "delete_repo" is asked of everybody/);
  expect(stderr).not.toMatch(/"(read:user|repo)" is asked/);
});

it("config check: a TypeScript config is loaded, and one that throws is told by file and line, without a stack", async () => {
  const text =
    'type Id = string;\nconst clientId: Id = "a";\nexport default { integrations: { oauth: { providers: { github: { clientId, clientSecret: { env: "S" } } } } } };\n';
  using good = makeFolder(text, "evergrant.config.ts");
  expect((await good.run(["config", "check"], { S: "x" })).code).toBe(0);

  using bad = makeFolder('const wanted: string = "x";\n\nthrow new Error(`no ${wanted}`);\n', "evergrant.config.ts");
  const { code, stderr } = await bad.run(["config", "check"]);
  expect(code).toBe(1);
  expect(stderr).toContain("evergrant.config.ts:3: no x");
  expect(stderr).not.toMatch(/^ +at /m);
  expect((await bad.run(["config", "check"], { EVERGRANT_DEBUG: "1" })).stderr).toMatch(/^ +at /m);
});

it("config check: no config is named with the names it may have", async () => {
  using folder = makeFolder(undefined);
  const { code, stderr } = await folder.run(["config", "check"]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no evergrant.config.ts (nor .mts, .js, .mjs, .json)");
});
