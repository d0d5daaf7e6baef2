/**
 * The peer: Better Auth with its Drizzle adapter on a libSQL file, tokens encrypted, rate limit off; `getAccessToken` with the session
 * cookie that its HTTP API asks for, and by user id as only code in its own process may.
 */
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { createClient } from "@libsql/client";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { symmetricEncrypt } from "better-auth/crypto";
import { drizzle } from "drizzle-orm/libsql";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { Hono } from "hono";
import type { LoadRequest } from "../load.ts";
import { type SideSettings, randomNumbers, requestCount, serveSide } from "./side.ts";

const instant = (name: string) => integer(name, { mode: "timestamp_ms" });
const times = { createdAt: instant("created_at"), updatedAt: instant("updated_at") };

/** The tables as Better Auth's own generator writes them. */
const schema = {
  user: sqliteTable("user", {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    email: text("email").notNull().unique(),
    emailVerified: integer("email_verified", { mode: "boolean" }).notNull(),
    image: text("image"),
    ...times,
  }),
  session: sqliteTable("session", {
    id: text("id").primaryKey(),
    expiresAt: instant("expires_at").notNull(),
    token: text("token").notNull().unique(),
    ...times,
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    userId: text("user_id").notNull(),
  }),
  account: sqliteTable("account", {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    issuer: text("issuer"),
    providerId: text("provider_id").notNull(),
    providerAccountId: text("provider_account_id"),
    userId: text("user_id").notNull(),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: instant("access_token_expires_at"),
    refreshTokenExpiresAt: instant("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    ...times,
  }),
  verification: sqliteTable("verification", {
    id: text("id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: instant("expires_at").notNull(),
    ...times,
  }),
};

const tables = [
  "CREATE TABLE user (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, email_verified integer NOT NULL, image text, created_at integer, updated_at integer)",
  "CREATE TABLE session (id text PRIMARY KEY, expires_at integer, token text NOT NULL UNIQUE, created_at integer, updated_at integer, ip_address text, user_agent text, user_id text NOT NULL)",
  "CREATE TABLE account (id text PRIMARY KEY, account_id text NOT NULL, issuer text, provider_id text NOT NULL, provider_account_id text, user_id text NOT NULL, access_token text, refresh_token text, id_token text, access_token_expires_at integer, refresh_token_expires_at integer, scope text, password text, created_at integer, updated_at integer)",
  "CREATE TABLE verification (id text PRIMARY KEY, identifier text NOT NULL, value text NOT NULL, expires_at integer, created_at integer, updated_at integer)",
  "CREATE INDEX account_user ON account (user_id)",
  "CREATE INDEX session_user ON session (user_id)",
];

serveSide(prepare);

async function prepare(settings: SideSettings) {
  const client = createClient({ url: `file:${join(settings.folder, "better-auth.db")}`, timeout: 5_000 });
  await client.execute("PRAGMA journal_mode = WAL");
  for (const statement of tables) await client.execute(statement);
  const app = new Hono();
  const port = await new Promise<number>((resolve) =>
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => resolve(info.port)),
  );
  const url = `http://127.0.0.1:${port}`;
  const auth = betterAuth({
    baseURL: url,
    secret: "a-secret-of-a-benchmark-and-of-nothing-else",
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: "error" },
    // Signing up is not what is measured.
    emailAndPassword: { enabled: true, password: { hash: async (password) => password, verify: async () => true } },
    socialProviders: { google: { clientId: "client", clientSecret: "secret" } },
    account: { encryptOAuthTokens: true },
    database: drizzleAdapter(drizzle(client), { provider: "sqlite", schema }),
  });
  app.on(["POST", "GET"], "/api/auth/*", (context) => auth.handler(context.req.raw));

  const context = await auth.$context;
  const accounts: { accountId: string; userId: string; cookie: string }[] = [];
  for (let subject = 0; subject < settings.subjects; subject += 1) {
    const signedUp = await auth.api.signUpEmail({
      body: { email: `subject-${subject}@example.com`, password: "a-password", name: `Subject ${subject}` },
      returnHeaders: true,
    });
    const cookie = signedUp.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    for (let connection = 0; connection < settings.connectionsPerSubject; connection += 1) {
      const account = await context.internalAdapter.createAccount({
        userId: signedUp.response.user.id,
        providerId: "google",
        accountId: `account-${subject}-${connection}`,
        issuer: "https://accounts.google.com",
        scope: "openid",
        accessToken: await symmetricEncrypt({ key: context.secretConfig, data: "x".repeat(settings.accessTokenBytes) }),
        refreshToken: await symmetricEncrypt({ key: context.secretConfig, data: "r".repeat(64) }),
        accessTokenExpiresAt: new Date(Date.now() + 3_600_000),
      });
      accounts.push({ accountId: account.id, userId: signedUp.response.user.id, cookie });
    }
  }

  const chosen = randomNumbers(requestCount, accounts.length).flatMap((number) => accounts[number] ?? []);
  const headersOf = chosen.map(({ cookie }) => new Headers({ cookie, origin: url }));
  const chosenAt = (round: number) => chosen[round % chosen.length] ?? { accountId: "", userId: "", cookie: "" };
  const calls = {
    session: async (round: number) =>
      auth.api.getAccessToken({
        body: { accountId: chosenAt(round).accountId },
        headers: headersOf[round % chosen.length] ?? new Headers(),
      }),
    user_id: async (round: number) => {
      const { accountId, userId } = chosenAt(round);
      return auth.api.getAccessToken({ body: { accountId, userId } });
    },
  };
  for (const call of Object.values(calls)) {
    const answer = await call(0);
    if (answer.accessToken?.length !== settings.accessTokenBytes) throw new Error("Better Auth answers with another token");
  }
  return {
    url,
    requests: {
      session: chosen.map(({ accountId, cookie }): LoadRequest => ({
        method: "POST",
        path: "/api/auth/get-access-token",
        headers: { "content-type": "application/json", cookie, origin: url },
        body: JSON.stringify({ accountId }),
      })),
    },
    calls,
  };
}
