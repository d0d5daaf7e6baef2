/** arctic 3.7.0's clients for the providers that the catalogue has too, each asked for one authorization code flow. */
import * as arctic from "arctic";

/** What arctic would do at one provider: where the browser goes, and the requests that it sends. */
export interface ArcticClient {
  readonly authorization: URL;
  readonly token: () => Promise<unknown>;
  readonly refresh?: () => Promise<unknown>;
  readonly revoke?: () => Promise<unknown>;
}

/** The flow that arctic and the catalogue are both asked for. */
export const flow = {
  clientId: "client-7",
  clientSecret: "secret-7",
  redirectUri: "https://evergrant.example.com/oauth/callback/acme",
  state: "state-of-this-request",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  code: "code-7",
};

const { clientId, clientSecret, redirectUri, state, codeVerifier, code } = flow;
const client = [clientId, clientSecret, redirectUri] as const;

interface Refreshing {
  refreshAccessToken?(refreshToken: string, scopes: string[]): Promise<unknown>;
  revokeToken?(token: string): Promise<unknown>;
}
interface Plain extends Refreshing {
  createAuthorizationURL(state: string, scopes: string[]): URL;
  validateAuthorizationCode(code: string, scopes: string[]): Promise<unknown>;
}
interface WithVerifier extends Refreshing {
  createAuthorizationURL(state: string, codeVerifier: string, scopes: string[]): URL;
  validateAuthorizationCode(code: string, codeVerifier: string): Promise<unknown>;
}

/**
 * arctic's client for a provider of the catalogue, asked for these scopes.
 *
 * @param host In place of the provider's URL parameters.
 */
export function arcticClients(host: string, scopesOf: (id: string) => string[]): Map<string, () => ArcticClient> {
  const rest = (made: Refreshing, id: string): Pick<ArcticClient, "refresh" | "revoke"> => ({
    ...(made.refreshAccessToken && { refresh: async () => made.refreshAccessToken?.("refresh-7", scopesOf(id)) }),
    ...(made.revokeToken && { revoke: async () => made.revokeToken?.("refresh-7") }),
  });
  const plain = (id: string, made: Plain): ArcticClient => ({
    authorization: made.createAuthorizationURL(state, scopesOf(id)),
    token: () => made.validateAuthorizationCode(code, scopesOf(id)),
    ...rest(made, id),
  });
  const verified = (id: string, made: WithVerifier): ArcticClient => ({
    authorization: made.createAuthorizationURL(state, codeVerifier, scopesOf(id)),
    token: () => made.validateAuthorizationCode(code, codeVerifier),
    ...rest(made, id),
  });
  const makers: Readonly<Record<string, (id: string) => ArcticClient>> = {
    "amazon-cognito": (id) => verified(id, new arctic.AmazonCognito(host, ...client)),
    anilist: (id) => plain(id, new arctic.AniList(...client)),
    apple: apple(scopesOf),
    atlassian: (id) => plain(id, new arctic.Atlassian(...client)),
    auth0: (id) => verified(id, new arctic.Auth0(host, ...client)),
    authentik: (id) => verified(id, new arctic.Authentik(`https://${host}`, ...client)),
    battlenet: (id) => plain(id, new arctic.BattleNet(...client)),
    bitbucket: (id) => plain(id, new arctic.Bitbucket(...client)),
    box: (id) => plain(id, new arctic.Box(...client)),
    coinbase: (id) => plain(id, new arctic.Coinbase(...client)),
    discord: (id) => verified(id, new arctic.Discord(...client)),
    dropbox: (id) => plain(id, new arctic.Dropbox(...client)),
    epicgames: (id) => plain(id, new arctic.EpicGames(...client)),
    facebook: (id) => plain(id, new arctic.Facebook(...client)),
    figma: (id) => plain(id, new arctic.Figma(...client)),
    gitea: (id) => verified(id, new arctic.Gitea(`https://${host}`, ...client)),
    github: (id) => plain(id, new arctic.GitHub(...client)),
    gitlab: (id) => plain(id, new arctic.GitLab(`https://${host}`, ...client)),
    google: (id) => verified(id, new arctic.Google(...client)),
    kakao: (id) => plain(id, new arctic.Kakao(...client)),
    keycloak: (id) => verified(id, new arctic.KeyCloak(`https://${host}/realms/${host}`, ...client)),
    kick: (id) => verified(id, new arctic.Kick(...client)),
    lichess: (id) => verified(id, new arctic.Lichess(clientId, redirectUri)),
    line: (id) => verified(id, new arctic.Line(...client)),
    linear: (id) => plain(id, new arctic.Linear(...client)),
    linkedin: (id) => plain(id, new arctic.LinkedIn(...client)),
    mastodon: (id) => verified(id, new arctic.Mastodon(`https://${host}`, ...client)),
    microsoft: (id) => verified(id, new arctic.MicrosoftEntraId(host, ...client)),
    myanimelist: (id) => verified(id, new arctic.MyAnimeList(...client)),
    naver: naver,
    notion: (id) => plain(id, new arctic.Notion(...client)),
    okta: (id) => verified(id, new arctic.Okta(host, null, ...client)),
    osu: (id) => plain(id, new arctic.Osu(...client)),
    patreon: (id) => plain(id, new arctic.Patreon(...client)),
    polar: (id) => verified(id, new arctic.Polar(...client)),
    quickbooks: (id) => plain(id, new arctic.Intuit(...client)),
    reddit: (id) => plain(id, new arctic.Reddit(...client)),
    roblox: (id) => verified(id, new arctic.Roblox(...client)),
    salesforce: (id) => verified(id, new arctic.Salesforce(host, ...client)),
    slack: (id) => plain(id, new arctic.Slack(...client)),
    spotify: (id) => verified(id, new arctic.Spotify(...client)),
    startgg: (id) => plain(id, new arctic.StartGG(...client)),
    strava: (id) => plain(id, new arctic.Strava(...client)),
    tiktok: (id) => verified(id, new arctic.TikTok(...client)),
    tiltify: (id) => plain(id, new arctic.Tiltify(...client)),
    tumblr: (id) => plain(id, new arctic.Tumblr(...client)),
    twitch: (id) => plain(id, new arctic.Twitch(...client)),
    twitter: (id) => verified(id, new arctic.Twitter(...client)),
    vk: (id) => plain(id, new arctic.VK(...client)),
    withings: (id) => plain(id, new arctic.Withings(...client)),
    yahoo: (id) => plain(id, new arctic.Yahoo(...client)),
    yandex: (id) => plain(id, new arctic.Yandex(...client)),
    zoom: (id) => verified(id, new arctic.Zoom(...client)),
  };
  return new Map(Object.entries(makers).map(([id, make]) => [id, () => make(id)]));
}

/** Its client signs its own secret, so it needs a key: one made for the occasion. */
function apple(scopesOf: (id: string) => string[]): () => ArcticClient {
  const made = async () => {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    return new arctic.Apple(clientId, "team", "key", new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey)), redirectUri);
  };
  const { authorization } = { authorization: new arctic.Apple(clientId, "", "", new Uint8Array(), redirectUri) };
  return () => ({
    authorization: authorization.createAuthorizationURL(state, scopesOf("apple")),
    token: async () => (await made()).validateAuthorizationCode(code),
  });
}

/** Its client sends neither state nor scopes. */
function naver(): ArcticClient {
  const made = new arctic.Naver(...client);
  return {
    authorization: made.createAuthorizationURL(),
    token: () => made.validateAuthorizationCode(code),
    refresh: () => made.refreshAccessToken("refresh-7"),
  };
}
