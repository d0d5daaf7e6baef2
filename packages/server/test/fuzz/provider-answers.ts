/**
 * Providers: what a token endpoint answers to a code and to a refresh token, what stands beside it in an account endpoint, a revocation
 * endpoint and an issuer's metadata; for providers that answer by the RFC, and for those with ways of their own.
 */
import { tokenAnswerShape } from "@evergrant/schema";
import * as fc from "fast-check";
import { z } from "zod";
import { type GuardedFetch, TransportError, type TransportErrorCode } from "../../src/guarded-fetch.ts";
import { type Started, start } from "../start.ts";
import { brokenJson, hostileJson, hostileText, nearlyValid } from "./hostile.ts";
import type { Scene, Target } from "./target.ts";

/** What an endpoint answers, or why it does not. */
type Answer =
  | { readonly status: number; readonly headers: readonly (readonly [string, string])[]; readonly body: string | Uint8Array<ArrayBuffer> }
  | { readonly lost: TransportErrorCode };

interface Exchange {
  readonly integration: string;
  readonly token: Answer;
  /** What every other endpoint answers. */
  readonly others: Answer;
}

const providers = {
  standard: { provider: { authorizationEndpoint: "https://as.test/authorize", tokenEndpoint: "https://as.test/token" }, scopes: ["read"] },
  discovered: { provider: { issuer: "https://issuer.test" }, scopes: ["openid"] },
  github: {},
  slack: {},
  "slack-user": {},
  withings: {},
  hubspot: {},
  facebook: { parameters: { version: "v25.0" } },
  google: {},
  zoho: { parameters: { accountsHost: "accounts.zoho.com" } },
} as const;

/** Words by which these providers say that a grant is dead: an answer without one must not end it. */
const deadly =
  /invalid_grant|_required|bad_refresh_token|BAD_|invalid_refresh_token|revoked|expired|inactive|authorization_not_found|access_denied|invalid_code|503|190|10[0-9]|4[0-9]{2}/;

const goodToken = JSON.stringify({ access_token: "good", token_type: "bearer", expires_in: 3_600, refresh_token: "next" });
const good: Answer = { status: 200, headers: [["content-type", "application/json"]], body: goodToken };

export const refreshAnswers: Target<Exchange> = {
  name: "answers to a refresh token",
  open: async () => {
    const scene = await openScene();
    const { evergrant, answerWith } = scene;
    let counted = 0;
    return {
      inputs: exchanges,
      attempt: async ({ integration, token, others }) => {
        counted += 1;
        const subject = `subject-${counted}`;
        answerWith({ token: good, others });
        const connectionId = await importDue(evergrant, integration, subject);
        answerWith({ token, others });
        const answer = tokenAnswerShape.parse(await evergrant.api.tokens.get.query({ connectionId }));
        scene.expectNoErrors();
        if (answer.status === "active") return expectUsable(answer);
        if (answer.status === "reauthorization_required") {
          if (!("lost" in token) && deadly.test(textOf(token))) return;
          throw new Error(`the grant was ended: ${answer.reason}`);
        }
        // The provider comes to its senses: a grant that was not ended goes on.
        answerWith({ token: good, others });
        evergrant.clock.advance(25 * 3_600_000);
        const later = await evergrant.api.tokens.get.query({ connectionId });
        if (later.status !== "active" && integration !== "discovered") throw new Error(`it did not recover: ${JSON.stringify(later)}`);
      },
      [Symbol.asyncDispose]: scene[Symbol.asyncDispose],
    };
  },
};

export const codeAnswers: Target<Exchange> = {
  name: "answers to a code",
  open: async () => {
    const scene = await openScene();
    const { evergrant, answerWith } = scene;
    return {
      inputs: exchanges,
      attempt: async ({ integration, token, others }) => {
        answerWith({ token, others });
        // Past the time for which an issuer is not asked again.
        evergrant.clock.advance(6_000);
        const begun = await evergrant.api.connections.authorize.mutate({ integration, subject: "alice" }).catch(() => null);
        if (begun === null) return;
        const opened = await evergrant.app.request(begun.authorizeUrl);
        if (opened.status === 400) return;
        const state = new URL(opened.headers.get("location") ?? "").searchParams.get("state") ?? "";
        const cookie = opened.headers.getSetCookie()[0]?.split(";")[0] ?? "";
        const query = new URLSearchParams({
          state,
          code: "code",
          ...issuerOf(integration),
        });
        const ended = await evergrant.app.request(`/oauth/callback/${integration}?${query}`, { headers: { cookie } });
        // The page that says how it ended is one redirect away.
        const page = await evergrant.app.request(ended.headers.get("location") ?? "/healthz", { headers: { cookie } });
        const html = await page.text();
        if (ended.status >= 500 || page.status >= 500) throw new Error(`the flow ended with ${ended.status} and ${page.status}: ${html}`);
        scene.expectNoErrors();
        const connectionId = /con_[\w-]+/.exec(html)?.[0];
        if (connectionId === undefined) return;
        await evergrant.api.connections.get.query({ connectionId });
        const answer = tokenAnswerShape.parse(await evergrant.api.tokens.get.query({ connectionId }));
        if (answer.status === "active") expectUsable(answer);
        await evergrant.api.connections.disconnect.mutate({ connectionId });
        scene.expectNoErrors();
      },
      [Symbol.asyncDispose]: scene[Symbol.asyncDispose],
    };
  },
};

