/**
 * A list of key-encryption keys that stands in a file.
 */
import { type KeyServiceVariables, parseEncryptionKeys } from "./encryption-keys.ts";
import type { KeyEncryptionKey } from "./key-encryption-key.ts";
import { readSecretFile } from "./secret-file.ts";

/**
 * Key-encryption keys of a file: what `parseEncryptionKeys` takes, one a line or with commas between them; lines that begin with `#` are
 * for people.
 *
 * The file is read each time that data keys are, so a key that is added to it is known within seconds, without a restart.
 *
 * @returns what `createApp` and `openVault` take; it throws {EncryptionKeysError} where the file cannot be used.
 * @example const app = await createApp({ config, database, keys: encryptionKeysFile("/run/secrets/evergrant-keys"), refresher: "interval" });
 */
export function encryptionKeysFile(path: string, variables: KeyServiceVariables = {}): () => Promise<readonly KeyEncryptionKey[]> {
  let last: { readonly text: string; readonly keys: readonly KeyEncryptionKey[] } | undefined;
  return async () => {
    const text = await readSecretFile(path);
    if (text !== last?.text) {
      const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
      last = { text, keys: parseEncryptionKeys(lines.join("\n"), variables) };
    }
    return last.keys;
  };
}
