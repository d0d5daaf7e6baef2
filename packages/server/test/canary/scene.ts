/**
 * An Evergrant in which everything that leaves it is written down: answers, log lines, requests to providers and webhooks, files.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { vi } from "vitest";
import type { App } from "../../src/app.ts";
import { exportAudit } from "../../src/export-audit.ts";
import { TransportError, type GuardedFetch } from "../../src/guarded-fetch.ts";
import { parseEncryptionKeys } from "../../src/encryption-keys.ts";
import { openVault } from "../../src/vault.ts";
import { type Browser, openBrowser } from "../browser.ts";
import { type Started, sandboxIntegration, start } from "../start.ts";
import type { Canaries, Kind } from "./canaries.ts";

export const appOrigin = "https://app.example.com";
export const webhookUrl = "https://hooks.example.com/evergrant";

/** How the next request that fits is met, instead of being sent. */
export type Met = (request: { url: string; body: string; headers: Record<string, string> }) => Response;

export interface Scene extends AsyncDisposable {
  readonly evergrant: Started;
  readonly canaries: Canaries;
  /** The app whose every word is written down. */
  readonly app: App;
  /** Meets the next requests that fit. */
  meet(fits: RegExp | "refresh" | "code", how: Met): void;
  /** What waited for a request that never came. */
  unmet(): string[];
  /** Calls a procedure over HTTP with this credential, the admin's unless told, and writes the answer down. */
  call(path: string, input?: unknown, credential?: string): Promise<unknown>;
  /** Any request of anybody. */
  ask(place: string, path: string, init?: RequestInit): Promise<Response>;
  browser(): Browser;
  /** Another app on the same database and under the same watch. */
  another(options?: Parameters<Started["another"]>[0]): Promise<App>;
  /** Writes down the database's files, a backup of it, and the audit log as it is exported. */
  noteFiles(when: string): Promise<void>;
}

/** Secrets that people choose, which no pattern knows for secrets. */
export const chosen = {
  clientSecret: "canary-client-secret-correct-horse",
  bootstrapKey: "canary-bootstrap-key-battery-staple",
  keyEncryptionKey: "canary-key-encryption-key-32byte",
};

/** What an answer is there to give. */
const belongs: Readonly<Record<string, readonly Kind[]>> = {
  "apiKeys.create": ["API key"],
  "sessions.create": ["session token"],
  "webhooks.create": ["webhook secret"],
  "webhooks.rotateSecret": ["webhook secret"],
  "tokens.get": ["access token"],
  "tokens.refresh": ["access token"],
};
/** A fault is named to the caller who made it, and to nobody else. */
const typedBack: readonly Kind[] = ["typed by mistake"];
const namesOfSecrets: readonly (readonly [RegExp, Kind])[] = [
  [/^(apiKey)$/, "API key"],
  [/^sessionToken$/, "session token"],
  [/^secret$/, "webhook secret"],
  [/^(access_token|accessToken)$/, "access token"],
  [/^refresh_token$/, "refresh token"],
  [/^id_token$/, "ID token"],
  [/^code$/, "authorization code"],
  [/^code_verifier$/, "code verifier"],
];

