/**
 * The list of key-encryption keys as an operator writes it: bytes at hand, keys of AWS KMS, keys of Vault Transit.
 */
import { awsKmsKey } from "./aws-kms-key.ts";
import { EncryptionKeysError, type KeyEncryptionKey, localKey } from "./key-encryption-key.ts";
import { vaultTransitKey } from "./vault-transit-key.ts";

/** What an entry of a service needs to know of its surroundings, by the names that the service's own tools use. */
export interface KeyServiceVariables {
  readonly VAULT_ADDR?: string | undefined;
  readonly VAULT_TOKEN?: string | undefined;
  /** A file with the token, read anew for every request, such as the sink of a Vault Agent. */
  readonly VAULT_TOKEN_FILE?: string | undefined;
  readonly VAULT_NAMESPACE?: string | undefined;
}

/**
 * Reads key-encryption keys, separated by commas or line ends. The first one wraps new data keys, the others unwrap what they once
 * wrapped. An entry is one of:
 *
 * - `id:base64`: 32 bytes, in base64 or base64url, under a name of your own;
 * - `awskms:<arn>`: a symmetric key of AWS KMS, or an alias; needs `@aws-sdk/client-kms`, which finds its credentials itself;
 * - `vault:<mount>/<key>`: a key of a HashiCorp Vault Transit engine, at `VAULT_ADDR`, with `VAULT_TOKEN` or `VAULT_TOKEN_FILE`.
 *
 * @throws {EncryptionKeysError} naming the entry by its position and never by what it holds.
 * @example const [current] = parseEncryptionKeys(generateEncryptionKey("2026-11"));
 */
export function parseEncryptionKeys(list: string, variables: KeyServiceVariables = {}): KeyEncryptionKey[] {
  const positions = new Map<string, number>();
  return list
    .trim()
    .split(/[,\n]/)
    .map((entry, index) => {
      const position = index + 1;
      const invalid = (fault: string) => new EncryptionKeysError(`Encryption key ${position} of the list ${fault}.`);
      const key = parseEntry(entry.trim(), variables, invalid);
      const twin = positions.get(key.id);
      if (twin !== undefined) throw invalid(`has the same id as key ${twin}; give each its own`);
      positions.set(key.id, position);
      return key;
    });
}

function parseEntry(entry: string, variables: KeyServiceVariables, invalid: (fault: string) => EncryptionKeysError): KeyEncryptionKey {
  try {
    if (entry.startsWith("awskms:")) return awsKmsKey({ keyArn: entry.slice("awskms:".length) });
    if (entry.startsWith("vault:")) return vaultTransitKey({ key: entry.slice("vault:".length), ...vaultSettings(variables) });
    const [, id, encoded] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
    if (id === undefined || encoded === undefined) {
      throw new EncryptionKeysError(
        "is not id:base64 (the id 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`), awskms:<arn> or vault:<mount>/<key>",
      );
    }
    return localKey(id, Buffer.from(encoded, "base64"));
  } catch (error) {
    throw error instanceof EncryptionKeysError ? invalid(`${error.message}; \`evergrant keys generate\` makes one`) : error;
  }
}

function vaultSettings({
  VAULT_ADDR: address,
  VAULT_TOKEN: token,
  VAULT_TOKEN_FILE: tokenFile,
  VAULT_NAMESPACE: namespace,
}: KeyServiceVariables) {
  if (address === undefined) throw new EncryptionKeysError("needs VAULT_ADDR, the https URL of the Vault server");
  if (token === undefined && tokenFile === undefined) throw new EncryptionKeysError("needs VAULT_TOKEN or VAULT_TOKEN_FILE");
  return { address, token: tokenFile === undefined ? { text: token ?? "" } : { file: tokenFile }, namespace };
}
