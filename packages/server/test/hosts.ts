/**
 * Hosts on one port of this machine, told apart by their names: over https the browser specs' own internet, over http plain loopback.
 */
import { type IncomingMessage, type ServerResponse, createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { selfSignedCertificate } from "./certificate.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

export interface Hosts extends AsyncDisposable {
  readonly port: number;
  /** Answers for a host, `name` or `name:port` as its URLs have it, from now on; the one before is forgotten. */
  serve(host: string, fetch: Fetch): void;
}

/** @example await using hosts = await startHosts("https"); hosts.serve("app.test", () => new Response("hello")); */
export async function startHosts(scheme: "http" | "https"): Promise<Hosts> {
  const served = new Map<string, Fetch>();
  const answer = getRequestListener(
    (request) => served.get(new URL(request.url).host)?.(request) ?? new Response("no such host", { status: 421 }),
  );
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void answer(incoming, outgoing);
  const server = scheme === "http" ? createHttpServer(listener) : createHttpsServer(selfSignedCertificate("evergrant specs"), listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    serve: (host, fetch) => served.set(host, fetch),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
