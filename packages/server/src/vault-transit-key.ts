/**
 * Key-encryption keys of a HashiCorp Vault Transit engine, over its documented HTTP API: two requests, through the guarded fetch.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { isLoopbackHost } from "@evergrant/schema";
import { z } from "zod";
import { TransportError } from "./guarded-fetch.ts";
import { EncryptionKeysError, type KeyEncryptionKey } from "./key-encryption-key.ts";
import { fetchFrom, keyServiceDeadlineMs, withinDeadline } from "./key-service.ts";
import { readSecretFile } from "./secret-file.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

export interface VaultTransitSettings {
  /** `<mount>/<key>`: where the engine is mounted, and the key's name there. Its type must be an AEAD, such as aes256-gcm96, the default. */
  readonly key: string;
  /** Of the Vault server; https unless it is on this machine. */
  readonly address: string;
  /** A token with `update` on `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>`; a file is read anew for each request. */
  readonly token: { readonly text: string } | { readonly file: string };
  readonly namespace?: string | undefined;
  /** For one wrapping or unwrapping; 5,000 ms unless told. */
  readonly deadlineMs?: number;
}

const encryptResult = z.object({ data: z.object({ ciphertext: z.string().regex(/^vault:v\d+:/) }) });
const decryptResult = z.object({ data: z.object({ plaintext: z.base64() }) });

/**
 * A key of Vault Transit. The context goes as `associated_data`, which Vault authenticates. What is stored is Vault's own ciphertext, so
 * its key may be rotated there; `evergrant keys rewrap --all` brings data keys under the newest version.
 *
 * @throws {EncryptionKeysError} where the settings cannot be used.
 */
export function vaultTransitKey(settings: VaultTransitSettings): KeyEncryptionKey {
  const { deadlineMs = keyServiceDeadlineMs } = settings;
  const { origin, hostname, mount, name } = placeOf(settings);
  const id = `vault:${settings.key}`;
  const service = `Vault (${hostname}), asked for key-encryption key "${id}",`;
  const fetch = fetchFrom(hostname);

  const send = async (operation: "encrypt" | "decrypt", body: Record<string, string>): Promise<unknown> => {
    const token = "file" in settings.token ? await readToken(settings.token.file) : settings.token.text;
    const headers = {
      "content-type": "application/json",
      "x-vault-request": "true",
      "x-vault-token": token,
      ...(settings.namespace === undefined ? {} : { "x-vault-namespace": settings.namespace }),
    };
    const url = `${origin}/v1/${mount}/${operation}/${name}`;
    try {
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), deadlineMs });
      if (response.ok) return await response.json();
      if (isPassing(response.status)) throw new KeyServiceError(`${service} answers ${response.status}.`);
      throw new VaultError("key_unavailable", `${service} refuses with ${response.status}: ${mendOf(response.status)}`);
    } catch (error) {
      if (error instanceof TransportError) throw new KeyServiceError(`${service} cannot be reached (${error.code}).`);
      if (error instanceof SyntaxError) throw new KeyServiceError(`${service} answers in a language of its own.`);
      throw error;
    }
  };
  const ask = async <Shape extends z.ZodType>(operation: "encrypt" | "decrypt", body: Record<string, string>, shape: Shape) => {
    const parsed = shape.safeParse(await withinDeadline(service, deadlineMs, send(operation, body)));
    if (!parsed.success) throw new KeyServiceError(`${service} answers in a language of its own.`);
    return parsed.data;
  };
  const decrypt = async (wrapped: Uint8Array, context: string): Promise<Uint8Array> => {
    const body = { ciphertext: Buffer.from(wrapped).toString("utf8"), associated_data: base64(context) };
    return Buffer.from((await ask("decrypt", body, decryptResult)).data.plaintext, "base64");
  };

  return {
    id,
    async wrap(dataKey, context) {
      const body = { plaintext: Buffer.from(dataKey).toString("base64"), associated_data: base64(context) };
      const wrapped = Buffer.from((await ask("encrypt", body, encryptResult)).data.ciphertext, "utf8");
      await proveBound(service, decrypt(wrapped, `${context}/elsewhere`));
      return wrapped;
    },
    unwrap: decrypt,
  };
}

/** Vault ignores fields that it does not know, and older ones do not know `associated_data`: a key that opens anywhere is not used. */
async function proveBound(service: string, elsewhere: Promise<Uint8Array>): Promise<void> {
  const opened = await elsewhere.then(
    () => true,
    (error: unknown) => {
      if (error instanceof VaultError) return false;
      throw error;
    },
  );
  if (opened)
    throw new EncryptionKeysError(`${service} does not authenticate associated_data; it needs Vault 1.9 or newer and an AEAD key`);
}

function placeOf({ key, address }: VaultTransitSettings) {
  const [, mount, name] = /^([A-Za-z0-9._/-]{1,128})\/([A-Za-z0-9._-]{1,64})$/.exec(key) ?? [];
  if (mount === undefined || name === undefined || /(^|\/)\.{0,2}(\/|$)/.test(mount))
    throw new EncryptionKeysError("is not vault:<mount>/<key>, such as vault:transit/evergrant");
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname))))
    throw new EncryptionKeysError("needs a VAULT_ADDR that is an https URL (http only on this machine)");
  return { origin: `${url.origin}${url.pathname.replace(/\/$/, "")}`, hostname: url.hostname, mount, name };
}

/** Sealed, standby, overloaded, broken; a redirect to the active node too, since no redirect is followed. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 412 || status === 472 || status === 473 || (status >= 300 && status < 400);
}

function mendOf(status: number): string {
  if (status === 403) return "its token has expired, or its policy lacks update on encrypt and decrypt.";
  if (status === 404) return "there is no such engine or key.";
  return "that key did not wrap this data key, or not for this row, or is disabled.";
}

async function readToken(path: string): Promise<string> {
  try {
    return await readSecretFile(path);
  } catch (error) {
    // It may be just being replaced.
    throw error instanceof EncryptionKeysError ? new KeyServiceError(error.message) : error;
  }
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