/** @param options.publicUrl Left out, a loopback one, where no flow has to be confirmed. */
export async function openScene(canaries: Canaries, options: { publicUrl?: string } = {}): Promise<Scene> {
  canaries.note("the console", "what the process says by itself:");
  for (const [kind, secret] of [
    ["client secret", chosen.clientSecret],
    ["API key", chosen.bootstrapKey],
    ["key-encryption key", chosen.keyEncryptionKey],
  ] as const)
    canaries.keep(kind, secret);
  const keys = `canary:${Buffer.from(chosen.keyEncryptionKey).toString("base64")}`;
  const written = (["log", "info", "warn", "error", "debug", "trace"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => canaries.note("the console", words.map(String).join(" "))),
  );

  const met: { fits: RegExp | "refresh" | "code"; how: Met }[] = [];
  const keepNamed = (members: Iterable<readonly [string, unknown]>) => {
    for (const [name, value] of members) {
      const kind = namesOfSecrets.find(([pattern]) => pattern.test(name))?.[1];
      if (kind !== undefined && typeof value === "string" && value.length >= 16) canaries.keep(kind, value);
    }
  };
  const spy: GuardedFetch = async (url, init) => {
    const body = init.body ?? "";
    canaries.note("URLs of requests to others", url);
    canaries.note("the Referer of requests to others", init.headers["referer"] ?? "none");
    const isWebhook = url === webhookUrl;
    if (isWebhook) canaries.note("webhook messages", JSON.stringify([init.headers, body]));
    else keepNamed(new URLSearchParams(body));
    const grantType = new URLSearchParams(body).get("grant_type");
    const index = met.findIndex(({ fits }) =>
      fits === "refresh" ? grantType === "refresh_token" : fits === "code" ? grantType === "authorization_code" : fits.test(url),
    );
    const [meeting] = index < 0 ? [] : met.splice(index, 1);
    if (meeting !== undefined) return meeting.how({ url, body, headers: init.headers });
    if (isWebhook) return new Response(null, { status: 204 });
    if (!url.startsWith(evergrant.sandbox.issuer)) throw new TransportError("not_sent", "this test goes nowhere else");
    const response = await fetch(url, { ...init, redirect: "manual" });
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    if (typeof answer === "object" && answer !== null) keepNamed(Object.entries(answer));
    return response;
  };

  const evergrant = await start({
    sandbox: {
      consent: "automatic",
      clients: [{ clientId: "canary-client", clientSecret: chosen.clientSecret, redirectUris: ["http://127.0.0.1:4000/oauth/callback/x"] }],
    },
    config: (sandbox) => {
      const { parameters: _parameters, scopes: _scopes, optionalScopes: _optional, ...client } = sandboxIntegration(sandbox);
      return {
        returnOrigins: [appOrigin],
        allowedOrigins: [appOrigin],
        ...options,
        providers: {
          sandbox: sandboxIntegration(sandbox),
          sso: { ...client, provider: { issuer: sandbox.issuer }, scopes: ["openid", "email"] },
        },
      };
    },
    app: { keys: parseEncryptionKeys(keys), bootstrapKey: chosen.bootstrapKey, fetch: spy },
  });
  canaries.keep("API key", evergrant.apiKey);
  const { app } = evergrant;

  const noteAnswer = async (place: string, response: Response, mayHold: readonly Kind[]): Promise<string> => {
    const headers = [...response.headers].filter(([name]) => name !== "set-cookie" && name !== "location");
    canaries.note("headers of answers", JSON.stringify(headers));
    for (const cookie of response.headers.getSetCookie()) canaries.keep("flow cookie", /=([^;]+)/.exec(cookie)?.[1] ?? "");
    const location = response.headers.get("location");
    if (location !== null) {
      const { searchParams, origin, pathname } = new URL(location, evergrant.publicUrl);
      const state = searchParams.get("state");
      if (state !== null && state.length >= 16) canaries.keep("state", state);
      const confirmation = searchParams.get("confirmation");
      if (confirmation !== null) canaries.keep("confirmation", confirmation);
      // The provider must be told the state, the app the confirmation, and a form post the state that it brought.
      const toFlow = origin === evergrant.sandbox.issuer || pathname.startsWith("/oauth/callback/");
      canaries.note("Location of answers", location, toFlow ? ["state"] : origin === appOrigin ? ["confirmation"] : []);
    }
    const text = await response.clone().text();
    if (text !== "") canaries.note(place, text, mayHold);
    return text;
  };
  const ask = async (place: string, path: string, init?: RequestInit) => {
    const response = await app.request(path, init);
    await noteAnswer(place, response, init?.headers !== undefined && "authorization" in init.headers ? typedBack : []);
    return response;
  };

  return {
    evergrant,
    canaries,
    app,
    meet: (fits, how) => met.push({ fits, how }),
    unmet: () => met.map(({ fits }) => String(fits)),
    call: async (path, input, credential = evergrant.apiKey) => {
      const response = await app.request(`/trpc/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      });
      const text = await noteAnswer(`answers of ${path}`, response, response.ok ? [...(belongs[path] ?? []), ...typedBack] : typedBack);
      const answer: unknown = JSON.parse(text);
      const data = isRecord(answer) && isRecord(answer["result"]) ? answer["result"]["data"] : null;
      if (isRecord(data)) keepNamed(Object.entries(data));
      return data;
    },
    ask,
    browser: () =>
      openBrowser(async (request) => {
        if (new URL(request.url).origin !== evergrant.publicUrl) return fetch(request);
        const response = await app.fetch(request);
        await noteAnswer("pages of flows", response, []);
        return response;
      }),
    another: evergrant.another,
    noteFiles: async (when) => {
      const { folder, database, clock } = evergrant;
      await app.keepRecords({ deadlineMs: 5_000 });
      await database.orm.run(sql.raw(`VACUUM INTO '${join(folder.path, `backup ${when}.db`)}'`));
      for (const file of await readdir(folder.path)) canaries.note(`${file}, ${when}`, await readFile(join(folder.path, file)));
      const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(keys), now: clock.now });
      for await (const entry of exportAudit({ database, vault, now: clock.now }, {}))
        canaries.note("the audit log's export", JSON.stringify(entry));
    },
    [Symbol.asyncDispose]: async () => {
      await evergrant[Symbol.asyncDispose]();
      for (const spied of written) spied.mockRestore();
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
