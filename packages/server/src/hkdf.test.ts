import { createSecretKey } from "node:crypto";
import { expect, it } from "vitest";
import vectors from "../test/vectors/hkdf-sha256.rfc5869.json" with { type: "json" };
import { deriveKey } from "./hkdf.ts";

const hex = (digits: string) => Buffer.from(digits, "hex");

it.each(vectors.tests)("derives what RFC 5869 says, test case with output $okm", ({ ikm, salt, info, lengthBytes, okm }) => {
  const key = deriveKey(createSecretKey(hex(ikm)), { salt: hex(salt), info: hex(info), lengthBytes });
  expect(key.export().toString("hex")).toBe(okm);
});
