/**
 * Evergrant as a side: `evergrant serve`, and callers with an API key of the least permissions.
 */
import { join } from "node:path";
import { createApp, generateEncryptionKey, openDatabase, parseEncryptionKeys } from "@evergrant/server";
import { seed, seededConnectionId, seededSubject } from "@evergrant/server/test/seed";
import { clientId, integrationId, resolvedConfigFor } from "../evergrant-config.ts";
import { serveEvergrant } from "../evergrant-server.ts";
import type { LoadRequest } from "../load.ts";
import { type SideSettings, randomNumbers, requestCount, serveSide } from "./side.ts";

serveSide(prepare);

/** A provider that nobody asks anything here: its tokens are fresh. */
const provider = "https://provider.example";

async function prepare(settings: SideSettings) {
  const databaseUrl = `file:${join(settings.folder, "evergrant.db")}`;
  const encryptionKeys = generateEncryptionKey();
  const connections = settings.subjects * settings.connectionsPerSubject;
  const { apiKey } = await seed({
    databaseUrl,
    encryptionKeys,
    integrationId,
    authority: provider,
    clientId,
    from: 0,
    to: connections,
    connectionsPerSubject: settings.connectionsPerSubject,
    accessTokenBytes: settings.accessTokenBytes,
    requestedAt: new Date(),
    expiresAt: new Date(Date.now() + 86_400_000),
    dueAt: () => new Date(Date.now() + 80_000_000),
    refreshToken: (number) => `refresh-${number}`.padEnd(64, "x"),
  });
  const server = await serveEvergrant({ folder: settings.folder, databaseUrl, encryptionKeys, provider });

  const app = await createApp({
    config: await resolvedConfigFor(provider),
    database: await openDatabase({ url: databaseUrl }),
    keys: parseEncryptionKeys(encryptionKeys),
    refresher: "none",
  });
  const numbers = randomNumbers(requestCount, connections);
  const ids = numbers.map((number) => seededConnectionId(number));
  const caller = app.caller({ id: "in-process", permissions: ["tokens:read"] });
  const calls = { connection_id: (round: number) => caller.tokens.get({ connectionId: ids[round % ids.length] ?? "" }) };

  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const batchOf = (size: number): LoadRequest[] =>
    ids.map((_, at) => {
      const inputs = Array.from({ length: size }, (_each, index) => [String(index), { connectionId: ids[(at + index * 7) % ids.length] }]);
      const path = `/trpc/${Array.from({ length: size }, () => "tokens.get").join(",")}?batch=1`;
      return { method: "POST", path, headers, body: JSON.stringify(Object.fromEntries(inputs)) };
    });
  const get = (toInput: (number: number) => object): LoadRequest[] =>
    numbers.map((number) => ({ method: "POST", path: "/trpc/tokens.get", headers, body: JSON.stringify(toInput(number)) }));
  const requests = {
    connection_id: get((number) => ({ connectionId: seededConnectionId(number) })),
    account: get((number) => ({
      integration: integrationId,
      subject: seededSubject(number, settings.connectionsPerSubject),
      accountId: `account-${number}`,
    })),
    get: ids.map((id): LoadRequest => ({
      method: "GET",
      path: `/trpc/tokens.get?input=${encodeURIComponent(JSON.stringify({ connectionId: id }))}`,
      headers,
    })),
    batch_10: batchOf(10),
    batch_100: batchOf(100).slice(0, 320),
  };
  for (const [first] of Object.values(requests)) {
    if (first === undefined) throw new Error("there is nothing to ask for");
    const response = await fetch(`${server.listensAt}${first.path}`, {
      method: first.method,
      headers: first.headers,
      ...(first.body === undefined ? {} : { body: first.body }),
    });
    const text = await response.text();
    const tokens = text.split('"status":"active"').length - 1;
    if (!response.ok || tokens !== first.path.split(",").length)
      throw new Error(`Evergrant answers with ${response.status} ${text.slice(0, 200)}`);
  }
  return { url: server.listensAt, requests, calls };
}
