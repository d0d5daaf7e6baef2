/**
 * The front page: what is connected, and the button with which its owner ends it. Revocation as a person does it.
 */
import { Hono } from "hono";
import type { Clients } from "./clients.ts";
import { connectedAppsPage } from "./pages.ts";
import type { Store } from "./store.ts";

/** `GET /`, and the form on it. */
export function createConnectedApps(store: Store, clients: Clients): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const { html, headers } = await connectedAppsPage(store.livingGrants(), clients.nameOf);
    return c.html(html, 200, headers);
  });
  app.post("/connected-apps/:grantId/remove", (c) => {
    // Browsers say where a request comes from; the page of another site must not press this button.
    if (!["same-origin", "none", undefined].includes(c.req.header("sec-fetch-site")))
      return c.text("Use the button on the page itself.", 403);
    store.revokeGrant(c.req.param("grantId"));
    return c.redirect("/", 303);
  });
  return app;
}
