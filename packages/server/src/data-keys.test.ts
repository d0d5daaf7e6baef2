import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { type KeyEncryptionKey, generateEncryptionKey, parseEncryptionKeys } from "./key-encryption-key.ts";
import { migrate } from "./migrate.ts";
import { dataKeys } from "./tables.ts";
import { openVault, places } from "./vault.ts";

const day = 86_400_000;
const place = places.accessToken("con_1", 1);

function clockAt(iso: string) {
  let time = Date.parse(iso);
  return { now: () => new Date(time), advance: (ms: number) => void (time += ms) };
}

async function migrated(url = "file::memory:"): Promise<Database> {
  const database = await openDatabase({ url });
  await migrate(database);
  return database;
}

const keysOf = (database: Database) => database.orm.select().from(dataKeys).orderBy(dataKeys.createdAt);

describe("data keys", () => {
  it("two processes on one empty file end with one key that both know", async () => {
    await using folder = await temporaryFolder();
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const databases = await Promise.all([1, 2, 3].map(() => migrated(folder.databaseUrl())));
    const { now } = clockAt("2026-11-23T12:00:00Z");
    const vaults = await Promise.all(databases.map((database) => openVault({ database, keyEncryptionKeys, now })));
    for (const database of databases) expect(await keysOf(database)).toHaveLength(1);
    for (const sealing of vaults) {
      for (const opening of vaults) expect(opening.open(sealing.seal("shared", place), place)).toBe("shared");
    }
    for (const database of databases) database.close();
  });

  it("a key made by another process is found by reloading, at most once a second", async () => {
    await using folder = await temporaryFolder();
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const clock = clockAt("2026-11-23T12:00:00Z");
    const [here, there] = [await migrated(folder.databaseUrl()), await migrated(folder.databaseUrl())];
    const reading = await openVault({ database: here, keyEncryptionKeys, now: clock.now });
    const writing = await openVault({ database: there, keyEncryptionKeys, now: clock.now });
    const before = reading.seal("before", place);

    clock.advance(31 * day);
    await writing.maintain();
    const after = writing.seal("after", place);
    expect(() => reading.open(after, place)).toThrow(expect.objectContaining({ code: "key_unavailable" }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => reading.openOrReload(after, place)));
    expect(new Set(answers)).toEqual(new Set(["after"]));
    expect(await writing.openOrReload(before, place)).toBe("before");
    // It has the newer key now, and seals with it too.
    expect(writing.open(reading.seal("back", place), place)).toBe("back");

    clock.advance(31 * day);
    await writing.maintain();
    const newest = writing.seal("newest", place);
    clock.advance(-31 * day + 500);
    await expect(reading.openOrReload(newest, place)).rejects.toMatchObject({ code: "key_unavailable" });
    clock.advance(500);
    expect(await reading.openOrReload(newest, place)).toBe("newest");
    here.close();
    there.close();
  });

  it("a key that nobody has is unavailable, not unreadable", async () => {
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const { now } = clockAt("2026-11-23T12:00:00Z");
    const elsewhere = await openVault({ database: await migrated(), keyEncryptionKeys, now });
    const here = await openVault({ database: await migrated(), keyEncryptionKeys, now });
    await expect(here.openOrReload(elsewhere.seal("theirs", place), place)).rejects.toMatchObject({
      code: "key_unavailable",
      message: "The data key is unknown here.",
    });
  });

  it("maintain adds a key after 30 days or 2^30 seals, one however many processes maintain at once", async () => {
    await using folder = await temporaryFolder();
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const clock = clockAt("2026-11-23T12:00:00Z");
    const [database, another] = [await migrated(folder.databaseUrl()), await migrated(folder.databaseUrl())];
    const vault = await openVault({ database, keyEncryptionKeys, now: clock.now });
    const vaults = [vault, await openVault({ database: another, keyEncryptionKeys, now: clock.now })];
    const maintainAll = () => Promise.all(vaults.map((each) => each.maintain()));
    const fingerprint = vault.fingerprint("a secret");

    clock.advance(30 * day - 1);
    await maintainAll();
    expect(await keysOf(database)).toHaveLength(1);
    clock.advance(1);
    await maintainAll();
    expect(await keysOf(database)).toHaveLength(2);

    await database.orm.update(dataKeys).set({ sealCount: 2 ** 30 - 3 });
    for (const each of vaults) each.seal("counted", place);
    await maintainAll();
    expect(await keysOf(database)).toHaveLength(2);
    vault.seal("the last", place);
    await maintainAll();
    await maintainAll();
    expect(await keysOf(database)).toHaveLength(3);
    expect((await keysOf(database)).map((key) => key.sealCount)).toEqual([2 ** 30 - 3, 2 ** 30, 0]);
    expect(vaults.map((each) => each.fingerprint("a secret"))).toEqual([fingerprint, fingerprint]);
    database.close();
    another.close();
  });

  it("a process whose clock is behind still makes the newest key", async () => {
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const vault = await openVault({ database, keyEncryptionKeys, now: clock.now });
    await database.orm.update(dataKeys).set({ sealCount: 2 ** 30, createdAt: new Date("2027-01-01T00:00:00Z") });
    await vault.maintain();
    const [, newest] = await keysOf(database);
    expect(newest?.createdAt).toEqual(new Date("2027-01-01T00:00:00.001Z"));
    expect(Buffer.from(vault.seal("x", place).subarray(1, 9)).toString("hex")).toBe(newest?.id);
  });
});

