/**
 * Looking after the vault's keys, beside whatever else goes on: what is wrong with them is told once, and stops nothing that does without.
 */
import type { Log } from "./authority.ts";
import { describeError } from "./errors.ts";
import { EncryptionKeysError } from "./key-encryption-key.ts";
import { KeyServiceError, type Vault, VaultError } from "./vault.ts";

/** Makes what is to be called at start and every few seconds. */
export function createKeyKeeper({ vault, log }: { vault: Vault; log: Log }): () => Promise<void> {
  let told = JSON.stringify([null, []]);
  return async () => {
    let trouble: string | null = null;
    try {
      await vault.maintain();
    } catch (error) {
      const isPlain = error instanceof KeyServiceError || error instanceof VaultError || error instanceof EncryptionKeysError;
      trouble = isPlain ? error.message : describeError(error);
    }
    const closed = vault.ring.list().flatMap((key) => (key.closed === null ? [] : [{ dataKey: key.id, why: key.closed.message }]));
    const now = JSON.stringify([trouble, closed]);
    if (now === told) return;
    told = now;
    if (trouble !== null) log.error({}, `the data keys could not be looked after: ${trouble}`);
    if (closed.length > 0) log.warn({ closed }, "some data keys do not open: what they have sealed is unavailable");
    if (trouble === null && closed.length === 0) log.info({}, "all data keys open");
  };
}
