import { webcrypto } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { parseEncryptionKeys } from "./encryption-keys.ts";
import { type KeyEncryptionKey, generateEncryptionKey } from "./key-encryption-key.ts";
import { migrate } from "./migrate.ts";
import { sealedColumns } from "./sealed-columns-store.ts";
import * as tables from "./tables.ts";
import { type Ciphertext, type Place, type Vault, VaultError, openVault, places } from "./vault.ts";

const keyList = generateEncryptionKey("test");
const keyEncryptionKeys = parseEncryptionKeys(keyList);
const now = () => new Date("2026-11-23T12:00:00Z");

async function emptyDatabase(): Promise<Database> {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database);
  return database;
}

function faultOf(open: () => unknown): unknown {
  try {
    return open();
  } catch (error) {
    return error;
  }
}

/** The code of the vault's refusal; anything else as it is. */
function codeOf(open: () => unknown): unknown {
  const fault = faultOf(open);
  return fault instanceof VaultError ? fault.code : fault;
}

const everyPlace: readonly Place[] = [
  ...["a", "b"].flatMap((row) => [
    places.codeVerifier(row),
    places.authorizationResponse(row),
    places.unconfirmedGrant(row),
    places.revocation(row),
    ...[1, 2].flatMap((count) => [
      places.integrationClientId(row, count),
      places.integrationClientSecret(row, count),
      places.accessToken(row, count),
      places.refreshToken(row, count),
      places.webhookSecret(row, count),
      places.webhookPreviousSecret(row, count),
    ]),
  ]),
  places.connectLink(),
];

describe("vault", () => {
  let database: Database;
  let vault: Vault;
  beforeAll(async () => {
    database = await emptyDatabase();
    vault = await openVault({ database, keyEncryptionKeys, now });
  });

  it("opens any text in its place", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 4_000 }), fc.constantFrom(...everyPlace), (text, place) => {
        expect(vault.open(vault.seal(text, place), place)).toBe(text);
      }),
    );
  });

  it("opens it in no other place", () => {
    for (const place of everyPlace) {
      const sealed = vault.seal("a secret", place);
      const others = everyPlace.filter((other) => other !== place);
      const codes = others.map((other) => codeOf(() => vault.open(sealed, other)));
      expect(codes).toEqual(others.map(() => "secret_unreadable"));
    }
  });

  it.each(["purpose", "table", "column", "rowId", "generation"] as const)("binds a ciphertext to its place's %s by itself", (part) => {
    const place = places.accessToken("con_1", 7);
    const moved = { ...place, [part]: part === "generation" ? 6 : "refresh_token" };
    // A place that no type allows: what it takes for the swap to be tried at all.
    expect(codeOf(() => vault.open(vault.seal("a secret", place), moved as typeof place))).toBe("secret_unreadable");
  });

  it("lets no row id pass for another by running into its neighbours", () => {
    const sealed = vault.seal("a secret", places.accessToken("con_1", 11));
    expect(codeOf(() => vault.open(sealed, places.accessToken("con_11", 1)))).toBe("secret_unreadable");
  });

  it("finds every flipped bit, cut and addition", () => {
    const place = places.refreshToken("con_1", 3);
    const sealed = vault.seal("a secret of some length", place);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codeOf(() => vault.open(changed, place))).toBe("secret_unreadable");
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(codeOf(() => vault.open(sealed.subarray(0, length), place))).toBe("secret_unreadable");
      expect(codeOf(() => vault.open(sealed.subarray(length + 1), place))).toBe("secret_unreadable");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => vault.open(bytes, place))).toBe("secret_unreadable");
        expect(codeOf(() => vault.open(Uint8Array.from([...sealed, ...bytes, 0]), place))).toBe("secret_unreadable");
      }),
    );
  });

  it.each([
    { place: places.accessToken("con_é", 12), bound: ["access_token", "access_tokens", "token", "con_é", "12"] },
    { place: places.connectLink(), bound: ["connect_link", "", "", "", "0"] },
  ])("seals $bound.0 so that another program can open it, by the description in ciphertext.ts alone", async ({ place, bound }) => {
    const sealed = vault.seal("for another program", place);
    const { subtle } = webcrypto;
    expect(sealed[0]).toBe(1);
    const rows = await database.orm.select().from(tables.dataKeys);
    const row = rows.find(({ id }) => id === Buffer.from(sealed.subarray(1, 9)).toString("hex"));
    const wrappingKey = await subtle.importKey("raw", Buffer.from(keyList.split(":")[1] ?? "", "base64"), "AES-GCM", false, ["decrypt"]);
    const wrapped = Uint8Array.from(row?.wrapped ?? []);
    const dataKey = await subtle.decrypt(
      { name: "AES-GCM", iv: wrapped.subarray(0, 12), additionalData: new TextEncoder().encode(`evergrant/1/data_keys/${row?.id}`) },
      wrappingKey,
      wrapped.subarray(12),
    );
    const key = await subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode(`evergrant/1/${bound[0]}`) },
      await subtle.importKey("raw", dataKey, "HKDF", false, ["deriveKey"]),
      { name: "AES-GCM", length: 256 },
      false,
      ["decrypt"],
    );
    const parts = bound.map((part) => new TextEncoder().encode(part));
    const additionalData = Uint8Array.from([...sealed.subarray(0, 13), ...parts.flatMap((part) => [0, 0, 0, part.length, ...part])]);
    const opened = await subtle.decrypt({ name: "AES-GCM", iv: sealed.subarray(13, 25), additionalData }, key, sealed.subarray(25));
    expect(new TextDecoder().decode(opened)).toBe("for another program");
  });

  it("carries text in a URL, in one spelling only", async () => {
    const place = places.connectLink();
    const text = vault.sealToText(JSON.stringify({ integration: "github" }), place);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(await vault.openTextOrReload(text, place)).toBe('{"integration":"github"}');
    for (const respelled of [`${text}=`, ` ${text}`, `${text}\n`, text.slice(1), "", "hello", `${text}A`]) {
      await expect(vault.openTextOrReload(respelled, place)).rejects.toMatchObject({ code: "secret_unreadable" });
    }
  });

  it("tells values apart by eight hex digits that outlive the process and say nothing without the key", async () => {
    const sameRing = await openVault({ database, keyEncryptionKeys, now });
    expect(vault.fingerprint("client secret")).toMatch(/^[0-9a-f]{8}$/);
    expect(sameRing.fingerprint("client secret")).toBe(vault.fingerprint("client secret"));
    expect(vault.fingerprint("client secreT")).not.toBe(vault.fingerprint("client secret"));
    const otherRing = await openVault({ database: await emptyDatabase(), keyEncryptionKeys, now });
    expect(otherRing.fingerprint("client secret")).not.toBe(vault.fingerprint("client secret"));
  });

  it("shows neither keys nor plaintext, printed or in an error", async () => {
    const [testKey] = keyEncryptionKeys;
    const seen: Buffer[] = [];
    const watched: KeyEncryptionKey = {
      id: "watched",
      wrap: async (dataKey, context) => {
        seen.push(Buffer.from(dataKey));
        return (await testKey?.wrap(dataKey, context)) ?? new Uint8Array();
      },
      unwrap: async (wrapped, context) => (await testKey?.unwrap(wrapped, context)) ?? new Uint8Array(),
    };
    const watchedVault = await openVault({ database: await emptyDatabase(), keyEncryptionKeys: [watched], now });
    const place = places.accessToken("con_1", 1);
    const sealed = watchedVault.seal("PLAINTEXT-CANARY", place);
    const fault = faultOf(() => watchedVault.open(sealed, places.accessToken("con_1", 2)));
    const printed = [watchedVault, fault].map((thing) => inspect(thing, { depth: null, showHidden: true })).join("\n");
    // One to seal with, one for digests.
    expect(seen).toHaveLength(2);
    for (const bytes of seen) {
      for (const encoding of ["hex", "base64", "base64url"] as const) expect(printed).not.toContain(bytes.toString(encoding).slice(0, 12));
      expect(printed).not.toContain([...bytes.subarray(0, 6)].join(", "));
    }
    expect(printed).not.toContain("CANARY");
    expect(Buffer.from(sealed).includes("CANARY")).toBe(false);
  });
});

