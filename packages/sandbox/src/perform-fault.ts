/**
 * What each fault does around the processing of a request: keep it from happening, lose its answer, or alter it.
 */
import { setInterval as every, setTimeout as sleep } from "node:timers/promises";
import type { Answer, Dropped } from "./answer.ts";
import type { IdTokenLie } from "./id-token-lies.ts";
import type { Fault, RewritingFault } from "./faults.ts";

/** What a fault may use. */
export interface Surroundings {
  /** Processes the request for real. */
  process: () => Promise<Answer>;
  /** Takes scopes away from the grant behind an access token, and says which are left. */
  narrow: (accessToken: string, scopes: string[] | undefined) => string[];
  /** An ID token as a liar would have it; undefined: none. */
  lie: (idToken: string, lie: IdTokenLie) => string | undefined;
  /** A URL on another origin that answers as a token endpoint would, and counts. */
  trapUrl: string;
  /** Aborts when the sandbox closes. */
  closing: AbortSignal;
}

/** Carries a fault out; the result is what the client shall get. */
export async function perform(fault: Fault, { process, narrow, lie, trapUrl, closing }: Surroundings): Promise<Answer | Dropped> {
  if (fault.kind === "delay") {
    if (fault.when === "before") await sleep(fault.delayMs, undefined, { signal: closing });
    const answer = await process();
    if (fault.when === "after") await sleep(fault.delayMs, undefined, { signal: closing });
    return answer;
  }
  if ("when" in fault) {
    if (fault.when === "after") await process();
    return fault.kind === "drop" ? "dropped" : instead(fault, trapUrl);
  }
  return rewritten(fault, await process(), { narrow, lie });
}

type Instead = Extract<Fault, { kind: "status" | "error" | "error-in-200" | "html" | "redirect" }>;

/** The answer that stands in for the real one. */
function instead(fault: Instead, trapUrl: string): Answer {
  if (fault.kind === "redirect") return { status: fault.status, headers: { location: fault.location ?? trapUrl }, body: "" };
  if (fault.kind === "html") {
    const page = "<!doctype html><title>Checking your browser</title><p>One moment …</p>";
    return { status: fault.status, headers: { "content-type": "text/html; charset=utf-8" }, body: page };
  }
  if (fault.kind === "status") {
    const retryAfter = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
    return { status: fault.status, headers: { "content-type": "text/plain", ...retryAfter }, body: "The sandbox was told to fail here." };
  }
  if (fault.kind === "error") return oauthError(fault);
  return json(200, { error: fault.error, error_description: "The sandbox was told to hide an error behind 200." });
}

const statusOfError: Readonly<Record<string, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
  server_error: 500,
};

/** RFC 6749 §5.2 at the authorization server, RFC 6750 §3 at the resource server. */
function oauthError({ on, error, description, status = statusOfError[error] ?? 400 }: Extract<Fault, { kind: "error" }>): Answer {
  const answer = json(status, { error, error_description: description ?? "The sandbox was told to say so." });
  const atResource = on === "account" || on === "notes";
  if (!atResource && status !== 401) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, "www-authenticate": atResource ? `Bearer error="${error}"` : 'Basic realm="sandbox"' },
  };
}

type Tokens = Record<string, unknown>;

/** Faults that come down to other members in the JSON; undefined takes one out. */
const alterations = {
  "no-expires-in": () => ({ expires_in: undefined }),
  "string-expires-in": ({ expires_in }) => ({ expires_in: String(expires_in) }),
  "no-refresh-token": () => ({ refresh_token: undefined }),
  "empty-refresh-token": () => ({ refresh_token: "" }),
  "no-token-type": () => ({ token_type: undefined }),
  "comma-scopes": ({ scope }) => ({ scope: String(scope).replaceAll(" ", ",") }),
  "array-scopes": ({ scope }) => ({ scope: String(scope).split(" ") }),
} satisfies Partial<Record<RewritingFault["kind"], (tokens: Tokens) => Tokens>>;

/** The real answer, spoilt; a refusal stays as it is. */
function rewritten(fault: RewritingFault, answer: Answer, { narrow, lie }: Pick<Surroundings, "narrow" | "lie">): Answer {
  if (answer.status !== 200 || typeof answer.body !== "string") return answer;
  const tokens = readTokens(answer.body);
  const text = answer.body;
  if (fault.kind === "created") return { ...answer, status: 201 };
  if (fault.kind === "endless") return { ...answer, body: () => endless(text) };
  if (fault.kind === "drip") return { ...answer, body: (gone) => drip(text, fault.intervalMs, gone) };
  if (fault.kind === "huge") return withMembers(answer, { ...tokens, padding: "x".repeat(fault.bytes) });
  if (fault.kind === "id-token") {
    const { id_token: real } = tokens;
    return typeof real === "string" ? withMembers(answer, { ...tokens, id_token: lie(real, fault.lie) }) : answer;
  }
  if (fault.kind === "fewer-scopes") {
    return withMembers(answer, { ...tokens, scope: narrow(String(tokens.access_token), fault.scopes).join(" ") });
  }
  return withMembers(answer, { ...tokens, ...alterations[fault.kind](tokens) });
}

/** Everything but the closing brace, then white space for ever: valid JSON so far, at every moment. */
async function* endless(text: string): AsyncGenerator<string> {
  yield text.slice(0, -1);
  const blank = " ".repeat(65_536);
  for (;;) yield blank;
}

/** One character now and then, so that no idle timer ever runs out. */
async function* drip(text: string, intervalMs: number, gone: AbortSignal): AsyncGenerator<string> {
  let sent = 0;
  for await (const _ of every(intervalMs, undefined, { signal: gone })) {
    yield text.charAt(sent);
    sent += 1;
    if (sent === text.length) return;
  }
}

function withMembers(answer: Answer, members: Tokens): Answer {
  return { ...answer, body: JSON.stringify(members) };
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store" }, body: JSON.stringify(value) };
}

function readTokens(body: string): Tokens {
  const value: unknown = JSON.parse(body);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
