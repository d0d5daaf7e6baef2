import { afterEach, expect, it } from "vitest";
import type { PersonalityId } from "./behaviours.ts";
import { type Personality, startPersonality } from "./personality.ts";

const redirectUri = "http://127.0.0.1:4000/oauth/callback/app";
const basic = { authorization: `Basic ${btoa("evergrant-client:personality-secret-for-tests-only")}` };
const inBody = { client_id: "evergrant-client", client_secret: "personality-secret-for-tests-only" };
const running: Personality[] = [];
let aheadMs = 0;

afterEach(async () => {
  aheadMs = 0;
  await Promise.all(running.splice(0).map((personality) => personality.close()));
});

/** One that knows no more of its provider than two endpoints: what is asked here is asked by hand. */
async function begin(id: PersonalityId): Promise<Personality> {
  const facts = { authorizationEndpoint: "https://a.example/auth", tokenEndpoint: "https://a.example/token", urlParameters: [] };
  const personality = await startPersonality(id, {
    load: async () => facts,
    now: () => new Date(Date.now() + aheadMs),
    redirectUris: [redirectUri],
  });
  running.push(personality);
  return personality;
}

async function consent(personality: Personality, url: string, parameters: Record<string, string>) {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "evergrant-client",
    redirect_uri: redirectUri,
    state: "s",
    ...parameters,
  });
  const response = await fetch(`${personality.local(url)}?${query}`, { redirect: "manual" });
  return { status: response.status, code: new URL(response.headers.get("location") ?? redirectUri).searchParams.get("code") ?? "" };
}

async function post(personality: Personality, url: string, body: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(personality.local(url), { method: "POST", headers, body: new URLSearchParams(body) });
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

it("serves each of a provider's origins on a port of its own, and knows nothing anywhere else", async () => {
  const github = await begin("github");
  expect(github.local("https://github.com/x")).not.toContain(new URL(github.local("https://api.github.com/x")).host);
  expect((await post(github, "https://api.github.com/login/oauth/access_token", inBody)).status).toBe(404);
  expect(github.provider.tokenEndpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token$/);
  expect((await post(github, "https://a.example/token", inBody)).status).toBe(404);
  expect(github.seen("nothing")).toHaveLength(2);
});

it("refuses scopes with another separator, and a client by another name", async () => {
  const tiktok = await begin("tiktok");
  const url = "https://www.tiktok.com/v2/auth/authorize/";
  const right = { client_key: "evergrant-client", scope: "user.info.basic,video.list" };
  expect((await consent(tiktok, url, right)).status).toBe(302);
  expect((await consent(tiktok, url, { ...right, scope: "user.info.basic video.list" })).status).toBe(400);
  expect((await consent(tiktok, url, { scope: "user.info.basic" })).status).toBe(400);
});

it("takes a client's secret only where the provider does", async () => {
  const quickbooks = await begin("quickbooks");
  const { code } = await consent(quickbooks, "https://appcenter.intuit.com/connect/oauth2", { scope: "com.intuit.quickbooks.accounting" });
  const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
  const url = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";
  expect((await post(quickbooks, url, { ...grant, ...inBody })).body).toMatchObject({ error: "invalid_client" });
  expect((await post(quickbooks, url, grant, basic)).body).toMatchObject({ x_refresh_token_expires_in: 8_726_400 });
});

it("refuses a form where the provider wants JSON", async () => {
  const notion = await begin("notion");
  const { code } = await consent(notion, "https://api.notion.com/v1/oauth/authorize", { owner: "user" });
  const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
  const url = "https://api.notion.com/v1/oauth/token";
  expect((await post(notion, url, grant, basic)).body).toMatchObject({ error: "invalid_request" });
  const headers = { ...basic, "content-type": "application/json" };
  const response = await fetch(notion.local(url), { method: "POST", headers, body: JSON.stringify(grant) });
  expect(await response.json()).toMatchObject({ workspace_name: "Acme workspace" });
});

it("checks the code verifier, and takes a code once", async () => {
  const linear = await begin("linear");
  // The challenge of RFC 7636, appendix B.
  const challenge = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", scope: "read,write" };
  const grantOf = (code: string) => ({ ...inBody, grant_type: "authorization_code", code, redirect_uri: redirectUri });
  const url = "https://api.linear.app/oauth/token";
  const first = await consent(linear, "https://linear.app/oauth/authorize", challenge);
  expect((await post(linear, url, { ...grantOf(first.code), code_verifier: "another" })).body).toMatchObject({ error: "invalid_grant" });
  const second = await consent(linear, "https://linear.app/oauth/authorize", challenge);
  const right = { ...grantOf(second.code), code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" };
  expect((await post(linear, url, right)).body).toMatchObject({ scope: "read write" });
  expect((await post(linear, url, right)).body).toMatchObject({ error: "invalid_grant" });
});

it("refuses a refresh at another place than the provider's, and a spent refresh token where it rotates", async () => {
  const figma = await begin("figma");
  const api = "https://api.figma.com/v1/oauth";
  const consented = await consent(figma, "https://www.figma.com/oauth", { scope: "current_user:read" });
  const tokens = await post(
    figma,
    `${api}/token`,
    { grant_type: "authorization_code", code: consented.code, redirect_uri: redirectUri },
    basic,
  );
  const refresh = { grant_type: "refresh_token", refresh_token: String(tokens.body["refresh_token"]) };
  expect((await post(figma, `${api}/token`, refresh, basic)).body).toMatchObject({ error: "unsupported_grant_type" });
  expect((await post(figma, `${api}/refresh`, refresh, basic)).body).not.toHaveProperty("refresh_token");

  const app = await begin("github-app");
  const url = "https://github.com/login/oauth/access_token";
  const { code } = await consent(app, "https://github.com/login/oauth/authorize", {});
  const pair = new URLSearchParams((await post(app, url, { ...inBody, code, redirect_uri: redirectUri })).text);
  const again = { ...inBody, grant_type: "refresh_token", refresh_token: pair.get("refresh_token") ?? "" };
  expect((await post(app, url, again)).text).toContain("refresh_token_expires_in=15897600");
  expect(await post(app, url, again, { accept: "application/json" })).toMatchObject({ status: 200, body: { error: "bad_refresh_token" } });
});

it("takes a code of another data centre nowhere but there", async () => {
  const zoho = await begin("zoho");
  const offline = { scope: "AaaServer.profile.READ", access_type: "offline", prompt: "consent" };
  const codes = [0, 1].map(() => consent(zoho, "https://accounts.zoho.com/oauth/v2/auth", offline));
  const [american, european] = (await Promise.all(codes)).map(({ code }) => ({
    ...inBody,
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
  }));
  expect((await post(zoho, "https://accounts.zoho.com/oauth/v2/token", american ?? {})).body).toEqual({ error: "invalid_code" });
  expect((await post(zoho, "https://accounts.zoho.eu/oauth/v2/token", european ?? {})).body).toHaveProperty("refresh_token");
});

it("renews a long-lived token of a day's age, and no younger or expired one", async () => {
  const instagram = await begin("instagram");
  const { code } = await consent(instagram, "https://www.instagram.com/oauth/authorize", { scope: "instagram_business_basic" });
  const short = await post(instagram, "https://api.instagram.com/oauth/access_token", {
    ...inBody,
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
  });
  const graph = async (path: string, parameters: Record<string, unknown>) => {
    const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)] as [string, string]));
    return (await fetch(`${instagram.local("https://graph.instagram.com")}/${path}?${query}`)).json() as Promise<Record<string, unknown>>;
  };
  const exchange = { grant_type: "ig_exchange_token", client_secret: inBody.client_secret, access_token: short.body["access_token"] };
  const long = await graph("access_token", exchange);
  const renewal = { grant_type: "ig_refresh_token", access_token: long["access_token"] };
  expect(await graph("refresh_access_token", renewal)).toHaveProperty("error.code", 190);
  aheadMs = 86_400_000;
  expect(await graph("refresh_access_token", renewal)).toMatchObject({ expires_in: 5_183_944 });
  aheadMs = 61 * 86_400_000;
  expect(await graph("refresh_access_token", renewal)).toHaveProperty("error.code", 190);
});