/** The `iss` of an authorization response (RFC 9207), where the issuer may have said that it sends one. */
function issuerOf(integration: string): { iss?: string } {
  if (integration === "google") return { iss: "https://accounts.google.com" };
  return integration === "discovered" ? { iss: "https://issuer.test" } : {};
}

interface ProviderScene extends Pick<Scene<Exchange>, typeof Symbol.asyncDispose> {
  readonly evergrant: Started;
  answerWith(answers: { token: Answer; others: Answer }): void;
  /** Throws for what was logged as an error since it was asked last. */
  expectNoErrors(): void;
}

async function openScene(): Promise<ProviderScene> {
  let answers: { token: Answer; others: Answer } = { token: good, others: good };
  const send: GuardedFetch = async (url) => {
    const isToken = /token|oauth2$|oauth\.v2|access_token|user\.access|refresh/.test(new URL(url).pathname);
    const answer = isToken ? answers.token : answers.others;
    if ("lost" in answer) throw new TransportError(answer.lost, "there is no answer");
    const hasBody = answer.body.length > 0 && ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? answer.body : null, {
      status: answer.status,
      headers: answer.headers.map(([name, value]) => [name, value]),
    });
  };
  const evergrant = await start({
    config: () => ({
      providers: Object.fromEntries(
        Object.entries(providers).map(([id, more]) => [id, { clientId: "client", clientSecret: "a-secret", ...more }]),
      ),
    }),
    app: { fetch: send },
  });
  let seen = 0;
  return {
    evergrant,
    answerWith: (next) => {
      answers = next;
    },
    expectNoErrors: () => {
      const errors = evergrant.logged.slice(seen).filter((line) => line.includes('"level":"error"') && !line.includes("is misconfigured"));
      seen = evergrant.logged.length;
      if (errors.length > 0) throw new Error(`logged as an error: ${errors.join("\n")}`);
    },
    [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose](),
  };
}

/** A connection whose access token has ended, so that reading it spends the refresh token. */
async function importDue({ app, clock }: Started, integration: string, subject: string): Promise<string> {
  const line = {
    integration,
    subject,
    accessToken: "old",
    refreshToken: "spent-once",
    expiresAt: new Date(clock.now().getTime() - 1_000).toISOString(),
    scopes: [],
  };
  async function* bytes() {
    yield new TextEncoder().encode(JSON.stringify(line));
  }
  for await (const { connectionId, faults } of app.importTokens(bytes(), { dryRun: false, replace: false })) {
    if (connectionId === null) throw new Error(`not imported: ${JSON.stringify(faults)}`);
    return connectionId;
  }
  throw new Error("nothing was imported");
}

/** Whatever was taken for a token can be sent as one, and what is said of it makes sense. */
function expectUsable(answer: { accessToken: string; tokenType: string; expiresInSeconds: number | null; scopes: string[] }): void {
  const headers = new Headers({ authorization: `${answer.tokenType} ${answer.accessToken}` });
  if (headers.get("authorization") !== `${answer.tokenType} ${answer.accessToken}`) throw new Error("the token cannot be sent as it is");
  if (!/^[\x20-\x7e]+$/.test(answer.accessToken)) throw new Error("no access token has such characters");
  if (answer.scopes.length > 2_000) throw new Error(`${answer.scopes.length} scopes were believed`);
}

function textOf({ status, body }: Extract<Answer, { status: number }>): string {
  return `${status} ${typeof body === "string" ? body : new TextDecoder().decode(body)}`;
}

const word = z.string().optional();
const number = z.union([z.number(), z.string()]).optional();
const tokens = {
  access_token: z.string(),
  token_type: word,
  expires_in: number,
  refresh_token: word,
  refresh_token_expires_in: number,
  refresh_expires_in: number,
  scope: z.union([z.string(), z.array(z.string())]).optional(),
  id_token: word,
  error: word,
  error_description: word,
  ok: z.boolean().optional(),
  status: number,
  id: number,
  userid: number,
};
const tokenShape = z.object({
  ...tokens,
  authed_user: z.object(tokens).optional(),
  body: z.object(tokens).optional(),
  data: z.array(z.object({ id: number })).optional(),
});
const metadataShape = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: word,
  userinfo_endpoint: word,
  jwks_uri: word,
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  // One answer stands for every endpoint beside the token endpoint, so it is the key set too.
  keys: z.array(z.object({ kty: word, kid: word, alg: word, use: word, n: word, e: word, crv: word, x: word, y: word })).optional(),
  scopes_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const often = (value: string) => Array.from({ length: 12 }, () => value);
