/**
 * `GET /metrics`, for a scraper with the permission `metrics:read`.
 */
import { Hono } from "hono";
import type { Authority } from "./authority.ts";
import { refusalOf } from "./authorization.ts";
import { type GateVariables, forbidden } from "./http-gate.ts";

export function metricsRoutes({ metrics }: Authority): Hono<{ Variables: GateVariables }> {
  const routes = new Hono<{ Variables: GateVariables }>();
  routes.get("/metrics", async (context) => {
    const refusal = refusalOf(context.get("caller"), "/metrics");
    if (refusal !== null) return context.json(forbidden(refusal), 403);
    const { contentType, text } = await metrics.print();
    return context.body(text, 200, { "content-type": contentType, "cache-control": "no-store" });
  });
  return routes;
}
