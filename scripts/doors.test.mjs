/** Breaks the doors of the lint config one by one, in a copy of the tree's shape, and expects oxlint to say so; then opens each from its right side. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runChild } from "./child.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @typedef {{ rule: string, file: string, code: string }} Case a line of a file, and the rule that decides about it */

/** Written out and not derived from the table, so that a door lost there is missed here. @type {Case[]} */
const refused = [
  ...under("no-restricted-imports", [
    ["packages/server/src/authorize.ts", 'import { generateState } from "arctic";'],
    ["packages/server/src/authorize.ts", 'import type { TRPCError } from "@trpc/server";'],
    ["packages/server/src/authorization-request.ts", 'import * as oauth from "oauth4webapi";'],
    ["packages/server/src/callback.ts", 'import { Agent } from "undici";'],
    ["packages/server/src/read-access-token.ts", 'import { eq } from "drizzle-orm";'],
    ["packages/server/src/connections-store.ts", 'import { createClient } from "@libsql/client";'],
    ["packages/server/src/tables.ts", 'import Database from "libsql";'],
    ["packages/server/src/confirm.ts", 'import { createHash } from "node:crypto";'],
    ["packages/server/src/confirm.ts", 'import { createHmac } from "crypto";'],
    ["packages/server/src/vault.ts", 'import { readFileSync } from "node:fs";'],
    ["packages/server/src/router.ts", 'import { Hono } from "hono";'],
    ["packages/server/src/http-connect.ts", 'import { initTRPC } from "@trpc/server";'],
    ["packages/server/src/app.ts", 'import pino from "pino";'],
    ["packages/server/src/app.ts", 'export const load = () => import("arctic");'],
    ["packages/server/src/app.ts", 'import { serve } from "evergrant";'],
    ["packages/server/src/app.ts", 'import { word } from "../../schema/src/tokens.ts";'],
    ["packages/server/test/flow.spec.ts", 'import { start } from "@evergrant/demo";'],
    ["packages/server/test/flow.spec.ts", 'import { main } from "../../../apps/cli/src/main.ts";'],
    ["packages/schema/src/tokens.ts", 'import { sql } from "drizzle-orm";'],
    ["packages/schema/src/tokens.ts", 'import { join } from "node:path";'],
    ["packages/providers/src/catalogue.ts", 'import { parse } from "@humanwhocodes/momoa";'],
    ["packages/client/src/index.ts", 'import { randomUUID } from "node:crypto";'],
    ["packages/client/src/index.ts", 'import { createApp } from "@evergrant/server";'],
    ["packages/sandbox/src/store.ts", 'import { createApp } from "@evergrant/server";'],
    ["apps/cli/src/serve.ts", 'import { env } from "node:process";'],
    ["packages/server/src/aws-kms-key.ts", 'import { request } from "node:https";'],
    ["packages/server/src/revoke-tokens.ts", 'import { connect } from "node:net";'],
    ["packages/server/src/webhook-message.ts", 'export const load = () => import("node:http2");'],
    ["apps/cli/src/serve.ts", 'import { request } from "node:https";'],
    ["apps/cli/src/doctor.ts", 'import { connect } from "node:tls";'],
  ]),
  ...under("no-restricted-globals", [
    ["apps/cli/src/serve.ts", "export const level = process.env.LEVEL;"],
    ["packages/server/src/app.ts", "export const level = globalThis.process.env.LEVEL;"],
    ["packages/server/src/deliver-webhooks.ts", 'export const answer = () => fetch("https://example.com");'],
    ["packages/server/src/signing-keys.ts", 'export const answer = () => globalThis.fetch("https://example.com");'],
    ["packages/server/src/vault-transit-key.ts", 'export const socket = () => new WebSocket("wss://example.com");'],
    ["packages/providers/src/catalogue.ts", 'export const answer = () => fetch("https://example.com");'],
    ["apps/cli/src/doctor.ts", 'export const answer = () => fetch("https://example.com");'],
  ]),
  ...under("no-process-env", [["apps/cli/src/main.ts", "export const level = process.env.LEVEL;"]]),
  ...under("no-console", [["packages/server/src/app.ts", 'console.log("ready");']]),
  ...under("no-barrel-file", [["packages/server/src/index.ts", 'export * from "./router.ts";']]),
  ...under("no-default-export", [["packages/server/src/app.ts", "export default 1;"]]),
  ...under("id-denylist", [["packages/client/src/index.ts", "export const link = { connectionParams: () => 1 };"]]),
  ...under("no-explicit-any", [["packages/client/src/index.ts", "export const same = (value: any) => value;"]]),
  ...under("no-non-null-assertion", [["packages/client/src/index.ts", "export const sure = (value?: string) => value!;"]]),
];

