import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startSandbox } from "@evergrant/sandbox";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const docs = fileURLToPath(new URL("../../../docs", import.meta.url));
const main = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const tools = {
  sh: has("bash", "--version") && has("curl", "--version") && has("openssl", "version"),
  python: has("python3", "--version"),
};

interface Block {
  readonly title: string;
  readonly language: "sh" | "python";
  readonly code: string;
}

const blocks: Block[] = [];
for await (const path of glob("*.md", { cwd: docs })) {
  const page = await readFile(join(docs, path), "utf8");
  for (const [, indent = "", language, code = ""] of page.matchAll(/^( *)```(sh|python)\n([^]*?)^\1```/gm)) {
    const plain = code.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const title = `${basename(path)}: ${plain.trim().split("\n", 1)[0] ?? ""}`;
    blocks.push({ title, language: language === "python" ? "python" : "sh", code: plain });
  }
}

/** A server as a reader would have it: with an integration `github` and the sandbox, an API key, and one connection of Alice's. */
async function startWorld() {
  const folder = await mkdtemp(join(tmpdir(), "evergrant-docs-"));
  const sandbox = await startSandbox({ consent: "automatic" });
  const client = { provider: "sandbox", clientId: sandbox.client.clientId, clientSecret: sandbox.client.clientSecret };
  const parameters = { port: new URL(sandbox.issuer).port };
  const github = { clientId: "of-the-readers-app", clientSecret: "for-tests-only" };
  const providers = { github, sandbox: { ...client, parameters, scopes: ["notes:read"] } };
  await writeFile(join(folder, "evergrant.config.json"), JSON.stringify({ integrations: { oauth: { providers } } }));
  // What `evergrant` is to a reader.
  await writeFile(join(folder, "evergrant"), `#!/bin/sh\nexec "${process.execPath}" --conditions=evergrant-source "${main}" "$@"\n`, {
    mode: 0o755,
  });
  // Every process after the first is spared the reading of what has not changed.
  const environment = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, HOME: folder, NODE_COMPILE_CACHE: join(folder, "compiled") };
  const server = spawn("evergrant", ["serve", "--port", "0", "--with-parent", "--json"], { cwd: folder, env: environment });
  const [ready] = (await once(server.stdout, "data")) as [Buffer];
  const { listensAt } = JSON.parse(ready.toString()) as { listensAt: string };
  sandbox.registerRedirectUri(`${listensAt}/oauth/callback/sandbox`);
  const made = await run("evergrant", ["api-keys", "create", "--name", "reader", "--permissions", "admin"], {
    cwd: folder,
    env: environment,
  });
  const variables = { ...environment, EVERGRANT_URL: listensAt, EVERGRANT_API_KEY: made.stdout.trim() };
  const link = await run("evergrant", ["connect", "sandbox", "--subject", "alice"], { cwd: folder, env: variables });
  const connection = await connect(link.stdout.trim());
  return {
    folder,
    variables: { ...variables, CONNECTION: connection },
    [Symbol.asyncDispose]: async () => {
      const ended = once(server, "close");
      server.kill("SIGTERM");
      await ended;
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Goes through a flow as a browser does, and reads the connection's id from its last page. */
async function connect(link: string): Promise<string> {
  const jar = new Map<string, string>();
  let url = link;
  for (let hops = 0; hops < 20; hops += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (set.split(";", 1)[0] ?? "").split("=");
      jar.set(name, value);
    }
    const next = response.headers.get("location");
    if (next === null) return /con_[\w-]+/.exec(await response.text())?.[0] ?? "";
    url = new URL(next, url).href;
  }
  throw new Error("the flow does not end");
}

describe.skipIf(!tools.sh || !tools.python)("what the pages say to run", () => {
  it("runs as it stands", async () => {
    await using world = await startWorld();
    expect(blocks.length).toBeGreaterThan(6);
    const said: string[] = [];
    for (const { title, language, code } of blocks) {
      const [command, args] =
        language === "sh" ? (["bash", ["-euo", "pipefail", "-c", code]] as const) : (["python3", ["-c", code]] as const);
      await run(command, [...args], { cwd: world.folder, env: world.variables }).catch((error: { stdout: string; stderr: string }) => {
        said.push(`${title}\n${error.stdout}${error.stderr}`);
      });
    }
    expect(said).toEqual([]);
  });
});
