import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { parseEncryptionKeys } from "./encryption-keys.ts";
import { EncryptionKeysError, generateEncryptionKey } from "./key-encryption-key.ts";

const encoded = Buffer.alloc(32, 7).toString("base64");
const other = Buffer.alloc(32, 8).toString("base64");

function faultOf(list: string): string {
  try {
    parseEncryptionKeys(list);
  } catch (error) {
    if (error instanceof EncryptionKeysError) return error.message;
  }
  return "none";
}

describe("key-encryption keys", () => {
  it("are read in the order of the list, in either base64", () => {
    const urlSafe = Buffer.alloc(32, 255).toString("base64url");
    expect(parseEncryptionKeys(` new:${encoded} , old.1_x-y:${urlSafe}`).map((key) => key.id)).toEqual(["new", "old.1_x-y"]);
  });

  it("wrap a data key for one context, and for no other key or context", async () => {
    const [one, two] = parseEncryptionKeys(`one:${encoded},two:${other}`);
    const dataKey = Buffer.alloc(32, 3);
    const wrapped = (await one?.wrap(dataKey, "row 1")) ?? new Uint8Array();
    expect(await one?.unwrap(wrapped, "row 1")).toEqual(dataKey);
    await expect(one?.unwrap(wrapped, "row 2")).rejects.toMatchObject({ code: "key_unavailable" });
    await expect(two?.unwrap(wrapped, "row 1")).rejects.toThrow('"two" did not wrap this data key');
    expect(Buffer.from(wrapped).includes(dataKey.subarray(0, 8))).toBe(false);
  });

  it.each([
    ["", "Encryption key 1 of the list is not id:base64"],
    [`one:${encoded},`, "Encryption key 2 of the list is not id:base64"],
    [encoded, "Encryption key 1 of the list is not id:base64"],
    [`one:${encoded.slice(4)}`, "Encryption key 1 of the list has 29 bytes and must have 32"],
    [`one:${encoded},two:${encoded.replace("B", "!")}`, "Encryption key 2 of the list is not id:base64"],
    [`one:${encoded},two:${other},one:${other}`, "Encryption key 3 of the list has the same id as key 1"],
    [`${"x".repeat(65)}:${encoded}`, "Encryption key 1 of the list is not id:base64"],
  ])("fault %#: names the position and never the value", (list, message) => {
    const fault = faultOf(list);
    expect(fault).toContain(message);
    expect(fault).not.toContain(encoded.slice(4, 20));
    expect(fault).not.toContain(other.slice(4, 20));
  });

  it("are made at random, ready to be read", () => {
    const made = [generateEncryptionKey(), generateEncryptionKey(), generateEncryptionKey("mine")];
    expect(parseEncryptionKeys(made.join(",")).map((key) => key.id)).toEqual([
      expect.stringMatching(/^k[0-9a-f]{8}$/),
      expect.any(String),
      "mine",
    ]);
    expect(new Set(made).size).toBe(3);
  });

  it("show no bytes when printed", () => {
    const [key] = parseEncryptionKeys(`one:${encoded}`);
    expect(inspect(key, { depth: null, showHidden: true })).not.toMatch(/7, 7|07 07|0707|BwcH/);
  });
});