/** @type {Case[]} */
const welcome = [
  ...under("no-restricted-imports", [
    ["packages/server/src/authorization-request.ts", 'import { generateState } from "arctic";'],
    ["packages/server/src/authorization-server.ts", 'import * as oauth from "oauth4webapi";'],
    ["packages/server/src/guarded-fetch.ts", 'import { Agent } from "undici";'],
    ["packages/server/src/connections-store.ts", 'import { eq } from "drizzle-orm";'],
    ["packages/server/src/database.ts", 'import { mkdirSync } from "node:fs";'],
    ["packages/server/src/vault.ts", 'import { createCipheriv } from "node:crypto";'],
    ["packages/server/src/http-trpc.ts", 'import { initTRPC } from "@trpc/server";'],
    ["packages/server/src/http-trpc.ts", 'import { Hono } from "hono";'],
    ["packages/server/src/procedures/tokens.ts", 'import { z } from "zod";'],
    ["packages/server/src/vault.test.ts", 'import { generateState } from "arctic";'],
    ["packages/client/src/index.ts", 'import type { AppRouter } from "@evergrant/server";'],
  ]),
  ...under("no-restricted-globals", [
    ["apps/demo/src/start.ts", "export const level = process.env.LEVEL;"],
    ["packages/server/src/remote-client.ts", 'export const answer = () => fetch("https://example.com");'],
    ["packages/server/src/account.ts", "export const ask = (server: { fetch: () => string }) => server.fetch();"],
    ["apps/cli/src/surroundings.ts", "export type Ask = typeof fetch;"],
  ]),
  ...under("no-process-env", [["apps/cli/src/env.ts", "export const level = process.env.LEVEL;"]]),
];

/** What oxlint said, as `file:line (rule)`. @type {Set<string>} */
const said = new Set();
const files = Map.groupBy([...refused, ...welcome], ({ file }) => file);
const copy = mkdtempSync(join(tmpdir(), "evergrant-doors-"));

beforeAll(async () => {
  for (const path of ["oxlint.config.ts", "scripts/doors.ts"]) cpSync(join(root, path), join(copy, path));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const [file, cases] of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), cases.map(({ code }) => `${code}\n`).join(""));
  }
  const oxlint = join(root, "node_modules", ".bin", "oxlint");
  const { output } = await runChild(oxlint, ["--format=json", "packages", "apps"], { cwd: copy, capture: true });
  /** @type {{ diagnostics: { filename: string, code: string, labels: { span: { line: number } }[] }[] }} */
  const { diagnostics } = JSON.parse(output);
  for (const { filename, code, labels } of diagnostics) said.add(`${filename}:${labels[0]?.span.line} ${/\(.*\)/.exec(code)?.[0]}`);
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("a door that is not this file's stays shut", () => {
  it.each(refused)("$file: $code", (refusal) => expect(said).toContain(verdictOn(refusal)));
});

describe("a door opens for its file", () => {
  it.each(welcome)("$file: $code", (entry) => expect(said).not.toContain(verdictOn(entry)));
});

/** @param {string} rule @param {[file: string, code: string][]} lines @returns {Case[]} */
function under(rule, lines) {
  return lines.map(([file, code]) => ({ rule, file, code }));
}

/** @param {Case} entry */
function verdictOn(entry) {
  const line = (files.get(entry.file) ?? []).indexOf(entry) + 1;
  return `${entry.file}:${line} (${entry.rule})`;
}
