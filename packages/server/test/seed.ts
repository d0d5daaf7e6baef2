/**
 * Fills a database file with connections whose tokens are really sealed, as many as a benchmark wants. Not published.
 *
 * It goes past the stores, which would take hours for a million: rows are written by prepared statements, thousands to a transaction, and
 * nothing is flushed until the end.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import Libsql from "libsql";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { createApiKey } from "../src/create-api-key.ts";
import { openDatabase } from "../src/database.ts";
import { sha256Hex } from "../src/digests.ts";
import { migrate } from "../src/migrate.ts";
import { openVault, places } from "../src/vault.ts";

export interface SeedSettings {
  /** `file:<path>`; made where there is none. */
  readonly databaseUrl: string;
  /** As `EVERGRANT_ENCRYPTION_KEYS`. */
  readonly encryptionKeys: string;
  readonly integrationId: string;
  /** What the grants are bound to: the origin of the token endpoint, and the client. */
  readonly authority: string;
  readonly clientId: string;
  /** From which connection on, and up to which: call it again to add more. */
  readonly from: number;
  readonly to: number;
  readonly connectionsPerSubject: number;
  readonly accessTokenBytes: number;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  /** When the connection with this number is due. */
  readonly dueAt: (connection: number) => Date;
  /** The refresh token of the connection with this number. */
  readonly refreshToken: (connection: number) => string;
}

const rowsPerTransaction = 5_000;
const scopes = '["data:read"]';

/** The id of the connection with this number: in order of birth, as real ones are, and random beyond that. */
export function seededConnectionId(connection: number): string {
  const random = createHash("sha256").update(`connection ${connection}`).digest("base64url").slice(0, 16);
  return `con_${(1_700_000_000_000 + connection).toString(36).padStart(9, "0")}${random}`;
}

/** Whose connection it is. */
export function seededSubject(connection: number, connectionsPerSubject: number): string {
  return `subject-${Math.floor(connection / connectionsPerSubject)}`;
}

/** The access token of the connection with this number. */
export function seededAccessToken(connection: number, bytes: number): string {
  return `token-${connection}-`.padEnd(bytes, "0123456789abcdef");
}

/** Seeds, and makes an API key that may read tokens and connections. */
export async function seed(settings: SeedSettings): Promise<{ apiKey: string }> {
  const database = await openDatabase({ url: settings.databaseUrl });
  try {
    await migrate(database);
    const now = () => new Date();
    const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(settings.encryptionKeys), now });
    write(settings, vault);
    const { apiKey } = await createApiKey(
      { database, now },
      { name: "benchmark", permissions: ["tokens:read", "connections:read", "events:read"] },
    );
    return { apiKey };
  } finally {
    database.close();
  }
}

function write(settings: SeedSettings, vault: Awaited<ReturnType<typeof openVault>>): void {
  const connection = new Libsql(
    settings.databaseUrl.startsWith("file:///") ? fileURLToPath(settings.databaseUrl) : settings.databaseUrl.slice("file:".length),
  );
  connection.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  const insert = (table: string, columns: string) =>
    connection.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`);
  const connections = insert(
    "connections",
    "id, integration_id, subject, account_id, account_label, authority, client_hash, requested_scopes, granted_scopes, captured, granted_at, status, created_at, updated_at",
  );
  const accessTokens = insert("access_tokens", "connection_id, token, token_type, requested_at, expires_at");
  const refreshTokens = insert("refresh_tokens", "connection_id, token, expires_at");
  const schedule = insert("refresh_schedule", "connection_id, state, generation, due_at, committed_by");
  const clientHash = sha256Hex(settings.clientId);
  const requestedAt = BigInt(settings.requestedAt.getTime());
  const expiresAt = BigInt(settings.expiresAt.getTime());
  for (let number = settings.from; number < settings.to;) {
    connection.exec("BEGIN IMMEDIATE");
    for (const end = Math.min(number + rowsPerTransaction, settings.to); number < end; number += 1) {
      const id = seededConnectionId(number);
      const subject = seededSubject(number, settings.connectionsPerSubject);
      const { integrationId, authority } = settings;
      const account = [`account-${number}`, `account-${number}@example.com`];
      const stated = [authority, clientHash, scopes, scopes, '{"callback":{},"token":{}}', requestedAt, "active", requestedAt, requestedAt];
      connections.run([id, integrationId, subject, ...account, ...stated]);
      const token = vault.seal(seededAccessToken(number, settings.accessTokenBytes), places.accessToken(id, 1));
      accessTokens.run([id, token, "Bearer", requestedAt, expiresAt]);
      refreshTokens.run([id, vault.seal(settings.refreshToken(number), places.refreshToken(id, 1)), null]);
      schedule.run([id, "active", 1n, BigInt(settings.dueAt(number).getTime()), "seed"]);
    }
    connection.exec("COMMIT");
  }
  connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  connection.close();
}
