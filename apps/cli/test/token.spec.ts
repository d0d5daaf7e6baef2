import { startSandbox } from "@evergrant/sandbox";
import { expect, it } from "vitest";
import { openInBrowser } from "./browser.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";

it("connect, token, disconnect: an account connected, its token alone on stdout, and gone again", async () => {
  await using sandbox = await startSandbox({ consent: "automatic" });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  await using server = await folder.serve();
  sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
  const env = { EVERGRANT_URL: server.url };

  const before = await folder.run(["token", "sandbox", "--subject", "alice"], env);
  expect(before.code).toBe(4);
  expect(before.stdout).toBe("");
  expect(before.stderr).toContain(`→ open ${server.url}/connect/`);

  const connect = await folder.run(["connect", "sandbox", "--subject", "alice", "--scopes", "notes:read,notes:write"], env);
  expect(connect.code, connect.stderr).toBe(0);
  expect((await openInBrowser(connect.stdout.trim())).html).toContain("Connected");

  const token = await folder.run(["token", "sandbox", "--subject", "alice"], env);
  expect(token.code, token.stderr).toBe(0);
  const accessToken = token.stdout.trim();
  expect(token.stderr).toMatch(/expires in \d+ s/);
  expect(token.stderr).not.toContain(accessToken);
  const notes = await fetch(sandbox.resourceUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}` },
    body: '{"text":"Buy bread"}',
  });
  expect(notes.status).toBe(201);

  const connectionId = /con_[\w-]+/.exec(token.stderr)?.[0] ?? "";
  const byId = await folder.run(["token", connectionId, "--json"], env);
  expect(byId.json()).toMatchObject({ status: "active", accessToken, connectionId });

  const disconnect = await folder.run(["disconnect", connectionId], env);
  expect(disconnect.stdout).toContain("its tokens are revoked at the provider");
  expect((await fetch(sandbox.resourceUrl, { headers: { authorization: `Bearer ${accessToken}` } })).status).toBe(401);
  expect((await folder.run(["token", connectionId], env)).code).toBe(4);
  expect(server.stderr()).not.toContain(accessToken);
});

it("token: a subject with two accounts is asked which one", async () => {
  await using sandbox = await startSandbox({ consent: "automatic" });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  await using server = await folder.serve();
  sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
  const env = { EVERGRANT_URL: server.url };
  for (const account of ["alice", "bob"]) {
    sandbox.setAccount(account);
    const link = await folder.run(["connect", "sandbox", "--subject", "team"], env);
    await openInBrowser(link.stdout.trim());
  }
  const torn = await folder.run(["token", "sandbox", "--subject", "team"], env);
  expect(torn.code).toBe(1);
  expect(torn.stderr).toMatch(/con_/);
  expect((await folder.run(["token", "sandbox", "--subject", "team", "--account", "bob"], env)).code).toBe(0);
});

it("token: a server that is not there is exit code 3, a key that it does not know is 1", async () => {
  using folder = makeFolder({ integrations: { oauth: { providers: {} } } });
  const nowhere = await folder.run(["token", "con_0123456789abcdef"], {
    EVERGRANT_URL: "http://127.0.0.1:9",
    EVERGRANT_API_KEY: "0123456789abcdef",
  });
  expect(nowhere.code).toBe(3);
  expect(nowhere.stderr).toContain("evergrant serve");
  await using server = await folder.serve();
  const stranger = await folder.run(["token", "con_0123456789abcdef"], {
    EVERGRANT_URL: server.url,
    EVERGRANT_API_KEY: "0123456789abcdef",
  });
  expect(stranger.code).toBe(1);
  expect(stranger.stderr).toContain("the key came from EVERGRANT_API_KEY");
  expect(stranger.stderr).not.toContain("0123456789abcdef");
});

it("token: an integration without --subject is a fault of the command line", async () => {
  using folder = makeFolder(undefined);
  const { code, stderr } = await folder.run(["token", "github"]);
  expect(code).toBe(2);
  expect(stderr).toContain("evergrant token github --subject <subject>");
});
