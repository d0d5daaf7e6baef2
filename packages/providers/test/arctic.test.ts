/** A second opinion: arctic 3.7.0, whose every difference from the catalogue is mended or has its reason here. */
import type { ProviderFacts } from "@evergrant/schema";
import { afterEach, describe, expect, it, vi } from "vitest";
import { authorizationUrl } from "../scripts/authorization-url.ts";
import { providerWithHost } from "./provider-with-host.ts";
import { type ArcticClient, arcticClients, flow } from "./arctic-clients.ts";

const host = "acme.example";
const providers = new Map<string, ProviderFacts>();
/** What is asked for by default, and one scope more, so that it shows what stands between two. */
const scopesOf = (id: string): string[] => {
  const { defaultScopes = [], offlineAccess, scopes = {} } = providers.get(id) ?? {};
  const asked = [...defaultScopes, ...(offlineAccess?.scopes ?? [])];
  return [
    ...asked,
    ...Object.keys(scopes)
      .filter((scope) => !asked.includes(scope))
      .slice(0, 1),
  ];
};
const clients = arcticClients(host, scopesOf);
for (const id of clients.keys()) providers.set(id, await providerWithHost(id, { version: "v16.0" }));

const pkce = (reason: string) => ({
  "authorization: code_challenge": reason,
  "authorization: code_challenge_method": reason,
  "token: code_verifier": reason,
});
const credentials = (reason: string) => ({ "client authentication": reason });

/** What differs → why the catalogue keeps to its own. */
const differences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  anilist: credentials("documented with the secret in the body; the server takes both"),
  apple: { "authorization: response_mode": "required where name or email is asked for, and email is the default" },
  auth0: credentials("the default of a new application is client_secret_post"),
  battlenet: credentials("documented with Basic; the server takes both"),
  coinbase: {
    "authorization endpoint": "moved to login.coinbase.com; arctic has the older hosts, which a quirk names",
    "token endpoint": "moved with it",
    "refresh endpoint": "moved with it",
    "revocation endpoint": "moved with it",
    ...pkce("taken at the newer endpoints"),
  },
  dropbox: {
    "authorization: token_access_type": "without it there is no refresh token; arctic leaves that to its caller",
    ...pkce("documented as an addition for clients with a secret, too"),
  },
  facebook: { "authorization: scope": "documented with commas; spaces are taken as well" },
  figma: pkce("documented since arctic's last release"),
  github: {
    ...credentials("documented with the secret in the body; the server takes both"),
    ...pkce("taken since July 2025, after arctic's last release"),
  },
  gitlab: {
    ...credentials("documented with the secret in the body; the server takes both"),
    ...pkce("documented, and recommended for clients with a secret, too"),
  },
  google: {
    "authorization: access_type": "without it there is no refresh token; arctic leaves that to its caller",
    "authorization: prompt": "without it only the first consent brings a refresh token",
    ...credentials("documented with the secret in the body; the server takes both"),
  },
  kakao: { "authorization: scope": "documented with commas; arctic joins by a space whatever the provider" },
  linear: {
    "authorization: scope": "documented with commas; spaces are taken as well",
    ...pkce("documented since arctic's last release"),
  },
  mastodon: {
    "authorization endpoint": "/oauth/authorize in Mastodon's documentation and source; arctic has /api/v1 before it, which is no route",
    "token endpoint": "likewise",
    "revocation endpoint": "likewise",
    ...credentials("documented with the secret in the body; the server takes both"),
  },
  microsoft: {
    ...credentials("documented with the secret in the body; the server takes both"),
    "token: scope": "documented as recommended: it settles which API the token is for",
  },
  myanimelist: { "authorization: scope": "its API names the scope; arctic's client has no way to" },
  naver: {
    "authorization: state": "required in both requests; arctic's client has no way to send it",
    "token: state": "likewise",
  },
  reddit: { "authorization: duration": "without it there is no refresh token; arctic leaves that to its caller" },
  roblox: credentials("documented with the secret in the body; the server takes both"),
  salesforce: credentials("documented with the secret in the body; the server takes both"),
  slack: {
    "authorization endpoint": "arctic's is Sign in with Slack; this is an app's installation",
    "token endpoint": "likewise",
    "authorization: scope": "of an installation, separated by commas",
    ...pkce("a switch of each app since 2026"),
  },
  tiktok: { "authorization endpoint": "documented with a slash at its end" },
  tumblr: credentials("documented with the secret in the body; the server takes both"),
  twitter: {
    "authorization endpoint": "X's documentation has x.com since 2025; arctic has twitter.com, which redirects",
    "token endpoint": "likewise",
    "refresh endpoint": "likewise",
    "revocation endpoint": "likewise",
  },
  vk: {
    "authorization endpoint": "VK ID; arctic has oauth.vk.com, which VK has retired for new apps",
    "token endpoint": "likewise",
    "token: device_id": "VK ID's callback names a device that the token request must repeat",
    "token: state": "repeated with it",
    ...pkce("required by VK ID"),
  },
  yahoo: pkce("in its discovery document"),
  yandex: pkce("documented for all apps"),
};

