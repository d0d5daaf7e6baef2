/**
 * The floor: the least that this stack can do. A Hono app with one tRPC query: one point read through `@libsql/client`, one AES-256-GCM
 * open. It knows nobody, refreshes nothing and records nothing.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { createClient } from "@libsql/client";
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono } from "hono";
import { z } from "zod";
import type { LoadRequest } from "../load.ts";
import { type SideSettings, randomNumbers, requestCount, serveSide } from "./side.ts";

const key = createSecretKey(randomBytes(32));

serveSide(prepare);

async function prepare(settings: SideSettings) {
  const client = createClient({ url: `file:${join(settings.folder, "floor.db")}`, timeout: 5_000 });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("CREATE TABLE tokens (id text PRIMARY KEY NOT NULL, expires_at integer NOT NULL, token blob NOT NULL)");
  const rows = settings.subjects * settings.connectionsPerSubject;
  for (let from = 0; from < rows; from += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, rows - from) }, (_, index) => from + index);
    await client.batch(
      numbers.map((number) => ({
        sql: "INSERT INTO tokens VALUES (?, ?, ?)",
        args: [idOf(number), Date.now() + 3_600_000, seal("x".repeat(settings.accessTokenBytes), idOf(number))],
      })),
      "write",
    );
  }
  const read = async (id: string) => {
    const result = await client.execute({ sql: "SELECT expires_at, token FROM tokens WHERE id = ?", args: [id] });
    const row = result.rows[0];
    if (!(row?.["token"] instanceof ArrayBuffer)) throw new Error("there is no such token");
    return { accessToken: open(new Uint8Array(row["token"]), id), expiresAt: row["expires_at"] };
  };

  const trpc = initTRPC.create();
  const router = trpc.router({
    get: trpc.procedure.input(z.object({ id: z.string().min(1).max(64) })).query(({ input }) => read(input.id)),
  });
  const app = new Hono();
  app.all("/trpc/*", (context) => fetchRequestHandler({ endpoint: "/trpc", req: context.req.raw, router, allowMethodOverride: true }));
  const ids = randomNumbers(requestCount, rows).map(idOf);
  const port = await new Promise<number>((resolve) =>
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => resolve(info.port)),
  );
  const headers = { "content-type": "application/json" };
  return {
    url: `http://127.0.0.1:${port}`,
    requests: {
      post: ids.map((id): LoadRequest => ({ method: "POST", path: "/trpc/get", headers, body: JSON.stringify({ id }) })),
      get: ids.map((id): LoadRequest => ({
        method: "GET",
        path: `/trpc/get?input=${encodeURIComponent(JSON.stringify({ id }))}`,
        headers: {},
      })),
    },
    calls: { read: (round: number) => read(ids[round % ids.length] ?? "") },
  };
}

function idOf(number: number): string {
  return `con_${String(number).padStart(20, "0")}`;
}

function seal(plaintext: string, id: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(id));
  return Buffer.concat([iv, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Uint8Array, id: string): string {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(id))
    .setAuthTag(sealed.subarray(-16));
  return decipher.update(sealed.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
}
