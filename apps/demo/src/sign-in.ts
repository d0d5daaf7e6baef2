/**
 * Who is signed in: a signed cookie, since that is all this app has to know of anybody.
 */
import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { type User, findUser } from "./users.ts";

export interface SignIn {
  /** Null where nobody is, or the cookie is of another run. */
  userOf(context: Context): Promise<User | null>;
  set(context: Context, user: User): Promise<void>;
}

// Cookies know no port (RFC 6265 §8.5), so the name is the demo's own.
const cookie = "evergrant-demo-user";

/** Makes the sign-in of one run: its cookies are worth nothing in the next. */
export function createSignIn(): SignIn {
  const secret = randomBytes(32).toString("base64url");
  return {
    userOf: async (context) => findUser(await getSignedCookie(context, secret, cookie)) ?? null,
    set: (context, user) => setSignedCookie(context, cookie, user.id, secret, { path: "/", httpOnly: true, sameSite: "Lax" }),
  };
}
