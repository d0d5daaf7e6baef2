/**
 * Whose tokens these are: the account at the provider, from its account endpoint, beside the token, or in the callback.
 */
import type { AuthorizationServer } from "./authorization-server.ts";
import { TransportError, requestDeadlineMs } from "./guarded-fetch.ts";
import type { IdTokenClaims } from "./id-token.ts";
import { idAt, nameAt, parseExactly } from "./json-path.ts";
import { fillAll } from "./placeholders.ts";
import type { TokenSet } from "./token-response.ts";

export interface Account {
  readonly id: string;
  /** Something a person recognizes. */
  readonly label: string | null;
}

/**
 * Finds out whose access token this is. Null where the provider does not say: that must not cost the grant.
 *
 * @param said.claims Of an ID token that holds; null where there is none.
 * @param said.callback The authorization response.
 */
export async function readAccount(
  server: AuthorizationServer,
  tokenSet: TokenSet,
  said: { claims: IdTokenClaims | null; callback: URLSearchParams },
): Promise<Account | null> {
  const { account, accountIn } = server.facts;
  const named = accountIn?.source === "id_token" && said.claims !== null ? toAccount(said.claims, accountIn) : null;
  if (named !== null) {
    const asked = await askAccountEndpoint(server, tokenSet);
    // What is said of another is not to be used (OpenID Connect Core §5.3.2).
    return asked?.id === named.id ? asked : named;
  }
  if (account !== undefined) return (await askAccountEndpoint(server, tokenSet)) ?? tokenSet.account;
  if (accountIn?.source !== "callback") return tokenSet.account;
  return toAccount(Object.fromEntries(said.callback), accountIn);
}

async function askAccountEndpoint(server: AuthorizationServer, tokenSet: TokenSet): Promise<Account | null> {
  const { account, apiAuthorization } = server.facts;
  if (account === undefined) return null;
  const scheme = apiAuthorization.scheme ?? tokenSet.tokenType;
  const accessToken = tokenSet.accessToken.reveal();
  try {
    const response = await server.fetch(account.endpoint, {
      method: account.method,
      headers: {
        ...fillAll(account.headers, { clientId: server.clientId, accessToken }),
        accept: "application/json",
        [apiAuthorization.header.toLowerCase()]: scheme === "" ? accessToken : `${scheme} ${accessToken}`,
        ...(account.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(account.body === undefined ? {} : { body: JSON.stringify(account.body) }),
      deadlineMs: requestDeadlineMs,
    });
    if (!response.ok) return null;
    return toAccount(parseExactly(await response.text()), account);
  } catch (error) {
    if (error instanceof TransportError || error instanceof SyntaxError) return null;
    throw error;
  }
}

function toAccount(source: unknown, paths: { idPath: string; labelPath: string }): Account | null {
  const id = idAt(source, paths.idPath);
  return id === null ? null : { id, label: nameAt(source, paths.labelPath, 256) };
}
