import type { Sandbox } from "@evergrant/sandbox";
import { expect, it } from "vitest";
import { createGuardedFetch } from "../src/guarded-fetch.ts";
import { failureOn, wholeFlow } from "./flow.ts";
import { type Started, start } from "./start.ts";

const issuerOf = ({ issuer, client }: Sandbox) => ({ ...client, provider: { issuer }, scopes: ["openid", "email", "offline_access"] });
const minuteMs = 60_000;

/** An Evergrant whose issuer can move an endpoint: the old place is gone, and the metadata names the new one. */
async function startWithMovable(member: "jwks_uri" | "token_endpoint", path: string) {
  const own = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  const seen = { moved: false, documents: 0 };
  const newPath = `/new${path}`;
  const evergrant: Started = await start({
    config: (sandbox) => ({ providers: { sandbox: issuerOf(sandbox) } }),
    app: {
      fetch: async (url, init) => {
        const { pathname } = new URL(url);
        if (pathname === newPath) return own(url.replace(newPath, path), init);
        if (pathname === path && seen.moved) return new Response("gone", { status: 404 });
        if (!pathname.startsWith("/.well-known/")) return own(url, init);
        seen.documents += 1;
        const document: unknown = await (await own(url, init)).json();
        return Response.json(Object.assign({}, document, seen.moved ? { [member]: new URL(newPath, url).href } : {}));
      },
    },
  });
  return { evergrant, seen, [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose]() };
}

it("an issuer that has moved its keys is asked anew what it says of itself, once in a minute at most", async () => {
  await using movable = await startWithMovable("jwks_uri", "/jwks");
  const { evergrant, seen } = movable;
  await evergrant.connect("alice");
  expect(seen.documents).toBe(1);

  seen.moved = true;
  for (const subject of ["bob", "carol"]) expect(failureOn(await wholeFlow(evergrant, { subject }))).toBe("provider_error");
  expect(seen.documents).toBe(1);
  evergrant.clock.advance(minuteMs);
  await evergrant.connect("bob");
  expect(seen.documents).toBe(2);
});

it("an issuer that has moved its token endpoint: the code that is under way goes to the new one", async () => {
  await using movable = await startWithMovable("token_endpoint", "/token");
  const { evergrant, seen } = movable;
  await evergrant.connect("alice");
  seen.moved = true;
  evergrant.clock.advance(minuteMs);
  await evergrant.connect("bob");
  expect(seen.documents).toBe(2);
});

it("an issuer that has moved its token endpoint: a refresh that found it gone finds it at the next try", async () => {
  await using movable = await startWithMovable("token_endpoint", "/token");
  const { evergrant, seen } = movable;
  const connectionId = await evergrant.connect("alice");
  seen.moved = true;
  evergrant.clock.advance(2 * minuteMs);
  expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "unavailable" });
  evergrant.clock.advance(5 * minuteMs);
  expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
  expect(seen.documents).toBe(2);
});
