import { expect, it } from "vitest";
import { isStrongApiKey } from "./api-key-strength.ts";

it.each([
  ["32 bytes in hex", "3f".repeat(4) + "0123456789abcdef0123456789abcdef01234567deadbeefcafe9876", true],
  ["32 bytes in base64url", "Zx8-kQ2_vN4mTjLhR7wYcPsB1dGfAe5uXo3iVt9yKzM", true],
  ["31 bytes in hex", "0123456789abcdef".repeat(4).slice(2), false],
  ["a sentence", "correct-horse-battery-staple", false],
  ["one letter, over and over", "a".repeat(100), false],
  ["digits", "0123456789".repeat(5), false],
])("judges %s", (_what, key, isStrong) => {
  expect(isStrongApiKey(key)).toBe(isStrong);
});
