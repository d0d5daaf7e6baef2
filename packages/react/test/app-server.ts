/**
 * The app's own backend: its page and script, and a session for whoever its cookie says is signed in.
 */
import { fileURLToPath } from "node:url";
import type { Started } from "@evergrant/server/test/start";
import { rolldown } from "rolldown";

let bundled: Promise<string> | null = null;

/** The page's script, made once. */
function script(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  await using build = await rolldown({
    input: fileURLToPath(new URL("app/main.tsx", import.meta.url)),
    platform: "browser",
    resolve: { conditionNames: ["evergrant-source", "browser", "import", "default"] },
    // `"use client"` is for other bundlers.
    checks: { moduleLevelDirective: false },
    transform: { define: { "process.env.NODE_ENV": JSON.stringify("development") } },
  });
  const { output } = await build.generate({ format: "esm", codeSplitting: false });
  const [chunk] = output;
  return chunk.code;
}

export interface AppServer {
  readonly fetch: (request: Request) => Promise<Response>;
  /** How many sessions were made. */
  sessions(): number;
  /** Sessions from now on live this long. */
  ttlSeconds: number;
}

export function appServer({ api }: Pick<Started, "api">): AppServer {
  let sessions = 0;
  const server: AppServer = {
    ttlSeconds: 900,
    sessions: () => sessions,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/app.js") return new Response(await script(), { headers: { "content-type": "text/javascript" } });
      if (pathname !== "/api/session") return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
      const subject = /(?:^|; )session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1];
      if (subject === undefined) return new Response(null, { status: 401 });
      sessions += 1;
      return Response.json(await api.sessions.create.mutate({ subject, ttlSeconds: server.ttlSeconds }));
    },
  };
  return server;
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Accounts</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main></main>
    <script type="module" src="/app.js"></script>
  </body>
</html>`;