describe("key-encryption keys and the ring", () => {
  it("keys wrapped by an older key-encryption key stay open beside those of the first", async () => {
    const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const before = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(older), now: clock.now });
    const sealed = before.seal("of old", place);
    clock.advance(30 * day);
    const after = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${newer},${older}`), now: clock.now });
    await after.maintain();
    expect(after.open(sealed, place)).toBe("of old");
    expect((await keysOf(database)).map((key) => key.keyEncryptionKeyId)).toEqual(["older", "newer"]);
  });

  it("a missing key-encryption key is named by its id alone, for the secrets behind it alone", async () => {
    const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const both = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${newer},${older}`), now: clock.now });
    const ofNewer = both.seal("newer", place);
    clock.advance(30 * day);
    const swapped = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${older},${newer}`), now: clock.now });
    await swapped.maintain();
    const ofOlder = swapped.seal("older", place);

    const one = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(older), now: clock.now });
    expect(one.open(ofOlder, place)).toBe("older");
    await expect(one.openOrReload(ofNewer, place)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining('key-encryption key "newer"'),
    });
    await expect(one.openOrReload(ofNewer, place)).rejects.not.toThrow(newer.slice("newer:".length));
  });

  it("a vault that can open nothing does not start, and makes no key beside those that it cannot open", async () => {
    const database = await migrated();
    const { now } = clockAt("2026-11-23T12:00:00Z");
    await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(generateEncryptionKey("first")), now });
    for (const list of [generateEncryptionKey("second"), generateEncryptionKey("first")]) {
      await expect(openVault({ database, keyEncryptionKeys: parseEncryptionKeys(list), now })).rejects.toMatchObject({
        code: "key_unavailable",
        message: expect.stringContaining('key-encryption key "first" is missing, out of reach, or another key under the same id'),
      });
    }
    await expect(openVault({ database, keyEncryptionKeys: [], now })).rejects.toMatchObject({ code: "encryption_keys_invalid" });
    expect(await keysOf(database)).toHaveLength(1);
  });

  it("a key once open stays open while its key-encryption key is away", async () => {
    const [local] = parseEncryptionKeys(generateEncryptionKey());
    let away = false;
    const remote: KeyEncryptionKey = {
      id: "kms",
      wrap: async (...wrapping) => (await local?.wrap(...wrapping)) ?? new Uint8Array(),
      unwrap: async (...wrapping) => {
        if (away) throw new Error("the KMS is away");
        return (await local?.unwrap(...wrapping)) ?? new Uint8Array();
      },
    };
    const database = await migrated();
    const { now } = clockAt("2026-11-23T12:00:00Z");
    const vault = await openVault({ database, keyEncryptionKeys: [remote], now });
    const sealed = vault.seal("kept", place);
    away = true;
    await vault.maintain();
    expect(vault.open(sealed, place)).toBe("kept");
    await expect(openVault({ database, keyEncryptionKeys: [remote], now })).rejects.toMatchObject({ code: "key_unavailable" });
  });

  it("a wrapped key moved to another row does not open", async () => {
    const keyEncryptionKeys = parseEncryptionKeys(generateEncryptionKey());
    const { now } = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    await openVault({ database, keyEncryptionKeys, now });
    const [row] = await keysOf(database);
    await database.orm
      .update(dataKeys)
      .set({ id: "0123456789abcdef" })
      .where(eq(dataKeys.id, row?.id ?? ""));
    await expect(openVault({ database, keyEncryptionKeys, now })).rejects.toMatchObject({ code: "key_unavailable" });
  });
});
