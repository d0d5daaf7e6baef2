import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Session, createClient } from "@evergrant/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Page, openBrowser } from "../src/browser.ts";
import { run } from "./program.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const start = join(repository, "apps/demo/src/start.ts");
const cli = join(repository, "apps/cli/src/main.ts");

/** Less than a server waits for answers under way (10 s), or for connections that are kept for more (5 s). */
const endsWithinMs = 4_000;
const anyPorts = ["--app-port", "0", "--port", "0", "--sandbox-port", "0"];

let folder: string;
let config: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergrant-start-"));
  config = join(folder, "evergrant.config.ts");
  copyFileSync(join(repository, "apps/demo/evergrant.config.ts"), config);
  symlinkSync(join(repository, "apps/demo/node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("npm start: the page's session connects an account, the printed command reads its token, Ctrl-C ends it all", async () => {
  await using program = run(start, [...anyPorts, "--config", config]);
  const [, app = ""] = await program.printed(/Open (http:\/\/127\.0\.0\.1:\d+)\n/);
  const [, server = ""] = await program.printed(/server +(http:\/\/\S+)/);
  const [, sandbox = ""] = await program.printed(/sandbox +(http:\/\/\S+)/);
  const [, command = ""] = await program.printed(/npm run evergrant -- (token .+)\n/);
  const page = await fetch(app);
  expect(await page.text()).toContain("<title>Evergrant demo</title>");
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ");
  expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(/HttpOnly; SameSite=Lax$/)]);
  const ask = (origin: string) => fetch(`${app}/api/session`, { method: "POST", headers: { cookie, origin } });
  expect((await ask("http://127.0.0.1:1")).status).toBe(403);
  expect(await statusFor(app, "elsewhere.test")).toBe(421);
  const session = (await (await ask(app)).json()) as Session & { subject: string };
  const client = createClient({ url: server, session: () => Promise.resolve(session) });
  const { authorizeUrl: link } = await client.connections.authorize({ integration: "sandbox", subject: session.subject });

  const browser = openBrowser();
  const login = await browser.visit(link);
  const consent = await browser.visit(formAction(login), [["name", "alice"]]);
  const end = await browser.visit(formAction(consent), [
    ["decision", "allow"],
    ["scope", "notes:read"],
  ]);
  expect(end.html).toContain("Connected");

  await using token = run(cli, command.split(" "), { cwd: repository });
  expect(await token.ended(), token.stderr()).toBe(0);
  const notes = await fetch(`${sandbox}/api/notes`, { headers: { authorization: `Bearer ${token.stdout().trim()}` } });
  expect(notes.status).toBe(200);

  // As a page that is open has one.
  const stream = await fetch(`${server}/trpc/events.stream`, { headers: { authorization: `Bearer ${session.sessionToken}` } });
  expect(stream.status).toBe(200);
  const askedAt = performance.now();
  program.kill("SIGINT");
  expect(await program.ended()).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(endsWithinMs);
  for (const url of [app, server, sandbox]) await expect(fetch(url)).rejects.toThrow("fetch failed");
});

it.each(["--app-port", "--port", "--sandbox-port"])("npm start: a taken %s is named, with the way to choose another", async (flag) => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, "127.0.0.1", () => {
      const address = squatter.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  try {
    // The last word holds.
    await using program = run(start, [...anyPorts, flag, String(port), "--config", config]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`, "i"));
    expect(program.stderr()).toContain("npm start -- --port 4100 --sandbox-port 4101 --app-port 4102");
  } finally {
    squatter.close();
  }
});

/** What the app answers to a request for another host, as after DNS rebinding. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers: { host } }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** Where the first form of a page is posted to. */
function formAction({ html, url }: Page): URL {
  const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1];
  if (action === undefined) throw new Error(`There is no form on ${url.pathname}.`);
  return new URL(action, url);
}
