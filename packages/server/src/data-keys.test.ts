import { eq, ne } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { parseEncryptionKeys } from "./encryption-keys.ts";
import { type KeyEncryptionKey, generateEncryptionKey } from "./key-encryption-key.ts";
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

const settleMs = 2_000;
/** The keys that seal. */
const keysOf = (database: Database) =>
  database.orm.select().from(dataKeys).where(ne(dataKeys.madeFor, "digest")).orderBy(dataKeys.createdAt);

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
    // For two seconds it seals as before: a key that nobody else can have found yet is not used.
    expect(reading.open(writing.seal("at once", place), place)).toBe("at once");
    clock.advance(settleMs);
    const after = writing.seal("after", place);
    expect(() => reading.open(after, place)).toThrow(expect.objectContaining({ code: "key_unavailable" }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => reading.openOrReload(after, place)));
    expect(new Set(answers)).toEqual(new Set(["after"]));
    expect(await writing.openOrReload(before, place)).toBe("before");
    // It has the newer key now, and seals with it too.
    expect(writing.open(reading.seal("back", place), place)).toBe("back");

    clock.advance(31 * day);
    await writing.maintain();
    clock.advance(settleMs);
    const newest = writing.seal("newest", place);
    clock.advance(-31 * day - settleMs + 500);
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
    clock.advance(settleMs);
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
    clock.advance(settleMs);
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
        message: expect.stringMatching(/"first" (is not among those at hand|did not wrap this data key)/i),
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
  });

  it("a vault whose key-encryption key is out of reach starts, seals and opens nothing, and recovers by itself", async () => {
    const [local] = parseEncryptionKeys(generateEncryptionKey());
    let away = true;
    const asked: string[] = [];
    const remote: KeyEncryptionKey = {
      id: "kms",
      wrap: async (...wrapping) => {
        if (away) throw new Error("the KMS is away");
        return (await local?.wrap(...wrapping)) ?? new Uint8Array();
      },
      unwrap: async (...wrapping) => {
        asked.push(wrapping[1]);
        if (away) throw new Error("the KMS is away");
        return (await local?.unwrap(...wrapping)) ?? new Uint8Array();
      },
    };
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const first = await openVault({ database, keyEncryptionKeys: [remote], now: clock.now });
    expect(() => first.seal("too early", place)).toThrow(expect.objectContaining({ code: "key_unavailable" }));
    expect(await keysOf(database)).toHaveLength(0);
    await expect(first.maintain()).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    away = false;
    await first.maintain();
    const sealed = first.seal("kept", place);

    away = true;
    const second = await openVault({ database, keyEncryptionKeys: [remote], now: clock.now });
    expect(() => second.seal("x", place)).toThrow(expect.objectContaining({ code: "key_unavailable" }));
    await expect(second.openOrReload(sealed, place)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining('key-encryption key "kms" is out of reach'),
    });
    // However many readers ask meanwhile, the KMS is asked again once a second, then less and less often.
    const before = asked.length;
    for (let times = 0; times < 60; times += 1) {
      clock.advance(1_000);
      await second.openOrReload(sealed, place).catch(() => undefined);
    }
    // Twice each time: the key that seals, and the one behind digests.
    expect((asked.length - before) / 2).toBeLessThan(9);
    away = false;
    clock.advance(15_000);
    expect(await second.openOrReload(sealed, place)).toBe("kept");
    expect(second.open(second.seal("again", place), place)).toBe("again");
    expect(second.fingerprint("x")).toBe(first.fingerprint("x"));
  });

  it("a key-encryption key that wrapped nothing may be away: a new data key waits, and the others go on", async () => {
    const [local] = parseEncryptionKeys(generateEncryptionKey());
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const away: KeyEncryptionKey = {
      id: "kms",
      wrap: () => Promise.reject(new Error("away")),
      unwrap: () => Promise.reject(new Error("away")),
    };
    await openVault({ database, keyEncryptionKeys: [local ?? away], now: clock.now });
    const vault = await openVault({ database, keyEncryptionKeys: [away, local ?? away], now: clock.now });
    clock.advance(31 * day);
    await expect(vault.maintain()).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    expect(vault.open(vault.seal("still", place), place)).toBe("still");
    expect(await keysOf(database)).toHaveLength(1);
  });

  it("rewrap puts every data key under the first key-encryption key, rows untouched, and the old one may go", async () => {
    const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
    const { now } = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    const before = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(older), now });
    const sealed = before.seal("kept", place);
    const both = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${newer},${older}`), now });
    const again = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${newer},${older}`), now });
    const done = await Promise.all([both.ring.rewrap("others"), again.ring.rewrap("others")]);
    expect(done.flatMap(({ rewrapped }) => rewrapped).length).toBeGreaterThanOrEqual(2);
    expect((await database.orm.select().from(dataKeys)).map((key) => key.keyEncryptionKeyId)).toEqual(["newer", "newer"]);
    const after = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(newer), now });
    expect(after.open(sealed, place)).toBe("kept");
    expect(after.fingerprint("x")).toBe(before.fingerprint("x"));
    expect(await after.ring.rewrap("others")).toEqual({ rewrapped: [], closed: [] });
    expect((await after.ring.rewrap("all")).rewrapped).toHaveLength(2);
    expect(after.open(sealed, place)).toBe("kept");
  });

  it("rewrap leaves what does not open, and says so", async () => {
    const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
    const clock = clockAt("2026-11-23T12:00:00Z");
    const database = await migrated();
    await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(older), now: clock.now });
    const both = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(`${newer},${older}`), now: clock.now });
    clock.advance(31 * day);
    await both.maintain();
    const alone = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(newer), now: clock.now });
    expect(await alone.ring.rewrap("others")).toMatchObject({ rewrapped: [], closed: [expect.any(String), expect.any(String)] });
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
