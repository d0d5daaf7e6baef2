import { createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import nist from "../test/vectors/aes-256-gcm.nist.json" with { type: "json" };
import wycheproof from "../test/vectors/aes-256-gcm.wycheproof.json" with { type: "json" };
import { decrypt, encrypt } from "./aes-gcm.ts";

const hex = (digits: string) => Buffer.from(digits, "hex");
const longKey = "feffe9928665731c6d6a8f9467308308".repeat(2);

describe("AES-256-GCM", () => {
  it.each(nist.tests)(
    "is NIST's: $file, plaintext of $ptlen bits, additional data of $aadlen, count $count",
    ({ key, iv, aad, ct, tag, pt }) => {
      const secret = createSecretKey(hex(key));
      const sealed = hex(iv + ct + tag);
      expect(decrypt(secret, sealed, hex(aad))?.toString("hex") ?? null).toBe(pt);
      if (pt === null) return;
      for (let byte = 0; byte < sealed.length; byte += 1) {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(byte) ^ 1, byte);
        expect(decrypt(secret, changed, hex(aad))).toBeNull();
        // A tag may not be shortened either (SP 800-38D §5.2.1.2).
        expect(decrypt(secret, sealed.subarray(0, byte), hex(aad))).toBeNull();
      }
      expect(decrypt(secret, sealed, Buffer.concat([hex(aad), Buffer.of(0)]))).toBeNull();
      expect(decrypt(createSecretKey(hex("11".repeat(32))), sealed, hex(aad))).toBeNull();
    },
  );

  it.each(wycheproof.tests)("is Wycheproof's: tcId $tcId, $result", ({ key, iv, aad, msg, ct, tag, result }) => {
    const opened = decrypt(createSecretKey(hex(key)), hex(iv + ct + tag), hex(aad));
    expect(opened?.toString("hex") ?? null).toBe(result === "valid" ? msg : null);
  });

  it("opens what it encrypted, under another IV every time", () => {
    const key = createSecretKey(hex(longKey));
    const sealed = Array.from({ length: 200 }, () => encrypt(key, Buffer.from("text"), Buffer.from("where")));
    expect(sealed.every((bytes) => decrypt(key, bytes, Buffer.from("where"))?.toString() === "text")).toBe(true);
    expect(new Set(sealed.map((bytes) => bytes.toString("hex", 0, 12))).size).toBe(200);
    expect(new Set(sealed.map((bytes) => bytes.length))).toEqual(new Set([12 + 4 + 16]));
  });
});
