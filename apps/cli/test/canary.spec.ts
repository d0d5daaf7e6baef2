import { Readable } from "node:stream";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSandbox } from "@evergrant/sandbox";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { openInBrowser } from "./browser.ts";
import { makeFolder } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

/** Secrets that people choose, which no pattern knows for secrets. */
const secrets = {
  EVERGRANT_API_KEY: "canary-api-key-correct-horse-battery",
  EVERGRANT_ENCRYPTION_KEYS: `canary:${Buffer.from("canary-key-encryption-key-32byte").toString("base64")}`,
  CANARY_CLIENT_SECRET: "canary-client-secret-battery-staple",
};
const typed = "canary-typed-by-mistake-Tr0ub4dor";
const imported = "canary-imported-token-correct-horse";

/** Every command, as it should be called and as it should not. */
const commands: Readonly<Record<string, readonly (readonly string[])[]>> = {
  migrate: [["migrate"]],
  backup: [
    ["backup", "copy.db"],
    ["backup", "nowhere/copy.db"],
  ],
  adopt: [["adopt"]],
  "config check": [["config", "check"]],
  connect: [
    ["connect", "sandbox", "--subject", "alice"],
    ["connect", "sandbox", "--subject", "alice", "--url", `http://user:${typed}@127.0.0.1:1`],
  ],
  token: [
    ["token", "sandbox", "--subject", "nobody"],
    ["token", "con_doesnotexist0000"],
  ],
  disconnect: [["disconnect", "con_doesnotexist0000"]],
  forget: [["forget", "nobody"]],
  "keys generate": [["keys", "generate", "--help"]],
  "keys status": [["keys", "status"]],
  "keys rotate": [["keys", "rotate"]],
  "keys retire": [
    ["keys", "retire", "0123456789abcdef"],
    ["keys", "retire", "--end-links"],
  ],
  "keys rewrap": [["keys", "rewrap", "--all"]],
  "keys verify": [["keys", "verify"]],
  "audit export": [["audit", "export"]],
  "audit verify": [["audit", "verify"]],
  "api-keys create": [["api-keys", "create", "--name", "x", "--permissions", "nonsense"]],
  "api-keys list": [["api-keys", "list"]],
  "api-keys revoke": [["api-keys", "revoke", "0123456789abcdef"]],
  import: [
    ["import", "-"],
    ["import", "lines.jsonl", "--dry-run"],
  ],
  "refresh-due": [["refresh-due"]],
  doctor: [["doctor"]],
  serve: [["serve", "--port", "x"]],
};

it("no command says a secret of its environment, its config, the server's answers or its input, EVERGRANT_DEBUG or not", async () => {
  await using sandbox = await startSandbox({
    consent: "automatic",
    clients: [{ clientId: "canary", clientSecret: secrets.CANARY_CLIENT_SECRET, redirectUris: ["http://127.0.0.1:4000/oauth/callback/x"] }],
  });
  const provider = {
    clientId: "canary",
    clientSecret: { env: "CANARY_CLIENT_SECRET" },
    parameters: { port: new URL(sandbox.issuer).port },
  };
  using folder = makeFolder({ integrations: { oauth: { providers: { sandbox: provider } } } });
  await using server = await folder.serve([], secrets);
  sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
  const said: string[] = [];
  const run = async (args: readonly string[], debug: boolean) => {
    const variables = { ...secrets, EVERGRANT_URL: server.url, ...(debug && { EVERGRANT_DEBUG: "1" }) };
    const line = JSON.stringify({ integration: "sandbox", subject: "s", accessToken: imported, scopes: ["notes:read"] });
    const { surroundings, stdout, stderr } = makeSurroundings(variables, {
      workingFolder: folder.path,
      stdin: Readable.from([Buffer.from(`${line}\n{"accessToken": "${imported}"\n{"${imported}": "${imported}"}`)]),
      now: () => new Date(),
      fetch,
    });
    await runProgram(args, surroundings, "0.0.0");
    said.push(stdout.text(), stderr.text());
    return stdout.text();
  };
  writeFileSync(join(folder.path, "lines.jsonl"), `{"refreshToken": "${imported}", "accessToken": 1}\n${imported}`);
  await openInBrowser((await run(["connect", "sandbox", "--subject", "alice"], false)).trim());
  for (const debug of [false, true]) {
    for (const lines of Object.values(commands)) {
      for (const args of lines) {
        await run(args, debug);
        await run([...args, "--json"], debug);
      }
    }
  }
  server.kill("SIGTERM");
  said.push((await server.ended()).stderr);

  const found = [...Object.values(secrets), imported, typed].flatMap((secret) => {
    const bytes = Buffer.from(secret);
    const forms = [secret, encodeURIComponent(secret), bytes.toString("hex"), bytes.toString("base64url").slice(0, -2)];
    return said.flatMap((text) => text.split("\n").filter((line) => forms.some((form) => line.includes(form))));
  });
  expect([...new Set(found)]).toEqual([]);
  const help = async (args: string[]) => {
    const text = await run([...args, "--help"], false);
    return [...(text.split("Commands:\n")[1]?.split("\n\n")[0] ?? "").matchAll(/^ {2}([\w-]+)/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "help");
  };
  const named = await Promise.all((await help([])).map(async (name) => ({ name, inGroup: await help([name]) })));
  const names = named.flatMap(({ name, inGroup }) => (inGroup.length === 0 ? [name] : inGroup.map((inner) => `${name} ${inner}`)));
  expect(Object.keys(commands).toSorted()).toEqual(names.toSorted());
});
