/**
 * `@evergrant/server`: `createApp`, and what it is made of.
 *
 * @module @evergrant/server
 */
export type { App, AppOptions } from "./app.ts";
export { createApp } from "./app.ts";
export type { Log, Timing } from "./authority.ts";
export { createApiKey } from "./callers.ts";
export type { Database } from "./database.ts";
export { openDatabase } from "./database.ts";
export { EvergrantError } from "./errors.ts";
export type { GuardedFetch } from "./guarded-fetch.ts";
export { TransportError, createGuardedFetch } from "./guarded-fetch.ts";
export type { KeyEncryptionKey } from "./key-encryption-key.ts";
export { EncryptionKeysError, generateEncryptionKey, parseEncryptionKeys } from "./key-encryption-key.ts";
export { migrate, pendingMigrations } from "./migrate.ts";
export type { AppRouter } from "./router.ts";
export { StoreError } from "./store-error.ts";
export { VaultError } from "./vault.ts";