describe("places and sealed columns", () => {
  const columns = Object.values(tables).flatMap((table) => {
    const { name, columns: all } = getTableConfig(table);
    return all.filter((column) => column.getSQLType() === "blob").map((column) => `${name}.${column.name}`);
  });
  const ofSecrets = columns.filter((name) => name !== "data_keys.wrapped").toSorted();

  it("cover every column for ciphertexts, each with a purpose of its own", () => {
    const named = new Map(
      everyPlace.filter((place) => place.table !== null).map((place) => [`${place.table}.${place.column}`, place.purpose]),
    );
    expect([...named.keys()].toSorted()).toEqual(ofSecrets);
    expect(new Set(named.values()).size).toBe(named.size);
  });

  it("name every such column for rotation, retirement and verification, each with its own place", () => {
    expect(sealedColumns.map(({ table, column }) => `${table}.${column}`).toSorted()).toEqual(ofSecrets);
    for (const { table, column, place } of sealedColumns) {
      expect(place("a row", 7)).toMatchObject({ table, column, rowId: "a row" });
      expect([0, 7]).toContain(place("a row", 7).generation);
    }
  });

  it("are kept from naming a data key that is not there, at every insert and update", async () => {
    const database = await emptyDatabase();
    const triggers = await database.orm.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    const expected = sealedColumns.flatMap(({ table, column }) => [`${table}_${column}_inserted`, `${table}_${column}_updated`]);
    expect(triggers.map(({ name }) => name)).toEqual(expect.arrayContaining(expected));
    const vault = await openVault({ database, keyEncryptionKeys, now });
    const elsewhere = await openVault({ database: await emptyDatabase(), keyEncryptionKeys, now });
    const write = (token: Ciphertext) =>
      database.orm
        .insert(tables.refreshTokens)
        .values({ connectionId: "con_1", token, expiresAt: null })
        .onConflictDoUpdate({ target: tables.refreshTokens.connectionId, set: { token } });
    const stranger = elsewhere.seal("a secret", places.refreshToken("con_1", 1));
    await expect(write(stranger)).rejects.toMatchObject({ code: "constraint_failed" });
    await write(vault.seal("a secret", places.refreshToken("con_1", 1)));
    await expect(write(stranger)).rejects.toMatchObject({ code: "constraint_failed" });
    await expect(database.orm.update(tables.refreshTokens).set({ token: stranger })).rejects.toMatchObject({ code: "constraint_failed" });
  });
});
