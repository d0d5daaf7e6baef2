/**
 * What a browser can be made to ask for: connect links, redirection endpoints and their forms, and whatever else has a path.
 */
import * as fc from "fast-check";
import { reachCallback } from "../flow.ts";
import { start } from "../start.ts";
import { hostileText, inUrl } from "./hostile.ts";
import type { Target } from "./target.ts";

interface Visit {
  readonly method: string;
  readonly path: string;
  /** Parameters by name; those named `!` are taken from a real authorization response. */
  readonly parameters: readonly (readonly [string, string])[];
  /** Whether the parameters are those of a response that the browser really brings, but for the ones above. */
  readonly isReal: boolean;
  readonly cookie: string;
  readonly contentType: string | null;
  readonly body: string | null;
}

export const browserPaths: Target<Visit> = {
  name: "connect links and callbacks",
  open: async () => {
    const evergrant = await start({ config: () => ({ returnOrigins: ["https://app.example.com"] }) });
    const spared = await evergrant.connect("bystander");
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
    const link = new URL(authorizeUrl).pathname;
    return {
      inputs: visitsTo(link),
      attempt: async (visit) => {
        const errorsBefore = evergrant.logged.length;
        const { url, cookie } = await placeOf(visit);
        const headers = new Headers();
        if (cookie !== null) headers.set("cookie", cookie);
        if (visit.contentType !== null) headers.set("content-type", visit.contentType);
        const response = await evergrant.app.request(url, { method: visit.method, headers, body: visit.body });
        const text = await response.text();
        if (response.status >= 500) throw new Error(`answered ${response.status}: ${text}`);
        if (text.includes("<script>alert(1)")) throw new Error("the page has a script that came from outside");
        const location = response.headers.get("location");
        if (location !== null && !location.startsWith(evergrant.publicUrl) && !location.startsWith(evergrant.sandbox.issuer)) {
          throw new Error(`the browser was sent to ${location}`);
        }
        const errors = evergrant.logged.slice(errorsBefore).filter((line) => line.includes('"level":"error"'));
        if (errors.length > 0) throw new Error(`logged as an error: ${errors.join("\n")}`);
      },
      atEnd: async () => {
        const { status } = await evergrant.api.tokens.get.query({ connectionId: spared });
        if (status !== "active") throw new Error(`the connection that nobody named is ${status}`);
      },
      [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose](),
    };

    async function placeOf({ path, parameters, isReal, cookie }: Visit): Promise<{ url: string; cookie: string | null }> {
      const own = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
      if (!isReal) return { url: `${path}?${own}`, cookie: cookie === "own" || cookie === "none" ? null : `evergrant-flow=${cookie}` };
      const { browser, callback } = await reachCallback(evergrant);
      const query = callback.searchParams;
      for (const [name, value] of own) query.set(name, value);
      const kept = browser.cookies(callback.host);
      return { url: `${path}?${query}`, cookie: cookie === "own" ? kept : cookie === "none" ? null : `evergrant-flow=${cookie}` };
    }
  },
};

function visitsTo(link: string): fc.Arbitrary<Visit> {
  const segment = hostileText.map(inUrl);
  const damaged = fc
    .tuple(fc.nat({ max: link.length - 1 }), fc.constantFrom("", "A", "%", "%ff", ".", "/", "~"))
    .map(
      ([at, instead]) => `${link.slice(0, Math.max(at, "/connect/".length))}${instead}${link.slice(Math.max(at, "/connect/".length) + 1)}`,
    );
  const path = fc.oneof(
    fc.constant(link),
    damaged,
    fc.constant("/oauth/callback/sandbox"),
    segment.map((each) => `/connect/${each}`),
    segment.map((each) => `/oauth/callback/${each}`),
    segment.map((each) => `/oauth/done/${each}`),
    segment.map((each) => `/${each}`),
    fc.constantFrom(
      "/",
      "/connect/",
      "/connect",
      "/oauth/callback/",
      "/oauth/callback/sandbox/",
      "/oauth/callback/%2e%2e/x",
      "/%",
      "/%ff",
      "//evil.test/x",
      "/healthz",
      "/readyz",
      "/openapi.json",
      "/metrics",
      "/oauth/callback/__proto__",
    ),
  );
  const value = fc.oneof(hostileText, fc.constantFrom("access_denied", "sandbox", "x".repeat(20_000), "<script>alert(1)</script>"));
  const name = fc.oneof(
    fc.constantFrom("state", "code", "iss", "error", "error_description", "response", "id_token", "returnTo", "scope"),
    hostileText,
  );
  return fc
    .record({
      method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"),
      path,
      parameters: fc.array(fc.tuple(name, value), { maxLength: 4 }),
      isReal: fc.constantFrom(true, false, false, false),
      cookie: fc.oneof(
        fc.constantFrom("own", "own", "none"),
        hostileText.filter((text) => /^[\x20-\x7e]*$/.test(text)),
      ),
      contentType: fc.constantFrom(null, "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"),
      body: fc.oneof(fc.constant(null), hostileText, fc.constantFrom("state=x&state=y", "state=%ff", "a=".padEnd(100_000, "b"))),
    })
    .map((visit) => (visit.method === "GET" || visit.method === "HEAD" ? { ...visit, body: null, contentType: null } : visit));
}
