/**
 * What becomes of a grant at the end of its flow (design 3.4): a connection, a grant that its subject has yet to confirm, or nothing.
 */
import { type FlowError, isLoopbackHost, revealingJson } from "@evergrant/schema";
import type { Account } from "./account.ts";
import type { Authority } from "./authority.ts";
import type { AuthorizationServer, GrantResult } from "./authorization-server.ts";
import type { AuthorizationRequestRow } from "./authorization-requests-store.ts";
import { unionOfScopes } from "./connect-link.ts";
import { newConnectionId } from "./connection-id.ts";
import { type ConnectionRow, findConnection, findConnectionOfAccount, hasStandingConnection } from "./connection-reads-store.ts";
import { randomToken, sha256Hex } from "./digests.ts";
import { describeError } from "./errors.ts";
import type { Integration } from "./integrations.ts";
import type { Captured } from "./placeholders.ts";
import { type FormerHolder, revokeLeftOver, revokeNow, toRevocation } from "./revocation-outbox.ts";
import { type NewRevocation, deleteRevocation, insertRevocation } from "./revocations-store.ts";
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
/** Far longer than the requests take by which a grant is judged. */
const judgedWithinMs = 300_000;

/** A grant at the end of its flow. */
export interface Exchanged {
  readonly request: AuthorizationRequestRow;
  readonly integration: Integration;
  readonly server: AuthorizationServer;
  readonly granted: Extract<GrantResult, { kind: "granted" }>;
  readonly account: Account | null;
  /** The `sub` of the ID token that came with it, once that was validated; null where none was. */
  readonly idTokenSubject: string | null;
  /** Where it waits for its revocation until it is stored or refused; null: nowhere, for a reason that `holdGrant` gives. */
  readonly held: NewRevocation | null;
  /** From the callback; what the token response adds is in `granted`. */
  readonly captured: Captured;
}

/** A grant of which nothing is known but its tokens. */
type Unjudged = Omit<Exchanged, "account" | "idTokenSubject" | "held">;

/**
 * Puts a grant, the moment it has come, where it is revoked if this process should not live to judge it.
 *
 * @returns null where that could end a connection that stands, or the store does not take it: it is judged all the same.
 */
export async function holdGrant(authority: Authority, unjudged: Unjudged): Promise<NewRevocation | null> {
  try {
    if (await couldEndConnection(authority, unjudged, null)) return null;
    const revocation = toRevocation(authority, formerHolder(unjudged), unjudged.granted.tokenSet, judgedWithinMs);
    if (revocation !== null) await insertRevocation(authority.database, revocation);
    return revocation;
  } catch (error) {
    authority.log.warn({ integration: unjudged.integration.id, error: describeError(error) }, "a grant is judged before it is stored");
    return null;
  }
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
    await refuseGrant(authority, exchanged, account);
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
  const source = exchanged.held === null ? null : { revocationId: exchanged.held.id };
  // The cookie proves one browser at both ends, not that it is the subject's: a link sent to somebody else would give the sender
  // their tokens. A reconnection that brings the account it had gives nobody anything new.
  const sameAccount = accountBefore !== null && account?.id === accountBefore;
  if (sameAccount || !integration.confirm || isLoopbackHost(new URL(authority.publicUrl).hostname)) {
    return { status: "connected", connectionId: await storeGrant(authority, grant, server.facts, source) };
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
      grant: authority.vault.seal(revealingJson(grant), places.unconfirmedGrant(confirmationHash)),
      confirmBy: new Date(now + confirmableMs),
      revokeAt: new Date(now + revokedAfterMs),
    },
    new Date(now),
    exchanged.held?.id ?? null,
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

/**
 * Revokes a grant that is not to be kept. Until that is done it waits sealed, and nothing reads it. It is dropped instead where the
 * provider would end a connection with it that stands.
 *
 * @param account Null where it is not known whose the grant is.
 */
export async function refuseGrant(
  authority: Authority,
  refused: Unjudged & Pick<Exchanged, "held">,
  account: Account | null,
): Promise<void> {
  const { integration, granted, captured, held } = refused;
  if (await couldEndConnection(authority, refused, account)) {
    authority.log.warn({ integration: integration.id }, "a refused grant is dropped and not revoked: that could end a connection");
    if (held !== null) await deleteRevocation(authority.database, held.id);
  } else if (held === null) await revokeLeftOver(authority, formerHolder(refused), granted.tokenSet);
  else await revokeNow(authority, held, { ...granted.tokenSet, captured });
}

/** Whether the provider would end a connection that stands with this grant, of this account or of one that is not known. */
async function couldEndConnection(authority: Authority, { request, server }: Unjudged, account: Account | null): Promise<boolean> {
  if (server.facts.revocation?.ends !== "account") return false;
  const { authority: issuer, clientHash, subject } = request;
  return hasStandingConnection(authority.database, { authority: issuer, clientHash, accountId: account?.id ?? null, subject });
}

function formerHolder({ request, captured }: Unjudged): FormerHolder {
  const { integrationId, subject, authority, clientHash } = request;
  return { connectionId: null, integrationId, subject, authority, clientHash, captured };
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
