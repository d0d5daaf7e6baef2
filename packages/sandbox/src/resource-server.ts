/**
 * What the tokens are good for: a plain account endpoint, and notes that need scopes. Answers as RFC 6750 §3 asks.
 */
import { Hono, type Context } from "hono";
import type { Provider } from "oidc-provider";
import { z } from "zod";
import type { Account, Accounts } from "./accounts.ts";
import type { SandboxScope } from "./scopes.ts";

const noteShape = z.strictObject({ text: z.string().min(1).max(1000) });

/** `GET /me` for any valid access token, whatever its scopes; `GET` and `POST /api/notes` for those with `notes:read`, `notes:write`. */
export function createResourceServer(provider: Provider, accounts: Accounts): Hono {
  const notesOf = new Map<string, string[]>();
  const app = new Hono();

  app.get("/me", async (c) => {
    const bearer = await bearerOf(c, provider, accounts);
    return "account" in bearer ? c.json(bearer.account) : bearer.refusal;
  });
  app.get("/api/notes", async (c) => {
    const bearer = await bearerOf(c, provider, accounts, "notes:read");
    return "account" in bearer ? c.json({ notes: notesOf.get(bearer.account.id) ?? ["Buy milk"] }) : bearer.refusal;
  });
  app.post("/api/notes", async (c) => {
    const bearer = await bearerOf(c, provider, accounts, "notes:write");
    if ("refusal" in bearer) return bearer.refusal;
    const note = noteShape.safeParse(await c.req.json().catch(() => null));
    if (!note.success) return c.json({ error: "invalid_request", error_description: 'Send JSON such as {"text": "Buy milk"}.' }, 400);
    notesOf.set(bearer.account.id, [...(notesOf.get(bearer.account.id) ?? ["Buy milk"]), note.data.text]);
    return c.json(note.data, 201);
  });
  return app;
}

async function bearerOf(
  c: Context,
  provider: Provider,
  accounts: Accounts,
  scope?: SandboxScope,
): Promise<{ account: Account } | { refusal: Response }> {
  const presented = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  // Without credentials the challenge carries no error code (RFC 6750 §3.1).
  if (presented === undefined) return { refusal: challenge(c, 401, 'Bearer realm="sandbox"') };
  const token = await provider.AccessToken.find(presented);
  if (token === undefined) return { refusal: challenge(c, 401, 'Bearer realm="sandbox", error="invalid_token"') };
  if (scope !== undefined && !token.scopes.has(scope)) {
    return { refusal: challenge(c, 403, `Bearer realm="sandbox", error="insufficient_scope", scope="${scope}"`) };
  }
  return { account: accounts.byId(token.accountId) };
}

function challenge(c: Context, status: 401 | 403, authenticate: string): Response {
  const error = /error="([a-z_]+)"/.exec(authenticate)?.[1];
  return c.json(error === undefined ? {} : { error }, status, { "www-authenticate": authenticate, "cache-control": "no-store" });
}
