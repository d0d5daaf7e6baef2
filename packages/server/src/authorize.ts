/**
 * Beginning a flow: a connect link for a subject, and the authorization request that each opening of it makes.
 */
import type { AuthorizeInput, FlowError } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { AuthorizationServer } from "./authorization-server.ts";
import type { Integration } from "./integrations.ts";
import { createAuthorizationRequest } from "./authorization-request.ts";
import { insertAuthorizationRequest } from "./authorization-requests-store.ts";
import { createConnectLink, openConnectLink, unionOfScopes } from "./connect-link.ts";
import { findConnection } from "./connection-reads-store.ts";
import { refuseUndeclaredScopes } from "./declared-scopes.ts";
import { sha256Hex } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import { redirectUriOf } from "./redirect-uri.ts";
import { places } from "./vault.ts";

/** How long the browser may take at the provider. */
const requestLifetimeMs = 600_000;

/**
 * Makes a connect link, after a look at everything that it will carry.
 *
 * @throws {EvergrantError} `unknown_integration`, `unknown_connection`, `scope_not_declared`, `return_origin_not_allowed`, `opener_origin_not_allowed`.
 */
export async function authorize(authority: Authority, input: AuthorizeInput): Promise<{ authorizeUrl: string; expiresAt: string }> {
  const found = await authority.integrations.find(input.integration);
  if (found === null) {
    throw new EvergrantError(
      "unknown_integration",
      `integration: there is none named "${input.integration}"; integrations.list names them`,
    );
  }
  const integration = await authority.integrations.complete(found);
  const asked = input.scopes ?? integration.scopes;
  refuseUndeclaredScopes(integration, "scopes", asked);
  if (input.returnTo !== undefined && !authority.returnOrigins.includes(new URL(input.returnTo).origin)) {
    throw new EvergrantError("return_origin_not_allowed", "returnTo: its origin is not one of the config's returnOrigins");
  }
  if (input.openerOrigin !== undefined && ![...authority.returnOrigins, ...authority.allowedOrigins].includes(input.openerOrigin)) {
    throw new EvergrantError("opener_origin_not_allowed", "openerOrigin: not one of the config's returnOrigins or allowedOrigins");
  }
  const granted = await grantedScopesOf(authority, input);
  return createConnectLink(authority, {
    integrationId: integration.id,
    subject: input.subject,
    connectionId: input.connectionId ?? null,
    allowAccountChange: input.allowAccountChange ?? false,
    // A provider replaces a grant by what the next one asks for, so nothing that is held may be left out.
    scopes: unionOfScopes(asked, granted),
    returnTo: input.returnTo ?? null,
    openerOrigin: input.openerOrigin ?? null,
  });
}

/** A link, opened: where the browser goes, or why nowhere. */
export type OpenedLink = { readonly location: string } | { readonly error: FlowError };

/** Opens a connect link in a browser: stores one authorization request, bound to the browser's cookie. */
export async function openLink(authority: Authority, sealed: string, browser: string): Promise<OpenedLink> {
  const link = await openConnectLink(authority, sealed);
  if (typeof link === "string") return { error: link };
  const integration = await authority.integrations.find(link.integrationId);
  if (integration === null) return { error: "integration_unavailable" };
  let server: AuthorizationServer;
  let completed: Integration;
  try {
    server = await authority.integrations.serverOf(integration);
    completed = await authority.integrations.complete(integration);
  } catch (error) {
    if (!(error instanceof EvergrantError)) throw error;
    authority.log.warn({ integration: integration.id, error: describeError(error) }, "a connect link could not be opened");
    return { error: "integration_unavailable" };
  }
  const redirectUri = redirectUriOf(authority, integration);
  // The connection may have been granted more since the link was made.
  const renewed = link.connectionId === null ? null : await findConnection(authority.database, link.connectionId);
  const held = renewed === null || renewed.connection.status === "disconnected" ? [] : renewed.connection.grantedScopes;
  const scopes = unionOfScopes(link.scopes, held);
  const request = createAuthorizationRequest(server.facts, {
    clientId: integration.clientId,
    redirectUri,
    scopes: unionOfScopes(scopes, server.facts.offlineAccess?.scopes ?? []),
    optionalScopes: scopes.filter((scope) => !completed.scopes.includes(scope)),
  });
  const stateHash = sha256Hex(request.state);
  const now = authority.now();
  await insertAuthorizationRequest(
    authority.database,
    {
      stateHash,
      integrationId: link.integrationId,
      subject: link.subject,
      connectionId: link.connectionId,
      allowAccountChange: link.allowAccountChange,
      scopes,
      codeVerifier: request.codeVerifier === null ? null : authority.vault.seal(request.codeVerifier, places.codeVerifier(stateHash)),
      browserHash: sha256Hex(browser),
      ...authority.integrations.bindingOf(integration),
      redirectUri,
      returnTo: link.returnTo,
      openerOrigin: link.openerOrigin,
      expiresAt: new Date(now.getTime() + requestLifetimeMs),
    },
    now,
  );
  return { location: request.url };
}

async function grantedScopesOf(authority: Authority, { connectionId, integration, subject }: AuthorizeInput): Promise<readonly string[]> {
  if (connectionId === undefined) return [];
  const found = await findConnection(authority.database, connectionId);
  if (found === null || found.connection.integrationId !== integration || found.connection.subject !== subject) {
    throw new EvergrantError("unknown_connection", "connectionId: this subject has no such connection at this integration");
  }
  return found.connection.status === "disconnected" ? [] : found.connection.grantedScopes;
}
