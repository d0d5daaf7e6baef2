/** What this platform's own fetch does with redirects, on real sockets: the facts that `send-with-token.ts` rests upon. */
import { type IncomingMessage, createServer } from "node:http";
import { expect, it } from "vitest";
import { createAuthorizedFetch } from "../src/authorized-fetch.ts";
import type { TokenReader } from "../src/read-token.ts";
import { active } from "./fake-evergrant.ts";

interface Origin extends AsyncDisposable {
  readonly url: string;
  readonly seen: IncomingMessage[];
}

/** Redirects to wherever its `to` parameter says; answers what it was sent otherwise. */
async function startOrigin(): Promise<Origin> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const to = new URL(request.url ?? "/", "http://origin.test").searchParams.get("to");
    if (to !== null) return void response.writeHead(307, { location: to }).end("moved");
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => response.end(Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    seen,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const redirectTo = (from: Origin, to: string) => `${from.url}?to=${encodeURIComponent(to)}`;
const unused = () => Promise.reject(new Error("not asked for here"));
const reader: TokenReader = { get: () => Promise.resolve(active()), refresh: unused, renew: unused, forget: () => undefined };
const asConnection = createAuthorizedFetch({ reader, question: { connectionId: "con_00000001" }, send: fetch });

it("fetch itself drops Authorization where a redirect leaves the origin, and keeps it where it does not", async () => {
  await using api = await startOrigin();
  await using elsewhere = await startOrigin();
  const headers = { authorization: "Bearer token-1" };
  await fetch(redirectTo(api, elsewhere.url), { headers });
  await fetch(redirectTo(api, api.url), { headers });
  expect(elsewhere.seen.map((request) => request.headers.authorization)).toEqual([undefined]);
  expect(api.seen.map((request) => request.headers.authorization)).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-1"]);
});

it("redirect: manual shows where a redirect leads, so that it can be followed by hand", async () => {
  await using api = await startOrigin();
  const response = await fetch(redirectTo(api, "/there"), { redirect: "manual" });
  expect([response.type, response.status, response.headers.get("location")]).toEqual(["basic", 307, "/there"]);
});

it.each<[string, () => RequestInit | Request]>([
  ["a call", () => ({ method: "POST", body: "a note" })],
  ["a Request", () => new Request("http://127.0.0.1/", { method: "POST", body: "a note" })],
])("the connection's fetch follows in the same way, body and all: %s", async (_, make) => {
  await using api = await startOrigin();
  await using elsewhere = await startOrigin();
  const send = (url: string) => {
    const what = make();
    return what instanceof Request ? asConnection(new Request(url, what)) : asConnection(url, what);
  };
  const near = await send(redirectTo(api, api.url));
  const far = await send(redirectTo(api, elsewhere.url));
  expect([await near.text(), near.url, await far.text(), far.url]).toEqual(["a note", api.url, "a note", elsewhere.url]);
  expect(api.seen.map((request) => request.headers.authorization)).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-1"]);
  expect(elsewhere.seen.map((request) => request.headers.authorization)).toEqual([undefined]);
});
