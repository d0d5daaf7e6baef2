import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { start } from "./start.ts";

describe("after whole flows", () => {
  it("no client secret, token, code, code verifier or state is in the database file, its WAL, a log or an answer that is not for it", async () => {
    const seen = { authorizations: [] as string[], answers: [] as string[] };
    await using evergrant = await start({ config: () => ({ returnOrigins: ["https://app.example.com"] }) });
    const { api, sandbox } = evergrant;
    const secrets = new Map<string, string>();
    const keep = (name: string, value: string | null | undefined) => {
      if (value === null || value === undefined || value.length < 16) throw new Error(`no ${name} was seen`);
      secrets.set(`${name} ${secrets.size}`, value);
    };
    keep("client secret", sandbox.client.clientSecret);

    // The token endpoint's requests and answers, as the provider saw them: where code, verifier and refresh tokens pass.
    const spy = await evergrant.another({
      fetch: async (url, init) => {
        const response = await fetch(url, {
          method: init.method,
          headers: init.headers,
          ...(init.body === undefined ? {} : { body: init.body }),
        });
        const sent = new URLSearchParams(init.body ?? "");
        for (const name of ["code", "code_verifier", "refresh_token"]) if (sent.has(name)) keep(name, sent.get(name));
        const body: unknown = await response
          .clone()
          .json()
          .catch(() => null);
        if (typeof body === "object" && body !== null) {
          for (const [name, value] of Object.entries(body)) if (/^(access|refresh)_token$/.test(name)) keep(name, String(value));
        }
        return response;
      },
    });
    const call = async (path: string, input: unknown, method: "GET" | "POST" = "POST") => {
      const query = method === "GET" ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
      const response = await spy.request(`/trpc/${path}${query}`, {
        method,
        headers: { authorization: `Bearer ${evergrant.apiKey}`, "content-type": "application/json" },
        ...(method === "POST" ? { body: JSON.stringify(input) } : {}),
      });
      const text = await response.text();
      if (path !== "tokens.get") seen.answers.push(text);
      return text;
    };
    const flow = async (returnTo?: string) => {
      const { authorizeUrl } = await api.connections.authorize.mutate({
        integration: "sandbox",
        subject: "alice",
        ...(returnTo === undefined ? {} : { returnTo }),
      });
      seen.answers.push(authorizeUrl);
      const visited = await (
        await import("./browser.ts")
      )
        .openBrowser(async (request) => {
          const url = new URL(request.url);
          if (url.searchParams.has("state")) keep("state", url.searchParams.get("state"));
          const response = request.url.startsWith(evergrant.publicUrl) ? await spy.fetch(request) : await fetch(request);
          if (request.url.startsWith(evergrant.publicUrl)) {
            // A redirect to the provider carries the state, as it must; everything else of ours must not.
            const location = response.headers.get("location") ?? "";
            if (!location.startsWith(sandbox.issuer)) seen.answers.push(location, await response.clone().text());
          }
          return response;
        })
        .open(authorizeUrl, { stopAt: (url) => url.origin === "https://app.example.com" });
      seen.answers.push(visited.url.origin === "https://app.example.com" ? visited.url.href : "");
    };

    await flow();
    await flow("https://app.example.com/back");
    const { connections } = await api.connections.list.query({});
    const connectionId = connections[0]?.id ?? "";
    await call("tokens.get", { connectionId }, "GET");
    evergrant.clock.advance(61_000);
    await call("tokens.get", { connectionId }, "GET");
    sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_client", description: sandbox.client.clientSecret });
    evergrant.clock.advance(61_000);
    await call("tokens.get", { connectionId }, "GET");
    evergrant.clock.advance(61_000);
    await call("tokens.get", { connectionId }, "GET");
    for (const path of ["config.list", "connections.list", "events.list", "integrations.list", "apiKeys.list"]) await call(path, {}, "GET");
    await call("tokens.status", { connectionId }, "GET");
    await call("config.put", {
      integration: "other",
      definition: { provider: "github", clientId: "an-id", clientSecret: sandbox.client.clientSecret, scopes: ["nonsense"] },
    });
    await call("config.put", {
      integration: "other",
      definition: { provider: "github", clientId: "an-id", clientSecret: sandbox.client.clientSecret },
    });
    await call("connections.disconnect", { connectionId });
    await spy.close();

    expect(new Set([...secrets.keys()].map((key) => key.replace(/ \d+$/, "")))).toEqual(
      new Set(["client secret", "code", "code_verifier", "state", "access_token", "refresh_token"]),
    );
    const files = await readdir(evergrant.folder.path);
    expect(files).toEqual(expect.arrayContaining(["evergrant.db", "evergrant.db-wal"]));
    const places = new Map<string, Buffer>([
      ["the log", Buffer.from(evergrant.logged.join("\n"))],
      ["an answer", Buffer.from(seen.answers.join("\n"))],
    ]);
    for (const file of files) places.set(file, await readFile(join(evergrant.folder.path, file)));
    for (const [place, bytes] of places) {
      expect(bytes.byteLength, place).toBeGreaterThan(0);
      for (const [name, secret] of secrets) {
        for (const form of [
          secret,
          encodeURIComponent(secret),
          Buffer.from(secret).toString("base64").replace(/=+$/, ""),
          Buffer.from(secret).toString("hex"),
        ]) {
          expect(bytes.includes(form), `${name} in ${place}`).toBe(false);
        }
      }
    }
  });
});
