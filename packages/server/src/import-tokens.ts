/**
 * Bringing tokens from another store: each line becomes a connection of its account, sealed like every other. Run again, it finds what
 * is there and leaves it alone.
 */
import type { ImportLine, ImportResult } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { newConnectionId } from "./connection-id.ts";
import { findConnection, findConnectionsOfAccounts } from "./connection-reads-store.ts";
import { type GrantHolder, type ImportedConnection, insertImported, renewConnection } from "./connections-store.ts";
import { randomToken } from "./digests.ts";
import type { NewEvent } from "./events-store.ts";
import { type JudgedLine, judgeLines } from "./import-lines.ts";
import { nothingCaptured } from "./placeholders.ts";
import { StoreError } from "./store-error.ts";
import { nextRefreshAt } from "./token-set.ts";
import { type SealedTokenSet, readSealedTokens } from "./token-sets-store.ts";
import { VaultError, places } from "./vault.ts";

export interface ImportOptions {
  /** Judge and look up, and write nothing. */
  readonly dryRun: boolean;
  /** Put a line's tokens in the place of those that the account's connection has, instead of leaving it alone. */
  readonly replace: boolean;
}

/** Lines that are stored in one transaction. */
const pageLines = 100;
/** Within this long a set of unknown end is refreshed; spread, so that an import does not ask a provider for everything at once. */
const unknownEndMs = 600_000;
/** How often one line is put to a store that others write to. */
const mostTries = 5;

/** A line that can be used, with the connection that its account has. */
interface Candidate {
  readonly line: number;
  readonly content: ImportLine;
  readonly holder: GrantHolder;
}

/**
 * Imports JSON lines, in their order, and says of each what became of it; blank lines are passed over.
 *
 * @param bytes As they come from a file or a pipe; `importLineShape` of the schema says what a line holds.
 */
export async function* importTokens(
  authority: Authority,
  bytes: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): AsyncGenerator<ImportResult> {
  const seen = new Map<string, number>();
  let page: JudgedLine[] = [];
  for await (const judged of judgeLines(bytes)) {
    page.push(judged);
    if (page.length < pageLines) continue;
    yield* await importPage(authority, page, seen, options);
    page = [];
  }
  yield* await importPage(authority, page, seen, options);
}

async function importPage(
  authority: Authority,
  page: readonly JudgedLine[],
  seen: Map<string, number>,
  options: ImportOptions,
): Promise<ImportResult[]> {
  const results = new Map<number, ImportResult>();
  const candidates: Candidate[] = [];
  for (const judged of page) {
    const checked = "faults" in judged ? judged : await check(authority, judged, seen);
    if ("faults" in checked)
      results.set(judged.line, { line: judged.line, outcome: "refused", connectionId: null, faults: checked.faults });
    else candidates.push(checked);
  }
  for (const result of await store(authority, candidates, options)) results.set(result.line, result);
  return page.flatMap(({ line }) => results.get(line) ?? []);
}

async function check(
  authority: Authority,
  { line, content }: { line: number; content: ImportLine },
  seen: Map<string, number>,
): Promise<Candidate | { faults: ImportResult["faults"] }> {
  const fault = (path: string, message: string) => ({ faults: [{ path, message }] });
  const integration = await authority.integrations.find(content.integration);
  if (integration === null) return fault("integration", `there is none named "${content.integration}"; declare it first`);
  const expired = content.expiresAt != null && new Date(content.expiresAt) <= authority.now();
  if (expired && content.refreshToken == null) return fault("expiresAt", "has passed, and there is no refreshToken to go on with");
  const accountId = content.account?.id ?? null;
  const key = JSON.stringify([content.integration, content.subject, accountId]);
  const twin = seen.get(key);
  if (twin !== undefined) return fault("account", `is the same as in line ${twin}; of one account only one grant can be kept`);
  seen.set(key, line);
  const holder: GrantHolder = {
    integrationId: content.integration,
    subject: content.subject,
    accountId,
    idTokenSubject: null,
    accountLabel: content.account?.label ?? null,
    ...authority.integrations.bindingOf(integration),
    requestedScopes: content.scopes,
    grantedScopes: content.scopes,
    captured: content.captured === undefined ? nothingCaptured : { ...content.captured },
  };
  return { line, content, holder };
}

async function store(authority: Authority, candidates: readonly Candidate[], options: ImportOptions): Promise<ImportResult[]> {
  const existing = await findConnectionsOfAccounts(
    authority.database,
    candidates.map(({ holder }) => holder),
  );
  const known = candidates.map((candidate, index) => ({ candidate, connectionId: existing[index] ?? null }));
  const births = options.dryRun
    ? []
    : known.flatMap(({ candidate, connectionId }) => (connectionId === null ? [born(authority, candidate)] : []));
  const atOnce = await insertImported(authority.database, births).then(
    () => true,
    // Another import, or a flow, was first with one of them; or the answer was lost. One at a time it shows.
    (error: unknown) => leave(error),
  );
  const newIds = births.map(({ id }) => id).values();
  const results: ImportResult[] = [];
  for (const { candidate, connectionId } of known) {
    const own = connectionId === null ? (newIds.next().value ?? null) : null;
    if (connectionId === null && (options.dryRun || atOnce)) results.push(toResult(candidate, "imported", own));
    else results.push(await storeOne(authority, candidate, own, options));
  }
  return results;
}

