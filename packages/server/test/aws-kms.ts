/**
 * AWS KMS on this machine: Encrypt and Decrypt as the API reference has them (AWS JSON 1.1, Signature Version 4), with their errors.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { type Answer, type Asked, type KeyService, startKeyService } from "./key-service.ts";

const region = "eu-central-1";
export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-secret-for-this-test-alone" };
export const arnOf = (keyId: string) => `arn:aws:kms:${region}:111122223333:key/${keyId}`;

export interface AwsKms extends KeyService {
  disable(keyId: string): void;
  enable(keyId: string): void;
}

/** Starts a KMS with these keys. */
export async function startAwsKms(...keyIds: string[]): Promise<AwsKms> {
  const keys = new Map(keyIds.map((id) => [arnOf(id), { secret: randomBytes(32), enabled: true }]));
  const service = await startKeyService(({ headers }) => String(headers["x-amz-target"]), answer);
  const setEnabled = (keyId: string, enabled: boolean) => {
    const key = keys.get(arnOf(keyId));
    if (key !== undefined) key.enabled = enabled;
  };
  return Object.assign(service, {
    disable: (keyId: string) => setEnabled(keyId, false),
    enable: (keyId: string) => setEnabled(keyId, true),
  });

  function answer(asked: Asked): Answer {
    if (asked.headers["content-type"] !== "application/x-amz-json-1.1") return fault("SerializationException");
    if (!isSigned(asked)) return fault("IncompleteSignatureException");
    const { body } = asked;
    const arn = String(body["KeyId"]);
    const key = keys.get(arn);
    if (key === undefined) return fault("NotFoundException");
    if (!key.enabled) return fault("DisabledException");
    const context = Buffer.from(JSON.stringify(body["EncryptionContext"] ?? {}));
    if (asked.headers["x-amz-target"] === "TrentService.Encrypt") {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key.secret, iv).setAAD(context);
      const sealed = [cipher.update(Buffer.from(String(body["Plaintext"]), "base64")), cipher.final()];
      const blob = Buffer.concat([Buffer.from(`${arn}\n`), iv, cipher.getAuthTag(), ...sealed]).toString("base64");
      return { status: 200, body: { CiphertextBlob: blob, KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" } };
    }
    if (asked.headers["x-amz-target"] !== "TrentService.Decrypt") return fault("UnknownOperationException");
    const blob = Buffer.from(String(body["CiphertextBlob"]), "base64");
    const nameEnd = blob.indexOf("\n");
    if (nameEnd < 0) return fault("InvalidCiphertextException");
    // A blob names its key, and a request that names another one is told so.
    if (blob.subarray(0, nameEnd).toString() !== arn) return fault("IncorrectKeyException");
    const [iv, tag, sealed] = [
      blob.subarray(nameEnd + 1, nameEnd + 13),
      blob.subarray(nameEnd + 13, nameEnd + 29),
      blob.subarray(nameEnd + 29),
    ];
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.secret, iv).setAAD(context).setAuthTag(tag);
      const plaintext = Buffer.concat([decipher.update(sealed), decipher.final()]).toString("base64");
      return { status: 200, body: { Plaintext: plaintext, KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" } };
    } catch {
      return fault("InvalidCiphertextException");
    }
  }
}

/** One of the API's errors; it names the type in body and header. */
export function fault(name: string, status = 400): Answer {
  return { status, body: { __type: name, message: "what KMS says in words" }, headers: { "x-amzn-errortype": name } };
}

/** Checks a Signature Version 4 over what was received, as KMS does: a proxy that changed a byte would be noticed. */
function isSigned({ method, path, headers, body }: Asked): boolean {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, accessKeyId, date, inRegion, signedHeaders, signature] = form.exec(String(headers.authorization)) ?? [];
  if (accessKeyId !== credentials.accessKeyId || inRegion !== region || signedHeaders === undefined || date === undefined) return false;
  if (!["host", "x-amz-date", "x-amz-target"].every((name) => signedHeaders.split(";").includes(name))) return false;
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const lines = signedHeaders.split(";").map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, "", lines.join(""), signedHeaders, hash(JSON.stringify(body))].join("\n");
  const scope = `${date}/${inRegion}/kms/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, date), inRegion), "kms"), "aws4_request");
  return createHmac("sha256", key).update(toSign).digest("hex") === signature;
}
