/**
 * What becomes of a grant at the end of its flow (design 3.4): a connection, a grant that its subject has yet to confirm, or nothing.
 */
import { type FlowError, isLoopbackHost } from "@evergrant/schema";
import type { Account } from "./account.ts";
import type { Authority } from "./authority.ts";
import type { AuthorizationServer, GrantResult } from "./authorization-server.ts";
import type { AuthorizationRequestRow } from "./authorization-requests-store.ts";
import { unionOfScopes } from "./connect-link.ts";
import { newConnectionId } from "./connection-id.ts";
import { type ConnectionRow, findConnection, findConnectionOfAccount } from "./connections-store.ts";
import { randomToken, sha256Hex } from "./digests.ts";
import type { Integration } from "./integrations.ts";
import type { Captured } from "./placeholders.ts";
import { revokeLeftOver } from "./revocation-outbox.ts";
import { type Grant, storeGrant } from "./store-grant.ts";
import { insertUnconfirmedGrant } from "./unconfirmed-grants-store.ts";
import { places } from "./vault.ts";

export type FlowResult =
  | { readonly status: "connected"; readonly connectionId: string }
  | { readonly status: "unconfirmed"; readonly connectionId: string; readonly confirmation: string }
  | { readonly status: "failed"; readonly error: FlowError };

/** How long a grant can be confirmed, and how long it then stands before its tokens are revoked. */
const confirmableMs = 300_000;
const revokedAfterMs = 600_000;

/** A grant at the end of its flow. */
export interface Exchanged {
  readonly request: AuthorizationRequestRow;
  readonly integration: Integration;
  readonly server: AuthorizationServer;
  readonly granted: Extract<GrantResult, { kind: "granted" }>;
  readonly account: Account | null;
  /** The `sub` of the ID token that came with it, once that was validated; null where none was. */
  readonly idTokenSubject: string | null;
  /** From the callback; what the token response adds is in `granted`. */
  readonly captured: Captured;
}

/**
 * Stores a grant as its connection, or unconfirmed; refuses one of another account than its connection has, and revokes it.
 *
 * @throws what the store throws: the grant is then stored nowhere.
 */
export async function settleGrant(authority: Authority, exchanged: Exchanged): Promise<FlowResult> {
  const { request, integration, server, granted, account } = exchanged;
  const renewed = await findRenewed(authority, exchanged);
  const accountBefore = renewed?.accountId ?? null;
  const refusal = await refusalOf(authority, exchanged, renewed);
  if (refusal !== null) {
    await refuseGrant(authority, exchanged);
    return { status: "failed", error: refusal };
  }
  const grant: Grant = {
    connectionId: renewed?.id ?? newConnectionId(authority.now()),
    holder: {
      integrationId: integration.id,
      subject: request.subject,
      accountId: account?.id ?? accountBefore,
      accountLabel: account?.label ?? renewed?.accountLabel ?? null,
      idTokenSubject: exchanged.idTokenSubject,
      authority: request.authority,
      clientHash: request.clientHash,
      requestedScopes: request.scopes,
      grantedScopes: granted.tokenSet.scopes ?? unionOfScopes(request.scopes, server.facts.offlineAccess?.scopes ?? []),
      captured: { ...exchanged.captured, token: granted.tokenSet.captured },
    },
    accountBefore,
    tokenSet: granted.tokenSet,
    requestedAt: granted.requestedAt,
  };
  // The cookie proves one browser at both ends, not that it is the subject's: a link sent to somebody else would give the sender
  // their tokens. A reconnection that brings the account it had gives nobody anything new.
  const sameAccount = accountBefore !== null && account?.id === accountBefore;
  if (sameAccount || !integration.confirm || isLoopbackHost(new URL(authority.publicUrl).hostname)) {
    return { status: "connected", connectionId: await storeGrant(authority, grant, server.facts, null) };
  }
  const confirmation = randomToken();
  const confirmationHash = sha256Hex(confirmation);
  const now = authority.now().getTime();
  await insertUnconfirmedGrant(
    authority.database,
    {
      confirmationHash,
      connectionId: grant.connectionId,
      integrationId: integration.id,
      subject: request.subject,
      grant: authority.vault.seal(JSON.stringify(grant), places.unconfirmedGrant(confirmationHash)),
      confirmBy: new Date(now + confirmableMs),
      revokeAt: new Date(now + revokedAfterMs),
    },
    new Date(now),
  );
  return { status: "unconfirmed", connectionId: grant.connectionId, confirmation };
}

/** Why a grant may not take the place of the one before it; null where it may. */
async function refusalOf(authority: Authority, { request, account }: Exchanged, renewed: ConnectionRow | null): Promise<FlowError | null> {
  if (renewed === null || renewed.accountId === null || renewed.accountId === account?.id) return null;
  // Whose tokens these are is not known this time: they are not taken for the old owner's.
  if (account === null) return "provider_error";
  if (!request.allowAccountChange) return "account_mismatch";
  const { integrationId, subject } = request;
  const holder = await findConnectionOfAccount(authority.database, { integrationId, subject, accountId: account.id });
  return holder === null ? null : "account_taken";
}

/** Revokes a grant that is not to be kept. Until that is done it waits sealed, and nothing reads it. */
export async function refuseGrant(
  authority: Authority,
  { request, granted, captured }: Omit<Exchanged, "account" | "idTokenSubject">,
): Promise<void> {
  const { integrationId, subject, authority: issuer, clientHash } = request;
  await revokeLeftOver(
    authority,
    { connectionId: null, integrationId, subject, authority: issuer, clientHash, captured },
    granted.tokenSet,
  );
}

/** The connection that this grant renews: the one that was asked for, or the subject's own of this account. */
async function findRenewed(authority: Authority, { request, account }: Exchanged): Promise<ConnectionRow | null> {
  const key = { integrationId: request.integrationId, subject: request.subject };
  // Where the provider does not say whose account it is, a subject has one connection there.
  const id = request.connectionId ?? (await findConnectionOfAccount(authority.database, { ...key, accountId: account?.id ?? null }));
  const found = id === null ? null : await findConnection(authority.database, id);
  return found === null || found.connection.integrationId !== key.integrationId || found.connection.subject !== key.subject
    ? null
    : found.connection;
}
