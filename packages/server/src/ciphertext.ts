/**
 * The bytes of a sealed secret, format 1, written down so that another program can read them (docs/ciphertext-format.md has an example):
 *
 * | bytes | what |
 * |---|---|
 * | 1 | format version, 1 |
 * | 8 | id of the data key: its row in `data_keys` has them as 16 lower-case hex digits |
 * | 4 | check: the first bytes of SHA-256 over the nine before, so that a damaged id is not taken for an unknown key |
 * | 12 | IV |
 * | any | AES-256-GCM ciphertext of the UTF-8 text |
 * | 16 | tag |
 *
 * The key is HKDF-SHA256 (RFC 5869) of the data key's 32 bytes, with no salt and the info `evergrant/1/<purpose>`, 32 bytes long.
 * The additional data is the first 13 bytes, then purpose, table, column, row id and generation (decimal), each as UTF-8 behind its
 * length in bytes (32 bits, big-endian); table and column of what is stored nowhere are empty. As text, all is base64url (RFC 4648 §5).
 */
import { createHash } from "node:crypto";
import type { Place } from "./places.ts";

/** A sealed secret: `vault.seal` alone makes one, and columns for secrets take nothing else. */
export type Ciphertext = Uint8Array<ArrayBuffer> & { readonly sealedBy: "vault" };

const formatVersion = 1;
const idEnd = 9;
export const headerBytes = 13;

/** What stands before the IV: version, data key and check. */
export function headerFor(dataKeyId: string): Buffer {
  const named = Buffer.concat([Buffer.of(formatVersion), Buffer.from(dataKeyId, "hex")]);
  return Buffer.concat([named, checkOf(named)]);
}

/** The id of the data key that a ciphertext names. */
export function dataKeyIdOf(ciphertext: Uint8Array): string {
  return Buffer.from(ciphertext.subarray(1, idEnd)).toString("hex");
}

/** Whether a ciphertext has a header that somebody once wrote, whoever it was. */
export function isHeaderWhole(ciphertext: Uint8Array): boolean {
  return ciphertext[0] === formatVersion && checkOf(ciphertext.subarray(0, idEnd)).equals(ciphertext.subarray(idEnd, headerBytes));
}

/** The additional data that binds a ciphertext to its header and place; unambiguous, since each part stands behind its length. */
export function additionalDataFor(header: Uint8Array, place: Place): Buffer {
  const parts = [place.purpose, place.table ?? "", place.column ?? "", place.rowId, String(place.generation)];
  const lengths = parts.map((part) => Buffer.byteLength(part, "utf8"));
  const data = Buffer.allocUnsafe(header.length + lengths.reduce((sum, length) => sum + 4 + length, 0));
  data.set(header);
  let at = header.length;
  parts.forEach((part, index) => {
    at = data.writeUInt32BE(lengths[index] ?? 0, at);
    at += data.write(part, at, "utf8");
  });
  return data;
}

function checkOf(named: Uint8Array): Buffer {
  return createHash("sha256")
    .update(named)
    .digest()
    .subarray(0, headerBytes - idEnd);
}