it("fails in the provider's words as often as it is told, and counts what it saw", async () => {
  const hubspot = await begin("hubspot");
  hubspot.failNext("refresh", "transient");
  hubspot.failNext("refresh", "client");
  const ask = () =>
    post(hubspot, "https://api.hubapi.com/oauth/2026-03/token", { ...inBody, grant_type: "refresh_token", refresh_token: "none" });
  expect((await ask()).status).toBe(502);
  expect((await ask()).body).toMatchObject({ status: "BAD_CLIENT_SECRET" });
  expect((await ask()).body).toMatchObject({ status: "BAD_REFRESH_TOKEN" });
  expect(hubspot.seen("refresh").map(({ status }) => status)).toEqual([502, 400, 400]);
});

it("ends grants as their owner would", async () => {
  const reddit = await begin("reddit");
  const { code } = await consent(reddit, "https://www.reddit.com/api/v1/authorize", { scope: "identity", duration: "permanent" });
  const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
  const tokens = await post(reddit, "https://www.reddit.com/api/v1/access_token", grant, basic);
  const me = () => fetch(reddit.apiUrl, { headers: { authorization: `Bearer ${String(tokens.body["access_token"])}` } });
  expect((await me()).status).toBe(200);
  expect([reddit.revokeGrants(), reddit.livingGrants()]).toEqual([1, 0]);
  expect((await me()).status).toBe(401);
});

it("has nothing to go by where the provider is not known", async () => {
  const options = { load: async () => undefined, now: () => new Date(), redirectUris: [] };
  await expect(startPersonality("zoom", options)).rejects.toMatchObject({ code: "invalid_option" });
});
