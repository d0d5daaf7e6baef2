/**
 * A HashiCorp Vault Transit engine on this machine: encrypt and decrypt as the API documentation has them, with their errors.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type Answer, type Asked, type KeyService, startKeyService } from "./key-service.ts";

export interface VaultTransit extends KeyService {
  /** Adds a version of the key; older ones go on opening what they sealed. */
  rotate(): void;
  seal(): void;
  unseal(): void;
  /** From now on only this token is taken. */
  renewToken(token: string): void;
}

/**
 * Starts one with a key `evergrant` under `transit`.
 *
 * @param options.authenticates Whether it knows `associated_data`; Vault before 1.9 did not, and ignored it.
 */
export async function startVaultTransit(options: { token: string; authenticates?: boolean }): Promise<VaultTransit> {
  const { authenticates = true } = options;
  let { token } = options;
  let sealed = false;
  const versions = [randomBytes(32)];
  const service = await startKeyService(({ path }) => path, answer);
  return Object.assign(service, {
    rotate: () => void versions.push(randomBytes(32)),
    seal: () => void (sealed = true),
    unseal: () => void (sealed = false),
    renewToken: (renewed: string) => void (token = renewed),
  });

  function answer({ method, path, headers, body }: Asked): Answer {
    if (sealed) return fault(503, "Vault is sealed");
    if (headers["x-vault-token"] !== token) return fault(403, "permission denied");
    const [, operation, name] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(path) ?? [];
    if (method !== "POST" || operation === undefined) return { status: 404, body: { errors: [] } };
    if (name !== "evergrant") return operation === "decrypt" ? fault(400, "encryption key not found") : fault(403, "permission denied");
    const additionalData = Buffer.from(authenticates ? String(body["associated_data"]) : "", "base64");
    return operation === "encrypt" ? encrypt(body, additionalData) : decrypt(body, additionalData);
  }

  function encrypt(body: Asked["body"], additionalData: Buffer): Answer {
    const version = versions.length;
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", versions[version - 1] ?? "", iv).setAAD(additionalData);
    const bytes = Buffer.concat([iv, cipher.update(Buffer.from(String(body["plaintext"]), "base64")), cipher.final(), cipher.getAuthTag()]);
    return { status: 200, body: { data: { ciphertext: `vault:v${version}:${bytes.toString("base64")}`, key_version: version } } };
  }

  function decrypt(body: Asked["body"], additionalData: Buffer): Answer {
    const [, version, encoded] = /^vault:v(\d+):(.+)$/.exec(String(body["ciphertext"])) ?? [];
    const key = versions[Number(version) - 1];
    if (key === undefined || encoded === undefined) return fault(400, "invalid ciphertext: no prefix");
    const bytes = Buffer.from(encoded, "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(additionalData).setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return { status: 200, body: { data: { plaintext: plaintext.toString("base64") } } };
    } catch {
      return fault(400, "cipher: message authentication failed");
    }
  }
}

function fault(status: number, message: string): Answer {
  return { status, body: { errors: [message] } };
}
