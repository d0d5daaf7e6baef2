/**
 * Battle.net: identity and game profiles. No refresh tokens.
 */
import { provider } from "../provider.ts";

export const battlenet = provider({
  id: "battlenet",
  name: "Battle.net (Blizzard)",
  docsUrl: "https://community.developer.battle.net/documentation/guides/using-oauth/authorization-code-flow",
  scopesDocsUrl: "https://community.developer.battle.net/documentation/guides/using-oauth",
  registration: { url: "https://develop.battle.net/access/clients", steps: "API Access, Create Client; redirect URLs" },
  confidence: "medium",
  issuer: "https://oauth.battle.net",
  authorizationEndpoint: "https://oauth.battle.net/authorize",
  tokenEndpoint: "https://oauth.battle.net/token",
  account: { endpoint: "https://oauth.battle.net/userinfo", idPath: "sub", labelPath: "battletag" },
  resourceHosts: ["*.api.blizzard.com"],
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  offlineAccess: null,
  accessTokenLifetimeSeconds: 86_400,
  defaultScopes: ["openid"],
  scopes: {
    openid: { description: "Read BattleTag and account id", sensitivity: "basic" },
    "wow.profile": { description: "Read World of Warcraft profiles", sensitivity: "read" },
    "sc2.profile": { description: "Read StarCraft II profiles", sensitivity: "read" },
    "d3.profile": { description: "Read Diablo III profiles", sensitivity: "read" },
  },
  quirks: ["China has hosts of its own: oauth.battlenet.com.cn"],
});