afterEach(() => vi.restoreAllMocks());

describe.each([...providers])("%s", (id, provider) => {
  it("agrees with arctic, but where a reason is given", async () => {
    const client = clients.get(id)?.();
    if (client === undefined) throw new Error(`${id} has no client`);
    expect(await differencesOf(id, provider, client)).toEqual(Object.keys(differences[id] ?? {}).toSorted());
  });
});

it("asks about every provider that both have, and gives reasons for no other", () => {
  expect(clients.size).toBe(53);
  expect(Object.keys(differences).filter((id) => !clients.has(id))).toEqual([]);
});

async function differencesOf(id: string, provider: ProviderFacts, client: ArcticClient): Promise<string[]> {
  const ours = authorizationUrl(provider, { ...flow, scopes: scopesOf(id) });
  const theirs = client.authorization;
  const names = new Set([...ours.searchParams.keys(), ...theirs.searchParams.keys()]);
  const token = await sentBy(client.token);
  const refresh = client.refresh && (await sentBy(client.refresh));
  const revocation = client.revoke && (await sentBy(client.revoke));
  const sent = tokenParametersOf(provider);
  return [
    ...(bare(ours) === bare(theirs) ? [] : ["authorization endpoint"]),
    ...[...names].filter((name) => ours.searchParams.get(name) !== theirs.searchParams.get(name)).map((name) => `authorization: ${name}`),
    ...(token.endpoint === provider.tokenEndpoint ? [] : ["token endpoint"]),
    ...(token.clientAuthentication === plainly(provider.clientAuthentication) ? [] : ["client authentication"]),
    ...sent.filter((name) => !token.parameters.includes(name)).map((name) => `token: ${name}`),
    ...token.parameters.filter((name) => !sent.includes(name)).map((name) => `token: ${name}`),
    ...(refresh === undefined || refresh.endpoint === (provider.refreshEndpoint ?? provider.tokenEndpoint) ? [] : ["refresh endpoint"]),
    ...(revocation === undefined || revocation.endpoint === provider.revocation?.endpoint ? [] : ["revocation endpoint"]),
  ].toSorted();
}

/** The names in a token request that the facts make, those of the client's own credentials apart. */
function tokenParametersOf(provider: ProviderFacts): string[] {
  return [
    "grant_type",
    "code",
    "redirect_uri",
    ...(provider.pkce === "unsupported" ? [] : ["code_verifier"]),
    ...(provider.scopeSentWith.includes("token") ? ["scope"] : []),
    ...Object.keys(provider.tokenParameters),
  ];
}

async function sentBy(send: () => Promise<unknown>) {
  let sent: Request | undefined;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    sent = input instanceof Request ? input : undefined;
    return Response.json({ access_token: "token-7", token_type: "bearer", body: {} });
  });
  await send();
  if (sent === undefined) throw new Error("nothing was sent");
  const body = new URLSearchParams(await sent.text());
  const basic = sent.headers.get("authorization")?.startsWith("Basic ") === true;
  const clientAuthentication = basic ? "client_secret_basic" : body.has("client_secret") ? "client_secret_post" : "none";
  for (const name of ["client_id", "client_key", "client_secret"]) body.delete(name);
  return { endpoint: sent.url, clientAuthentication, parameters: [...body.keys()] };
}

function bare(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function plainly(clientAuthentication: ProviderFacts["clientAuthentication"]): string {
  return clientAuthentication === "client_secret_basic_raw" ? "client_secret_basic" : clientAuthentication;
}
