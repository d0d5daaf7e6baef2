/**
 * Naver Login: what a token may read is set on the application.
 */
import { provider } from "../provider.ts";

export const naver = provider({
  id: "naver",
  name: "Naver",
  docsUrl: "https://developers.naver.com/docs/login/api/api.md",
  scopesDocsUrl: null,
  registration: {
    url: "https://developers.naver.com/apps/#/register",
    steps: "Application, Register; Naver Login API; items to be read; service and callback URL",
  },
  confidence: "medium",
  authorizationEndpoint: "https://nid.naver.com/oauth2.0/authorize",
  tokenEndpoint: "https://nid.naver.com/oauth2.0/token",
  // The token endpoint deletes, too.
  revocation: {
    endpoint: "https://nid.naver.com/oauth2.0/token",
    method: "request",
    request: {
      parameters: {
        grant_type: "delete",
        client_id: "{clientId}",
        client_secret: "{clientSecret}",
        access_token: "{accessToken}",
        service_provider: "NAVER",
      },
    },
    ends: "grant",
  },
  account: { endpoint: "https://openapi.naver.com/v1/nid/me", idPath: "response.id", labelPath: "response.email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  tokenParameters: { state: "{callback.state}" },
  responseAdapter: "error_in_200",
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "none" },
  defaultScopes: [],
  scopes: {},
  quirks: ["expires_in is a string"],
});
