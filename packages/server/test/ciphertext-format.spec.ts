import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../src/database.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { migrate } from "../src/migrate.ts";
import { sealedColumns } from "../src/sealed-columns-store.ts";
import { dataKeys } from "../src/tables.ts";
import { openVault, places } from "../src/vault.ts";
import { present } from "./start.ts";

const page = readFileSync(new URL("../../../docs/ciphertext-format.md", import.meta.url), "utf8");
const { subtle } = webcrypto;

/** A number of the page's example. */
function bytesOf(name: string): Buffer {
  return Buffer.from(present(new RegExp(`^${name} += ([0-9a-f]+)$`, "m").exec(page)?.[1]), "hex");
}
const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("hex");

/** As the page has it: a text behind its length. */
function measured(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe("docs/ciphertext-format.md", () => {
  it("holds every number of its example, computed by another implementation that follows the page", async () => {
    const id = hex(bytesOf("data key id"));
    const gcm = (key: Uint8Array | ArrayBuffer, usage: "encrypt" | "decrypt") =>
      subtle.importKey("raw", Buffer.from(key as Uint8Array), "AES-GCM", false, [usage]);

    const wrapped = bytesOf("wrapped");
    const unwrapped = await subtle.decrypt(
      { name: "AES-GCM", iv: wrapped.subarray(0, 12), additionalData: utf8(`evergrant/1/data_keys/${id}`) },
      await gcm(bytesOf("key-encryption key"), "decrypt"),
      wrapped.subarray(12),
    );
    expect(hex(unwrapped)).toBe(hex(bytesOf("data key")));

    const derived = await subtle.deriveBits(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("evergrant/1/access_token") },
      await subtle.importKey("raw", unwrapped, "HKDF", false, ["deriveBits"]),
      256,
    );
    expect(hex(derived)).toBe(hex(bytesOf("derived key")));

    const named = Buffer.concat([Buffer.of(1), Buffer.from(id, "hex")]);
    const header = Buffer.concat([named, Buffer.from(await subtle.digest("SHA-256", named)).subarray(0, 4)]);
    expect(hex(header)).toBe(hex(bytesOf("header")));
    const additionalData = Buffer.concat([header, ...["access_token", "access_tokens", "token", "con_example", "7"].map(measured)]);
    expect(hex(additionalData)).toBe(hex(bytesOf("additional data")));

    const iv = bytesOf("IV");
    const sealed = await subtle.encrypt({ name: "AES-GCM", iv, additionalData }, await gcm(derived, "encrypt"), utf8("an access token"));
    expect(hex(Buffer.concat([header, iv, Buffer.from(sealed)]))).toBe(hex(bytesOf("ciphertext")));
  });

  it("is what the vault reads: it opens the page's ciphertext with the page's keys, in the page's place alone", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    await migrate(database);
    const keyEncryptionKeys = parseEncryptionKeys(`example:${bytesOf("key-encryption key").toString("base64")}`);
    const row = { keyEncryptionKeyId: "example", wrapped: new Uint8Array(bytesOf("wrapped")), createdAt: new Date("2026-11-26T00:00:00Z") };
    await database.orm.insert(dataKeys).values({ id: hex(bytesOf("data key id")), ...row });
    const vault = await openVault({ database, keyEncryptionKeys, now: () => new Date("2026-11-26T00:00:00Z") });
    expect(vault.open(bytesOf("ciphertext"), places.accessToken("con_example", 7))).toBe("an access token");
    expect(() => vault.open(bytesOf("ciphertext"), places.accessToken("con_example", 8))).toThrow(
      expect.objectContaining({ code: "secret_unreadable" }),
    );
    database.close();
  });

  it("lists every place with its purpose", () => {
    const listed = [...page.matchAll(/^\| `(\w+)\.(\w+)` \| `(\w+)` \|/gm)].map(
      ([, table, column, purpose]) => `${table}.${column} ${purpose}`,
    );
    const real = sealedColumns.map(({ table, column, place }) => `${table}.${column} ${place("row", 1).purpose}`);
    expect(listed.toSorted()).toEqual(real.toSorted());
    expect(page).toContain(`\`${places.connectLink().purpose}\``);
  });
});
