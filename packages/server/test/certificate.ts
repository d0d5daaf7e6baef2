/**
 * A certificate for one test run: self-signed, good for today, made on the spot so that no private key lies in the repository.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** Key and certificate in PEM. Nobody trusts it: the browser that meets it has to be told not to care. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

// ASN.1 object identifiers, encoded: ecdsa-with-SHA256 (RFC 5758 §3.2) and commonName (RFC 5280, appendix A.1).
const ecdsaWithSha256 = Buffer.from("2a8648ce3d040302", "hex");
const commonName = Buffer.from("550403", "hex");

const tag = { integer: 0x02, bitString: 0x03, objectIdentifier: 0x06, utf8String: 0x0c, utcTime: 0x17, sequence: 0x30, set: 0x31 };
const dayMs = 86_400_000;

/** A version 1 certificate (RFC 5280 §4.1) over a new P-256 key: no extensions, since nothing verifies it. */
export function selfSignedCertificate(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = der(tag.sequence, der(tag.objectIdentifier, ecdsaWithSha256));
  const subject = der(
    tag.sequence,
    der(tag.set, der(tag.sequence, der(tag.objectIdentifier, commonName), der(tag.utf8String, Buffer.from(name)))),
  );
  const toBeSigned = der(
    tag.sequence,
    // A leading byte below 0x80 keeps the serial number positive.
    der(tag.integer, Buffer.concat([Buffer.of(0x01), randomBytes(8)])),
    algorithm,
    subject,
    der(tag.sequence, utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(tag.bitString, Buffer.of(0), sign("sha256", toBeSigned, privateKey));
  const lines =
    der(tag.sequence, toBeSigned, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
  };
}

/** One value in DER (ITU-T X.690 §8.1): tag, length, content; of at most 64 KiB. */
function der(kind: number, ...content: Uint8Array[]): Buffer {
  const { length } = Buffer.concat(content);
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(kind, ...lengthBytes), ...content]);
}

/** YYMMDDhhmmssZ. */
function utcTime(instantMs: number): Buffer {
  return der(tag.utcTime, Buffer.from(`${new Date(instantMs).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
}
