/**
 * Notion: a connection is a bot in one workspace. It has no scopes; what it may do is set on the integration there.
 */
import { provider } from "../provider.ts";

export const notion = provider({
  id: "notion",
  name: "Notion",
  docsUrl: "https://developers.notion.com/guides/get-started/authorization",
  scopesDocsUrl: "https://developers.notion.com/reference/capabilities",
  registration: { url: "https://www.notion.so/profile/integrations", steps: "My integrations, New: public; redirect URIs; capabilities" },
  confidence: "high",
  authorizationEndpoint: "https://api.notion.com/v1/oauth/authorize",
  tokenEndpoint: "https://api.notion.com/v1/oauth/token",
  revocation: {
    endpoint: "https://api.notion.com/v1/oauth/revoke",
    method: "request",
    clientAuthentication: "client_secret_basic",
    request: { format: "json", parameters: { token: "{accessToken}" }, headers: { "Notion-Version": "2022-06-28" } },
    ends: "grant",
  },
  account: {
    endpoint: "https://api.notion.com/v1/users/me",
    idPath: "id",
    labelPath: "bot.workspace_name",
    headers: { "Notion-Version": "2022-06-28" },
  },
  tokenRefusals: [{ status: 401, member: "code", codes: ["unauthorized"] }],
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  authorizationParameters: { owner: "user" },
  tokenRequestFormat: "json",
  captures: { token: ["bot_id", "workspace_id", "duplicated_template_id"] },
  rotation: { mode: "strict" },
  defaultScopes: [],
  scopes: {},
  quirks: ["Since June 2026 each authorization makes a new pair of tokens and leaves the ones before it", "The refresh token may be null"],
});