const text = (...words: unknown[]) => words.map((each) => JSON.stringify(each));
const pool = {
  access_token: text("at", "a-token-of-no-provider", 7),
  token_type: text("bearer", "Bearer", "bot", "mac", "N_A", "x\r\ny: z", "é"),
  expires_in: text(3_600, "3600", 0, -1, "-1", 1e300, "1e9", null),
  refresh_token: text("rt", ""),
  error: text("", "invalid_grant", "invalid_client", "temporarily_unavailable", "slow_down", "bad_refresh_token", "token_expired", 7, {}),
  status: text(0, "0", 1, 401, 503, 601, "BAD_REFRESH_TOKEN"),
  ok: text(true, false),
  scope: text("read write", "a,b", ["read"], Array.from({ length: 100_000 }, (_, index) => `s${index}`).join(" ")),
  id_token: text(
    ...["RS256", "none", "HS256", "x"].map(
      (alg) => `${encoded({ alg, kid: "1" })}.${encoded({ iss: "https://issuer.test", sub: "1", aud: "client" })}.AAAA`,
    ),
    `${encoded({ alg: "RS256", crit: ["x"], b64: false })}.${encoded([])}.`,
    "a.e30.c",
    `a.${Buffer.from('{"sub":"1","__proto__":{"x":1}}').toString("base64url")}.c`,
    "a.%.c",
    "..",
    `a.${"A".repeat(100_000)}.c`,
  ),
  jwks_uri: text(...often("https://issuer.test/keys"), "http://127.0.0.1/keys", ":"),
  id_token_signing_alg_values_supported: text(["RS256"], ["none"], ["HS256"], []),
  kty: text("RSA", "EC", "OKP", "oct", "x"),
  kid: text("1", ""),
  alg: text("RS256", "none", "HS256", "EdDSA"),
  n: text("AQAB", "", "A".repeat(10_000)),
  e: text("AQAB", ""),
  crv: text("P-256", "Ed25519"),
  x: text("AQAB", ""),
  // Mostly as it should be, or no document would ever be believed.
  issuer: text(...often("https://issuer.test"), "https://issuer.test/", "https://evil.test"),
  authorization_endpoint: text(...often("https://issuer.test/authorize"), "http://issuer.test/authorize", "javascript:alert(1)", ""),
  token_endpoint: text(
    ...often("https://issuer.test/token"),
    "http://169.254.169.254/token",
    "file:///etc/passwd",
    "https://issuer.test/token?x=1#y",
  ),
  revocation_endpoint: text("https://issuer.test/revoke", ":", "http://127.0.0.1/"),
  userinfo_endpoint: text("https://issuer.test/me", "ftp://x/", ""),
};

const headers = fc.array(
  fc
    .constantFrom(
      ["content-type", "application/json"],
      ["content-type", "application/x-www-form-urlencoded"],
      ["content-type", "text/html; charset=utf-16"],
      ["content-type", ""],
      ["retry-after", "120"],
      ["retry-after", "-5"],
      ["retry-after", "99999999999999999999"],
      ["retry-after", "Fri, 31 Feb 2199 00:00:00 GMT"],
      ["www-authenticate", 'Basic realm="x'],
      ["www-authenticate", ', ,=,"\\'],
      ["location", "http://127.0.0.1:1/"],
      ["set-cookie", "a=b"],
    )
    .map(([name = "", value = ""]) => [name, value] as const),
  { maxLength: 3 },
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  { weight: 2, arbitrary: fc.constantFrom(400, 401, 403) },
  { weight: 2, arbitrary: fc.constantFrom(201, 204, 206, 302, 304, 307, 404, 408, 418, 425, 429, 500, 502, 503, 599) },
);
const form = fc
  .array(fc.tuple(fc.constantFrom("access_token", "refresh_token", "expires_in", "scope", "error", "__proto__"), hostileText), {
    maxLength: 5,
  })
  .map((pairs) => new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString());
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array));

const answer = (json: fc.Arbitrary<string>): fc.Arbitrary<Answer> =>
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        status,
        headers,
        body: fc.oneof<fc.WeightedArbitrary<string | Uint8Array<ArrayBuffer>>[]>(
          { weight: 12, arbitrary: json },
          { weight: 2, arbitrary: hostileJson },
          { weight: 2, arbitrary: brokenJson },
          { weight: 1, arbitrary: form },
          { weight: 1, arbitrary: bytes },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom("blocked", "not_sent", "no_answer", "answer_unreadable").map((lost) => ({ lost })) },
  );

const exchanges: fc.Arbitrary<Exchange> = fc.record({
  integration: fc.constantFrom(...Object.keys(providers)),
  token: answer(nearlyValid(tokenShape, pool)),
  others: answer(fc.oneof(nearlyValid(tokenShape, pool), nearlyValid(metadataShape, pool))),
});
