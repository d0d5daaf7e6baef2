/**
 * What can go wrong, each time with every secret known so far in the mouth of whoever is at fault.
 */
import { Readable } from "node:stream";
import { sql } from "drizzle-orm";
import { appRouter } from "../../src/router.ts";
import type { KeyEncryptionKey } from "../../src/key-encryption-key.ts";
import { openDatabase } from "../../src/database.ts";
import { TransportError } from "../../src/guarded-fetch.ts";
import { altered, land, reachCallback } from "../flow.ts";
import { misplaced, refusals } from "./mouths.ts";
import { type Met, type Scene, webhookUrl } from "./scene.ts";

/** By what fails. */
export const failures: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "a provider refuses a refresh": async (scene) => {
    const connectionId = await scene.evergrant.connect("refused");
    for (const refusal of refusals(scene)) {
      scene.meet("refresh", refusal);
      scene.evergrant.clock.advance(7_200_000);
      await scene.call("tokens.get", { connectionId });
      await scene.call("tokens.status", { connectionId });
    }
    await scene.app.refreshDue({ limit: 100, deadlineMs: 5_000 });
  },
  "a provider refuses a code": async (scene) => {
    for (const refusal of refusals(scene)) {
      scene.meet("code", refusal);
      const { browser, callback } = await reachCallback(scene.evergrant, { subject: "refused", browser: scene.browser() });
      await land(browser, callback);
    }
  },
  "a provider refuses a revocation, the account, or its metadata": async (scene) => {
    for (const refusal of refusals(scene)) {
      const connectionId = await scene.evergrant.connect("ending");
      scene.meet(/revo/, refusal);
      await scene.call("connections.disconnect", { connectionId });
      scene.meet(/userinfo|\/me/, refusal);
      await scene.evergrant.connect("unnamed", { integration: "sso" }).catch(() => undefined);
    }
    scene.evergrant.clock.advance(86_400_000);
    await scene.app.refreshDue({ limit: 100, deadlineMs: 5_000 });
    for (const refusal of refusals(scene)) {
      const fresh = await scene.another();
      // OpenID Connect's metadata, then RFC 8414's.
      scene.meet(/well-known/, refusal);
      scene.meet(/well-known/, refusal);
      const list = fresh.caller({ id: "in process", permissions: ["admin"] }).scopes.list({ integration: "sso" });
      await list.catch((error: unknown) => noteError(scene, error));
      await fresh.close();
    }
  },
  "an authorization response is refused, forged or torn": async (scene) => {
    const song = scene.canaries.song();
    for (const changes of [
      { code: null, error: "access_denied", error_description: song },
      { code: null, error: song.slice(0, 500), error_uri: `https://evil.example/${song}` },
      { iss: song },
      { state: null, code: song },
      { code: song.slice(0, 900) },
    ]) {
      const { browser, callback } = await reachCallback(scene.evergrant, { subject: "torn", browser: scene.browser() });
      await land(browser, altered(callback, changes));
    }
    const { callback } = await reachCallback(scene.evergrant, { subject: "torn", browser: scene.browser() });
    await land(scene.browser(), callback);
    await scene.ask("form posts", callback.pathname, {
      method: "POST",
      body: callback.searchParams,
    });
  },
  "the network fails": async (scene) => {
    const song = scene.canaries.song();
    for (const error of [
      new TransportError("no_answer", "the provider gave no answer", { cause: new Error(song) }),
      Object.assign(new TypeError(`fetch failed ${song}`, { cause: new Error(song) }), { code: song.split(" ")[0], body: song }),
    ]) {
      const fail: Met = () => {
        throw error;
      };
      const connectionId = await scene.evergrant.connect("cut off");
      scene.meet("refresh", fail);
      scene.evergrant.clock.advance(7_200_000);
      await scene.call("tokens.get", { connectionId });
      scene.meet("code", fail);
      const { browser, callback } = await reachCallback(scene.evergrant, { subject: "cut off", browser: scene.browser() });
      await land(browser, callback);
      scene.meet(/revo/, fail);
      await scene.call("connections.disconnect", { connectionId });
    }
  },
  "a ciphertext is damaged": async (scene) => {
    const { orm } = scene.evergrant.database;
    const connectionId = await scene.evergrant.connect("damaged");
    for (const table of ["refresh_tokens", "access_tokens"]) {
      await orm.run(
        sql.raw(
          `UPDATE ${table} SET token = CAST(substr(token, 1, length(token) - 1) || x'00' AS BLOB) WHERE connection_id = '${connectionId}'`,
        ),
      );
      scene.evergrant.clock.advance(7_200_000);
      await scene.call("tokens.get", { connectionId });
    }
    await scene.call("connections.disconnect", { connectionId });
  },
  "a KMS fails": async (scene) => {
    const song = scene.canaries.song();
    const broken: KeyEncryptionKey = {
      id: "broken",
      wrap: () => Promise.reject(Object.assign(new Error(`cannot wrap ${song}`), { code: song.split(" ")[1], request: { headers: song } })),
      unwrap: () => Promise.reject(new Error(`cannot unwrap ${song}`)),
    };
    const connectionId = await scene.evergrant.connect("key away");
    const database = await openDatabase({ url: scene.evergrant.folder.databaseUrl() });
    const away = await scene.another({ database, keys: [{ ...broken, id: "canary" }] });
    const admin = away.caller({ id: "in process", permissions: ["admin"] });
    for (const ask of [
      () => admin.tokens.get({ connectionId }),
      () => admin.keys.rotate({ newKey: "always" }),
      () => admin.connections.authorize({ integration: "sandbox", subject: "key away" }),
      () => admin.webhooks.create({ url: webhookUrl }),
    ]) {
      await ask().then(
        (answer: unknown) => scene.canaries.note("answers in process", JSON.stringify(answer)),
        (error: unknown) => noteError(scene, error),
      );
    }
    await away.close();
    database.close();
  },
  "the disk is full, or may not be written to": async (scene) => {
    const { orm } = scene.evergrant.database;
    const connectionId = await scene.evergrant.connect("full disk");
    const { browser, callback } = await reachCallback(scene.evergrant, { subject: "full disk", browser: scene.browser() });
    for (const [full, free] of [
      ["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"],
      ["PRAGMA query_only = ON", "PRAGMA query_only = OFF"],
    ] as const) {
      await orm.run(sql.raw(full));
      // Nothing has room any more, not even in a page that is there.
      if (full.includes("max_page_count")) await orm.run(sql.raw("CREATE TABLE filler (x)")).catch(() => undefined);
      scene.evergrant.clock.advance(7_200_000);
      await scene.call("tokens.get", { connectionId });
      await scene.call("apiKeys.create", { name: "x".repeat(64), permissions: ["tokens:read"] });
      await scene.call("sessions.create", { subject: "full disk" });
      await land(browser, callback);
      await scene.ask("health", "/readyz");
      await orm.run(sql.raw(free));
    }
  },
  "a webhook fails": async (scene) => {
    await scene.call("webhooks.create", { url: webhookUrl });
    for (const refusal of refusals(scene)) {
      scene.meet(new RegExp(webhookUrl), refusal);
      await scene.evergrant.connect("told");
      await scene.app.deliverDue({ limit: 100, deadlineMs: 3_000 });
      scene.evergrant.clock.advance(3_600_000);
    }
  },
  "an import has faults": async (scene) => {
    const own = ["canary-import-access-token-good", "canary-import-refresh-token-good"] as const;
    scene.canaries.keep("access token", own[0]);
    scene.canaries.keep("refresh token", own[1]);
    const line = { integration: "sandbox", subject: "imported", accessToken: own[0], refreshToken: own[1], scopes: ["notes:read"] };
    const lines = [
      JSON.stringify(line),
      JSON.stringify({ ...line, [own[0]]: own[1] }),
      JSON.stringify({ ...line, expiresAt: own[0], scopes: [own[1]], captured: { callback: own[0] } }),
      `{"accessToken": ${own[0]}`,
      JSON.stringify([own]),
    ].join("\n");
    for await (const result of scene.app.importTokens(Readable.from([Buffer.from(lines)]), { dryRun: false, replace: true }))
      scene.canaries.note("results of an import", JSON.stringify(result));
  },
  "an input is wrong, and full of what belongs elsewhere": async (scene) => {
    const typed = "canary-typed-by-mistake-Tr0ub4dor";
    scene.canaries.keep("typed by mistake", typed);
    for (const path of Object.keys(appRouter._def.procedures)) {
      if (path === "events.stream") continue;
      // Whatever else it is given, this one takes its time over the secrets that were damaged above.
      const inputs = path === "keys.rotate" ? [typed] : misplaced(typed);
      for (const input of inputs) await scene.call(path, input);
    }
    const admin = { authorization: `Bearer ${scene.evergrant.apiKey}` };
    const json = { ...admin, "content-type": "application/json" };
    for (const [path, init] of [
      [`/trpc/${typed}`, { headers: admin }],
      [`/trpc/tokens.get?input=${typed}`, { headers: admin }],
      ["/trpc/tokens.get", { method: "POST", headers: json, body: `{"connectionId": ${typed}` }],
      [`/trpc/tokens.get,${typed}?batch=1`, { method: "POST", headers: json, body: JSON.stringify({ 0: { connectionId: typed } }) }],
      [`/connect/${typed}`, {}],
      [`/oauth/callback/${typed}?code=${typed}&state=${typed}`, {}],
      [`/${typed}`, { headers: admin }],
      ["/trpc/config.list", { headers: { authorization: `Bearer ${typed}` } }],
      ["/trpc/config.list", { headers: { authorization: `Basic ${typed}`, cookie: typed, "x-request-id": scene.evergrant.apiKey } }],
      ["/metrics", { headers: admin }],
      ["/openapi.json", {}],
      ["/healthz", { headers: { referer: `https://a.example/?code=${typed}` } }],
    ] as const)
      await scene.ask(path.startsWith("/metrics") ? "metrics" : "answers to nonsense", path, init);
  },
};

/** What somebody sees who prints an error to find out what is wrong. */
function noteError({ canaries }: Scene, error: unknown): void {
  const chain: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) chain.push(each.message, JSON.stringify(each));
  canaries.note("errors in process", chain.join("\n"));
}
