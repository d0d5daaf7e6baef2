import { expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { parseEncryptionKeys } from "./encryption-keys.ts";
import { EncryptionKeysError, type KeyEncryptionKey, generateEncryptionKey } from "./key-encryption-key.ts";
import { createKeyKeeper } from "./key-keeper.ts";
import { migrate } from "./migrate.ts";
import { openVault } from "./vault.ts";

it("tells trouble with keys once, and its end, and stops nothing", async () => {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database);
  const [local] = parseEncryptionKeys(generateEncryptionKey("local"));
  if (local === undefined) throw new Error("no key");
  let failure: Error | null = new Error("the KMS is away");
  const answer = <Result>(work: () => Promise<Result>) => (failure === null ? work() : Promise.reject(failure));
  const kms: KeyEncryptionKey = {
    id: "kms",
    wrap: (...wrapping) => answer(() => local.wrap(...wrapping)),
    unwrap: (...wrapping) => answer(() => local.unwrap(...wrapping)),
  };
  const lines: string[] = [];
  const log = (level: string) => (_fields: unknown, message: string) => void lines.push(`${level} ${message}`);
  let ms = Date.parse("2026-11-26T12:00:00Z");
  const vault = await openVault({ database, keyEncryptionKeys: [kms], now: () => new Date(ms) });
  const keep = createKeyKeeper({ vault, log: { info: log("info"), warn: log("warn"), error: log("error") } });
  const rounds = async () => {
    for (let round = 0; round < 5; round += 1) {
      ms += 5_000;
      await keep();
    }
    return lines.splice(0);
  };
  expect(await rounds()).toEqual(['error the data keys could not be looked after: Key-encryption key "kms" is out of reach.']);
  failure = null;
  expect(await rounds()).toEqual(["info all data keys open"]);
  failure = new EncryptionKeysError("its package is missing");
  ms += 31 * 86_400_000;
  expect(await rounds()).toEqual(["error the data keys could not be looked after: its package is missing"]);
  failure = null;
  expect(await rounds()).toEqual(["info all data keys open"]);
  database.close();
});
