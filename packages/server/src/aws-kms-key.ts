/**
 * Key-encryption keys of AWS KMS, through AWS's own client. That is an optional peer, loaded when a key is first used.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
import type { GuardedFetch } from "./guarded-fetch.ts";
import { EncryptionKeysError, type KeyEncryptionKey } from "./key-encryption-key.ts";
import { fetchFrom, keyServiceDeadlineMs, withinDeadline } from "./key-service.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

export interface AwsKmsSettings {
  /** Of a symmetric encryption key, or of an alias. The caller needs kms:Encrypt and kms:Decrypt on it. */
  readonly keyArn: string;
  /** Another endpoint than the region's own; `AWS_ENDPOINT_URL_KMS` does the same. */
  readonly endpoint?: string;
  /** Left out, the client looks where AWS's tools look: environment, profile, web identity, container and instance metadata. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  /** For one wrapping or unwrapping; 5,000 ms unless told. */
  readonly deadlineMs?: number;
}

const packageName = "@aws-sdk/client-kms";
const arnForm = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,256}$/;
/** Refusals that say: not now. */
const passingNames =
  /^(Throttling\w*|TooManyRequests\w*|LimitExceeded\w*|RequestLimitExceeded|KMSInternal\w*|DependencyTimeout\w*|KeyUnavailable\w*|ExpiredToken\w*|RequestTimeout\w*|KMSInvalidState\w*)$/;

/**
 * A key of AWS KMS. The context goes as its encryption context (`evergrant`), which KMS authenticates and CloudTrail shows.
 *
 * Without the package {@link KeyEncryptionKey.wrap} and `unwrap` throw {EncryptionKeysError}, naming it.
 *
 * @throws {EncryptionKeysError} where the ARN is none.
 */
export function awsKmsKey(settings: AwsKmsSettings): KeyEncryptionKey {
  const { keyArn, deadlineMs = keyServiceDeadlineMs } = settings;
  const region = arnForm.exec(keyArn)?.[1];
  if (region === undefined)
    throw new EncryptionKeysError("is not awskms:<arn>, such as awskms:arn:aws:kms:eu-central-1:111122223333:key/…");
  const id = `awskms:${keyArn}`;
  let loading: ReturnType<typeof loadClient> | undefined;
  const client = () => (loading ??= loadClient(region, settings, deadlineMs));
  const ask = async <Result>(work: (kms: Awaited<ReturnType<typeof loadClient>>) => Promise<Result>): Promise<Result> => {
    // The deadline is for KMS; how long this machine takes to load a package is no fault of its.
    const kms = await client();
    try {
      return await withinDeadline(`AWS KMS, asked for "${id}",`, deadlineMs, work(kms));
    } catch (error) {
      throw judge(id, error);
    }
  };
  return {
    id,
    wrap: (dataKey, context) =>
      ask(async ({ kms, EncryptCommand }) => {
        const { CiphertextBlob } = await kms.send(
          new EncryptCommand({ KeyId: keyArn, Plaintext: dataKey, EncryptionContext: { evergrant: context } }),
        );
        return CiphertextBlob ?? absent();
      }),
    unwrap: (wrapped, context) =>
      ask(async ({ kms, DecryptCommand }) => {
        // Named, so that no other key of the account may have wrapped it.
        const { Plaintext } = await kms.send(
          new DecryptCommand({ KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: { evergrant: context } }),
        );
        return Plaintext ?? absent();
      }),
  };
}

async function loadClient(region: string, { endpoint, credentials }: AwsKmsSettings, deadlineMs: number) {
  const { KMSClient, EncryptCommand, DecryptCommand } = await import("@aws-sdk/client-kms").catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new EncryptionKeysError(`Keys of AWS KMS need the package ${packageName} beside Evergrant: npm install ${packageName}`);
  });
  const kms = new KMSClient({
    region,
    maxAttempts: 2,
    requestHandler: guardedHandler(deadlineMs),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return { kms, EncryptCommand, DecryptCommand };
}

/** A request as AWS's client has it. */
interface SignedRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/** Sends the client's requests by the way that all requests of this server go. */
function guardedHandler(deadlineMs: number) {
  const ways = new Map<string, GuardedFetch>();
  return {
    async handle({ protocol, hostname, port, path, method, headers, body }: SignedRequest) {
      const fetch = ways.get(hostname) ?? fetchFrom(hostname);
      ways.set(hostname, fetch);
      const { host: _host, "content-length": _length, ...others } = headers;
      const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
      const text = typeof body === "string" ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : "";
      const answer = await fetch(url, { method, headers: others, body: text, deadlineMs });
      return {
        response: {
          statusCode: answer.status,
          headers: Object.fromEntries(answer.headers),
          body: new Uint8Array(await answer.arrayBuffer()),
        },
      };
    },
  };
}

/** A failure as the vault has it: KMS has judged, or cannot be heard now. What AWS says in words stays out; the names of its errors are public. */
function judge(id: string, error: unknown): Error {
  if (error instanceof EncryptionKeysError || error instanceof KeyServiceError) return error;
  const name = error instanceof Error && /^[A-Za-z]{1,64}$/.test(error.name) ? error.name : "an unknown error";
  const status = httpStatusOf(error);
  if (status === null || status >= 500 || status === 429 || passingNames.test(name))
    return new KeyServiceError(`AWS KMS, asked for "${id}", is out of reach (${name}).`);
  return new VaultError(
    "key_unavailable",
    `AWS KMS refuses key-encryption key "${id}" (${name}); look at the key's state, policy and region`,
  );
}

function httpStatusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("$metadata" in error)) return null;
  const metadata = error.$metadata;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata && typeof metadata.httpStatusCode === "number"
    ? metadata.httpStatusCode
    : null;
}

function absent(): never {
  throw new KeyServiceError("AWS KMS answered without what was asked for.");
}