/** One line by itself: whatever is there now decides. */
async function storeOne(authority: Authority, candidate: Candidate, own: string | null, options: ImportOptions): Promise<ImportResult> {
  let newest = own;
  for (let tries = 1; ; tries += 1) {
    const [connectionId = null] = await findConnectionsOfAccounts(authority.database, [candidate.holder]);
    if (connectionId !== null && connectionId === newest) return toResult(candidate, "imported", connectionId);
    try {
      if (connectionId === null) {
        const birth = born(authority, candidate);
        newest = birth.id;
        await insertImported(authority.database, [birth]);
        return toResult(candidate, "imported", birth.id);
      }
      if (!options.replace) return toResult(candidate, "skipped", connectionId);
      if (await holdsSame(authority, candidate, connectionId)) return toResult(candidate, "unchanged", connectionId);
      if (!options.dryRun) await replace(authority, candidate, connectionId);
      return toResult(candidate, "replaced", connectionId);
    } catch (error) {
      if (tries === mostTries) throw error;
      leave(error);
    }
  }
}

/** Lets go of a write that may be tried again after another look. */
function leave(error: unknown): false {
  if (error instanceof StoreError && (error.code === "constraint_failed" || error.code === "store_outcome_unknown")) return false;
  throw error;
}

function born(authority: Authority, candidate: Candidate): ImportedConnection {
  const { content, holder } = candidate;
  const at = authority.now();
  const id = newConnectionId(at);
  return {
    id,
    holder,
    grantedAt: content.grantedAt == null ? at : new Date(content.grantedAt),
    set: seal(authority, candidate, id, 1),
    committedBy: randomToken(16),
    event: eventOf("connection.created", holder, id, 1, at),
  };
}

async function replace(authority: Authority, candidate: Candidate, connectionId: string): Promise<void> {
  const found = await findConnection(authority.database, connectionId);
  if (found === null) return;
  const generation = found.generation + 1;
  const event = eventOf("connection.reauthorized", candidate.holder, connectionId, generation, authority.now());
  await renewConnection(authority.database, {
    id: connectionId,
    expected: found.generation,
    holder: candidate.holder,
    set: seal(authority, candidate, connectionId, generation),
    committedBy: randomToken(16),
    event: { ...event, connectionId },
    more: found.connection.status === "active" ? [] : [{ ...event, type: "connection.recovered" }],
    source: null,
    revocation: null,
  });
}

/** Whether a connection holds a line's tokens already. What does not open is not the same. */
async function holdsSame({ database, vault }: Authority, { content }: Candidate, connectionId: string): Promise<boolean> {
  const { accessToken, refreshToken, generation } = await readSealedTokens(database, connectionId);
  if (accessToken === null || generation === null) return false;
  try {
    const access = await vault.openOrReload(accessToken, places.accessToken(connectionId, generation));
    const refresh = refreshToken === null ? null : await vault.openOrReload(refreshToken, places.refreshToken(connectionId, generation));
    return access === content.accessToken && refresh === (content.refreshToken ?? null);
  } catch (error) {
    if (error instanceof VaultError && error.code === "secret_unreadable") return false;
    throw error;
  }
}

function seal(authority: Authority, { content }: Candidate, connectionId: string, generation: number): SealedTokenSet {
  const { vault } = authority;
  const expiresAt = content.expiresAt == null ? null : new Date(content.expiresAt);
  const refreshTokenExpiresAt = content.refreshTokenExpiresAt == null ? null : new Date(content.refreshTokenExpiresAt);
  return {
    accessToken: vault.seal(content.accessToken, places.accessToken(connectionId, generation)),
    tokenType: content.tokenType,
    requestedAt: authority.now(),
    expiresAt,
    refreshToken:
      content.refreshToken == null
        ? null
        : { token: vault.seal(content.refreshToken, places.refreshToken(connectionId, generation)), expiresAt: refreshTokenExpiresAt },
    dueAt: content.refreshToken == null ? null : dueAt(authority, { expiresAt, refreshTokenExpiresAt }),
  };
}

function dueAt(authority: Authority, ends: { expiresAt: Date | null; refreshTokenExpiresAt: Date | null }): Date | null {
  const now = authority.now();
  // It may have ended by now, and nobody said: one refresh shows when the next set ends.
  if (ends.expiresAt === null) return new Date(now.getTime() + Math.random() * unknownEndMs);
  return ends.expiresAt <= now ? now : nextRefreshAt(now, ends, authority.refresh);
}

function eventOf(type: NewEvent["type"], holder: GrantHolder, connectionId: string, generation: number, at: Date): NewEvent {
  const { integrationId, subject } = holder;
  return { type, at, integrationId, subject, connectionId, generation, details: { scopes: [...holder.grantedScopes], imported: true } };
}

function toResult({ line }: Candidate, outcome: ImportResult["outcome"], connectionId: string | null): ImportResult {
  return { line, outcome, connectionId, faults: [] };
}
