/**
 * Harvest and Forecast, through Harvest ID. Scopes name accounts and not operations.
 */
import { provider, scopesLike } from "../provider.ts";

export const harvest = provider({
  id: "harvest",
  name: "Harvest",
  docsUrl: "https://help.getharvest.com/api-v2/authentication-api/authentication/authentication/",
  scopesDocsUrl: "https://help.getharvest.com/api-v2/authentication-api/authentication/authentication/",
  registration: {
    url: "https://id.getharvest.com/developers",
    steps: "Developers, Create new OAuth2 application; redirect URL; multi-account or not",
  },
  confidence: "high",
  authorizationEndpoint: "https://id.getharvest.com/oauth2/authorize",
  tokenEndpoint: "https://id.getharvest.com/api/v2/oauth2/token",
  account: { endpoint: "https://id.getharvest.com/api/v2/accounts", idPath: "user.id", labelPath: "user.email" },
  resourceHosts: ["api.harvestapp.com", "api.forecastapp.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  captures: { callback: ["scope"] },
  accessTokenLifetimeSeconds: 1_209_600,
  rotation: { mode: "strict" },
  defaultScopes: ["harvest:all"],
  // One account, by its number.
  openTo: [scopesLike<`harvest:${number}`>(/^harvest:\d+$/), scopesLike<`forecast:${number}`>(/^forecast:\d+$/)],
  scopes: {
    all: { description: "All Harvest and Forecast accounts", sensitivity: "write", implies: ["harvest:all", "forecast:all"] },
    "harvest:all": { description: "All Harvest accounts", sensitivity: "write" },
    "forecast:all": { description: "All Forecast accounts", sensitivity: "write" },
  },
  quirks: ["API calls need Harvest-Account-Id and a User-Agent", "The callback names the accounts that were granted"],
});
