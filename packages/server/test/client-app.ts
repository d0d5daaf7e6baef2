/**
 * An app that uses Evergrant, as its developers would write it: it knows who is signed in, makes links for them alone, and confirms
 * what a browser brings back as that person.
 */
import { html } from "hono/html";
import type { Started } from "./start.ts";

/** Pages of the app at `origin`, for a host of `hosts.ts`. */
export function clientApp({ api }: Pick<Started, "api">, origin: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const subject = /(?:^|; )session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? null;
    if (subject === null) return page("Nobody is signed in");
    if (pathname === "/connect") {
      const scopes = searchParams.get("scopes")?.split(" ");
      const returnTo = `${origin}/done`;
      const input = { integration: "sandbox", subject, returnTo, ...(scopes === undefined ? {} : { scopes }) };
      return Response.redirect((await api.connections.authorize.mutate(input)).authorizeUrl, 303);
    }
    if (pathname === "/done") return page(await settle(api, subject, searchParams));
    return page("The app");
  };
}

async function settle(api: Started["api"], subject: string, result: URLSearchParams): Promise<string> {
  if (result.get("status") !== "unconfirmed") return `${result.get("status")}: ${result.get("error") ?? result.get("connection")}`;
  const confirmation = result.get("confirmation") ?? "";
  try {
    return `Connected for ${subject}: ${(await api.connections.confirm.mutate({ confirmation, subject })).id}`;
  } catch {
    return "This was not yours to confirm";
  }
}

async function page(title: string): Promise<Response> {
  const document = await html`<!doctype html>
    <html lang="en">
      <title>${title}</title>
      <link rel="icon" href="data:," />
      <h1>${title}</h1>
    </html>`;
  return new Response(String(document), { headers: { "content-type": "text/html; charset=utf-8" } });
}
