/**
 * Key-encryption keys for the server, from what the environment says of them.
 */
import { type KeyEncryptionKeys, encryptionKeysFile, parseEncryptionKeys } from "@evergrant/server";
import type { EncryptionKeysSetting, Environment } from "./env.ts";

/**
 * The keys themselves, or where they are read each time that they are needed.
 *
 * @throws {EncryptionKeysError} naming an entry by its position.
 */
export function keyEncryptionKeysOf(setting: EncryptionKeysSetting, { variables }: Environment): KeyEncryptionKeys {
  return typeof setting === "string" ? parseEncryptionKeys(setting, variables) : encryptionKeysFile(setting.file, variables);
}
