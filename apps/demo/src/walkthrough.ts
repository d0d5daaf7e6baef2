/**
 * What `npm run demo` runs: a grant's whole life without a browser, through the real doors, each step checked as it is told.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { createClient } from "@evergrant/client";
import { startSandbox } from "@evergrant/sandbox";
import type { Log } from "@evergrant/server";
import { type Output, paintFor, startServer } from "evergrant";
import { openBrowser } from "./browser.ts";
import { declare, tellDeclaration } from "./declare.ts";
import { liveThrough, tokenLifetimeSeconds } from "./life-of-a-grant.ts";
import { DemoError, createNarrator } from "./narrator.ts";
import { demoEnvironment } from "./demo-environment.ts";

const startedAt = performance.now();
const stdout: Output = { isTerminal: isatty(process.stdout.fd), write: (text) => void process.stdout.write(text) };
const { environment } = demoEnvironment(process.env);
const paint = paintFor(stdout, environment);
/** The narrator says enough. */
const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
const narrator = createNarrator(stdout, paint);

try {
  await main();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  stdout.write(`\n    ${paint("green", `All ${narrator.seen()} things seen`)} in ${seconds} s. Now with a browser: npm start\n\n`);
} catch (error) {
  process.stderr.write(`\n${error instanceof DemoError ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  stdout.write(
    `\n    ${paint("bold", "Evergrant")}: one account connected, kept alive, lost and won back. Real doors, no waiting: the clock is ours.\n`,
  );
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const folder = mkdtempSync(join(tmpdir(), "evergrant-demo-"));
  try {
    await using sandbox = await startSandbox({ consent: "automatic", accessTokenLifetimeSeconds: tokenLifetimeSeconds, now });
    const config = declare(new URL(sandbox.issuer).port);
    await tellDeclaration(config, narrator);
    const server = await startServer({
      config: { path: join(folder, "evergrant.config.ts"), folder, input: config, faults: [] },
      environment,
      host: "127.0.0.1",
      port: 0,
      migrations: "apply",
      log: silentLog,
      now,
    });
    try {
      sandbox.registerRedirectUri(`${server.publicUrl}/oauth/callback/sandbox`);
      const client = createClient<typeof config>({ url: server.publicUrl, apiKey: server.apiKey ?? "", now: () => now().getTime() });
      const advance = (seconds: number) => {
        aheadMs += seconds * 1000;
      };
      await liveThrough({ narrator, sandbox, server, client, folder, advance, browser: openBrowser() });
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
