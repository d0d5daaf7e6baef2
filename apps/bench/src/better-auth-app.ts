/**
 * Better Auth on a libSQL file: its Drizzle adapter, tokens encrypted, rate limit off, nothing else changed.
 */
import { serve } from "@hono/node-server";
import { createClient } from "@libsql/client";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { symmetricEncrypt } from "better-auth/crypto";
import { drizzle } from "drizzle-orm/libsql";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { Hono } from "hono";
import type { LoadRequest } from "./load.ts";

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

export interface BetterAuthSettings {
  /** Where it is reached. */
  readonly url: string;
  readonly databaseUrl: string;
  /** The token endpoint that refreshes; left out, nothing is refreshed. */
  readonly tokenEndpoint?: string;
}

export type BetterAuth = Awaited<ReturnType<typeof openBetterAuth>>;

/** Makes the tables that it needs in a new file. */
export async function createTables(databaseUrl: string): Promise<void> {
  const client = createClient({ url: databaseUrl, timeout: 5_000 });
  await client.execute("PRAGMA journal_mode = WAL");
  for (const statement of tables) await client.execute(statement);
  client.close();
}

export async function openBetterAuth({ url, databaseUrl, tokenEndpoint = "" }: BetterAuthSettings) {
  const auth = betterAuth({
    baseURL: url,
    secret: "a-secret-of-a-benchmark-and-of-nothing-else",
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    // Signing up is not what is measured.
    emailAndPassword: { enabled: true, password: { hash: async (password) => password, verify: async () => true } },
    socialProviders: {
      google: {
        clientId: "client",
        clientSecret: "secret",
        refreshAccessToken: (refreshToken) => requestRefresh(tokenEndpoint, refreshToken),
      },
    },
    account: { encryptOAuthTokens: true },
    database: drizzleAdapter(drizzle(createClient({ url: databaseUrl, timeout: 5_000 })), { provider: "sqlite", schema }),
  });
  return auth;
}

/** The same behind a port of its own. */
export async function serveBetterAuth(settings: Omit<BetterAuthSettings, "url">): Promise<{ url: string; auth: BetterAuth }> {
  const app = new Hono();
  const port = await new Promise<number>((resolve) =>
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => resolve(info.port)),
  );
  const url = `http://127.0.0.1:${port}`;
  const auth = await openBetterAuth({ url, ...settings });
  app.on(["POST", "GET"], "/api/auth/*", (context) => auth.handler(context.req.raw));
  return { url, auth };
}

/** Asks over HTTP for the access token of an account, as its user. */
export function accessTokenRequest(url: string, { accountId, cookie }: { accountId: string; cookie: string }): LoadRequest {
  return {
    method: "POST",
    path: "/api/auth/get-access-token",
    headers: { "content-type": "application/json", cookie, origin: url },
    body: JSON.stringify({ accountId }),
  };
}

/** A user, and the cookie of a session of theirs. */
export async function signUp(auth: BetterAuth, subject: number): Promise<{ userId: string; cookie: string }> {
  const signedUp = await auth.api.signUpEmail({
    body: { email: `subject-${subject}@example.com`, password: "a-password", name: `Subject ${subject}` },
    returnHeaders: true,
  });
  const cookies = signedUp.headers.getSetCookie().map((each) => each.split(";")[0]);
  return { userId: signedUp.response.user.id, cookie: cookies.join("; ") };
}

/** An account with sealed tokens; returns its id. */
export async function addAccount(
  auth: BetterAuth,
  account: { userId: string; accountId: string; accessToken: string; refreshToken: string; expiresAt: Date },
): Promise<string> {
  const { internalAdapter, secretConfig: key } = await auth.$context;
  const { id } = await internalAdapter.createAccount({
    userId: account.userId,
    providerId: "google",
    accountId: account.accountId,
    issuer: "https://accounts.google.com",
    scope: "openid",
    accessToken: await symmetricEncrypt({ key, data: account.accessToken }),
    refreshToken: await symmetricEncrypt({ key, data: account.refreshToken }),
    accessTokenExpiresAt: account.expiresAt,
  });
  return id;
}

async function requestRefresh(tokenEndpoint: string, refreshToken: string) {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  const response = await fetch(tokenEndpoint, { method: "POST", body });
  if (!response.ok) throw new Error(`the token endpoint answers ${response.status}`);
  const granted = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number };
  return {
    accessToken: granted.access_token,
    refreshToken: granted.refresh_token,
    accessTokenExpiresAt: new Date(Date.now() + granted.expires_in * 1_000),
  };
}
