/**
 * A provider that takes its time: a token endpoint with strict rotation, where a refresh token works once and using it again ends its
 * family; or one that does not rotate.
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface TokenServer extends AsyncDisposable {
  readonly url: string;
  /** Refresh token grants that were asked for, granted or not. */
  readonly grants: number;
  /** The families whose newest refresh token still works. */
  isAlive(family: string): boolean;
  /** Forgets the count and what has become of families. */
  reset(): void;
}

/** The first refresh token of a family. */
export function firstRefreshToken(family: string): string {
  return `${family}.0`;
}

/**
 * Access tokens have 1,024 bytes and an hour to live.
 *
 * @param options `delayMs`: how long each answer takes; `rotates`: left out, it does.
 */
export async function startTokenServer(options: { delayMs: number; rotates?: boolean }): Promise<TokenServer> {
  const rotates = options.rotates ?? true;
  const newest = new Map<string, number>();
  const dead = new Set<string>();
  let grants = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refreshToken = new URLSearchParams(await readBody(request)).get("refresh_token") ?? "";
    grants += 1;
    const [family = "", spent = ""] = refreshToken.split(".");
    const isNewest = !rotates || Number(spent) === (newest.get(family) ?? 0);
    if (!isNewest) dead.add(family);
    const isGranted = isNewest && !dead.has(family);
    if (isGranted) newest.set(family, Number(spent) + 1);
    const tokens = {
      access_token: `access-${family}-${grants}`.padEnd(1_024, "x"),
      refresh_token: rotates ? `${family}.${Number(spent) + 1}` : refreshToken,
    };
    const body = isGranted ? { ...tokens, token_type: "Bearer", expires_in: 3_600 } : { error: "invalid_grant" };
    await pause(options.delayMs);
    response.writeHead(isGranted ? 200 : 400, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the token server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    get grants() {
      return grants;
    },
    isAlive: (family) => !dead.has(family),
    reset() {
      grants = 0;
      newest.clear();
      dead.clear();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
