/**
 * `@evergrant/server`: `createApp`, and what it is made of.
 *
 * @module @evergrant/server
 */
export { asOperator } from "./acting.ts";
export type { App, AppOptions } from "./app.ts";
export { createApp } from "./app.ts";
export type { Log, Timing } from "./authority.ts";
export { listApiKeys, revokeApiKey } from "./api-keys-store.ts";
export { createApiKey, viewApiKey } from "./create-api-key.ts";
export { copyDatabase } from "./backup-store.ts";
export { exportAudit } from "./export-audit.ts";
export { verifyAudit } from "./verify-audit.ts";
export type { Database } from "./database.ts";
export { openDatabase } from "./database.ts";
export { adoptDeployment, findDeployment } from "./deployment-store.ts";
export { EvergrantError } from "./errors.ts";
export type { GuardedFetch } from "./guarded-fetch.ts";
export { TransportError, createGuardedFetch } from "./guarded-fetch.ts";
export type { AwsKmsSettings } from "./aws-kms-key.ts";
export { awsKmsKey } from "./aws-kms-key.ts";
export type { KeyServiceVariables } from "./encryption-keys.ts";
export { parseEncryptionKeys } from "./encryption-keys.ts";
export { encryptionKeysFile } from "./encryption-keys-file.ts";
export type { KeyEncryptionKey, KeyEncryptionKeys } from "./key-encryption-key.ts";
export type { VaultTransitSettings } from "./vault-transit-key.ts";
export { vaultTransitKey } from "./vault-transit-key.ts";
export { EncryptionKeysError, generateEncryptionKey } from "./key-encryption-key.ts";
export { readKeysStatus, rowsNotUnder } from "./keys-status.ts";
export type { RateLimitSettings } from "./rate-limits.ts";
export { defaultRateLimits } from "./rate-limits.ts";
export { migrate, pendingMigrations } from "./migrate.ts";
export { resealRows, verifySecrets } from "./reseal.ts";
export { beginRotation, retireDataKey } from "./rotate-keys.ts";
export type { AppRouter } from "./router.ts";
export { StoreError } from "./store-error.ts";
export { readSigningKeys } from "./signing-keys.ts";
export type { Vault } from "./vault.ts";
export { KeyServiceError, VaultError, openVault } from "./vault.ts";
