import { createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt } from "./aes-gcm.ts";

const hex = (digits: string) => Buffer.from(digits, "hex");
const longKey = "feffe9928665731c6d6a8f9467308308".repeat(2);
const longPlaintext =
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const longCiphertext =
  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";

/** Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: those with 256-bit keys and 96-bit IVs. */
const vectors = [
  { key: "00".repeat(32), iv: "00".repeat(12), additionalData: "", plaintext: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b" },
  {
    key: "00".repeat(32),
    iv: "00".repeat(12),
    additionalData: "",
    plaintext: "00".repeat(16),
    ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
    tag: "d0d1c8a799996bf0265b98b5d48ab919",
  },
  {
    key: longKey,
    iv: "cafebabefacedbaddecaf888",
    additionalData: "",
    plaintext: longPlaintext,
    ciphertext: longCiphertext,
    tag: "b094dac5d93471bdec1a502270e3cc6c",
  },
  {
    key: longKey,
    iv: "cafebabefacedbaddecaf888",
    additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plaintext: longPlaintext.slice(0, 120),
    ciphertext: longCiphertext.slice(0, 120),
    tag: "76fc6ece0f4e1768cddf8853bb2d551b",
  },
];

describe("AES-256-GCM", () => {
  it.each(vectors)("opens the published vector with tag $tag, and no neighbour of it", (vector) => {
    const key = createSecretKey(hex(vector.key));
    const sealed = hex(vector.iv + vector.ciphertext + vector.tag);
    const additionalData = hex(vector.additionalData);
    expect(decrypt(key, sealed, additionalData)?.toString("hex")).toBe(vector.plaintext);
    for (let byte = 0; byte < sealed.length; byte++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(byte) ^ 1, byte);
      expect(decrypt(key, changed, additionalData)).toBeNull();
      // A tag may not be shortened either (SP 800-38D §5.2.1.2).
      expect(decrypt(key, sealed.subarray(0, byte), additionalData)).toBeNull();
    }
    expect(decrypt(key, sealed, Buffer.concat([additionalData, Buffer.of(0)]))).toBeNull();
    expect(decrypt(createSecretKey(hex("11".repeat(32))), sealed, additionalData)).toBeNull();
  });

  it("opens what it encrypted, under another IV every time", () => {
    const key = createSecretKey(hex(longKey));
    const sealed = Array.from({ length: 200 }, () => encrypt(key, Buffer.from("text"), Buffer.from("where")));
    expect(sealed.every((bytes) => decrypt(key, bytes, Buffer.from("where"))?.toString() === "text")).toBe(true);
    expect(new Set(sealed.map((bytes) => bytes.toString("hex", 0, 12))).size).toBe(200);
    expect(new Set(sealed.map((bytes) => bytes.length))).toEqual(new Set([12 + 4 + 16]));
  });
});
