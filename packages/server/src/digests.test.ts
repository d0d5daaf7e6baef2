import { describe, expect, it } from "vitest";
import { hasSha256, isDigest, randomId, randomToken, sha256, sha256Base64, sha256Hex } from "./digests.ts";

describe("digests", () => {
  it("digests as FIPS 180-4 has it", () => {
    expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256Hex("é")).toBe(sha256Hex("\u00e9"));
    expect(sha256Base64("abc")).toBe("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  });

  it("compares one text with the digests of several", () => {
    const digest = sha256("secret");
    expect(isDigest(digest, sha256Hex("secret"))).toBe(true);
    expect(isDigest(digest, sha256Hex("secret and more"))).toBe(false);
    expect(isDigest(digest, "")).toBe(false);
  });

  it("knows a text by its digest, and takes nothing else for one", () => {
    expect(hasSha256("secret", sha256Hex("secret"))).toBe(true);
    expect(hasSha256("secret", sha256Hex("secres"))).toBe(false);
    for (const odd of ["", "00", sha256Hex("secret").slice(2), `${sha256Hex("secret")}00`, "z".repeat(64)]) {
      expect(hasSha256("secret", odd)).toBe(false);
    }
  });

  it("draws random strings of the size asked for, safe in a URL and never twice the same", () => {
    expect(randomToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomId(12)).toMatch(/^[A-Za-z0-9_-]{16}$/);
    const drawn = Array.from({ length: 1_000 }, () => randomId());
    expect(new Set(drawn).size).toBe(1_000);
  });
});
