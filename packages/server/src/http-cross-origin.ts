/**
 * Whose pages may call the API (Fetch standard §3.2): the config's `allowedOrigins`, exactly, and never with credentials.
 */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Authority } from "./authority.ts";

/** Answers preflights, and lets browsers show answers to the origins that are allowed. */
export function crossOrigin({ allowedOrigins }: Pick<Authority, "allowedOrigins">): MiddlewareHandler {
  const forOrigin = cors({
    origin: (origin) => (allowedOrigins.includes(origin) ? origin : null),
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "last-event-id", "trpc-accept", "x-trpc-source"],
    exposeHeaders: ["retry-after", "ratelimit", "ratelimit-policy"],
    maxAge: 600,
  });
  return async (context, next) => {
    // Only browsers send an origin. Others are spared the work, but not the word that another origin may be told otherwise.
    if (context.req.header("origin") !== undefined || context.req.method === "OPTIONS") return forOrigin(context, next);
    await next();
    context.res.headers.append("vary", "Origin");
    return undefined;
  };
}
