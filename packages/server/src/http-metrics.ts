/**
 * `GET /metrics`, for a scraper with the permission `metrics:read`.
 */
import { Hono } from "hono";
import type { Authority } from "./authority.ts";
import { isPermitted } from "./callers.ts";
import { type GateVariables, forbidden } from "./http-trpc.ts";

export function metricsRoutes({ metrics }: Authority): Hono<{ Variables: GateVariables }> {
  const routes = new Hono<{ Variables: GateVariables }>();
  routes.get("/metrics", async (context) => {
    if (!isPermitted(context.get("caller"), "metrics:read")) return context.json(forbidden("metrics:read"), 403);
    const { contentType, text } = await metrics.print();
    return context.body(text, 200, { "content-type": contentType, "cache-control": "no-store" });
  });
  return routes;
}
