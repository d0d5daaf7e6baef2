import { execFile } from "node:child_process";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect, promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { openDatabase } from "./database.ts";
import { encryptionKeysFile } from "./encryption-keys-file.ts";
import { migrate } from "./migrate.ts";
import { openVault, places } from "./vault.ts";
import { parseEncryptionKeys } from "./encryption-keys.ts";
import { EncryptionKeysError, generateEncryptionKey } from "./key-encryption-key.ts";

const run = promisify(execFile);
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

  const arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const vault = { VAULT_ADDR: "https://vault.example.com:8200", VAULT_TOKEN: "SECRET-TOKEN" };

  it("are named with their service and key where a service keeps them", () => {
    const list = `awskms:${arn},vault:transit/evergrant\nvault:team/transit/evergrant,mine:${encoded}`;
    expect(parseEncryptionKeys(list, vault).map((key) => key.id)).toEqual([
      `awskms:${arn}`,
      "vault:transit/evergrant",
      "vault:team/transit/evergrant",
      "mine",
    ]);
  });

  it.each([
    [`awskms:${arn.replace("kms", "s3")}`, vault, "Encryption key 1 of the list is not awskms:<arn>"],
    [`awskms:${arn},awskms:${arn}`, vault, "Encryption key 2 of the list has the same id as key 1"],
    ["vault:evergrant", vault, "is not vault:<mount>/<key>"],
    ["vault:transit/../sys/evergrant", vault, "is not vault:<mount>/<key>"],
    ["vault:transit/evergrant", { VAULT_TOKEN: "SECRET-TOKEN" }, "needs VAULT_ADDR"],
    ["vault:transit/evergrant", { VAULT_ADDR: vault.VAULT_ADDR }, "needs VAULT_TOKEN or VAULT_TOKEN_FILE"],
    ["vault:transit/evergrant", { ...vault, VAULT_ADDR: "http://vault.example.com" }, "needs a VAULT_ADDR that is an https URL"],
    ["vault:transit/evergrant", { ...vault, VAULT_ADDR: "vault.example.com" }, "needs a VAULT_ADDR that is an https URL"],
  ])("of a service, fault %#: the entry and the mend", (list, variables, message) => {
    expect(() => parseEncryptionKeys(list, variables)).toThrow(message);
    expect(() => parseEncryptionKeys(list, variables)).not.toThrow("SECRET");
  });

  it("of AWS KMS say which package to install where it is not there", async () => {
    const program = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve: (name, context, next) => {
        if (name === "@aws-sdk/client-kms") throw Object.assign(new Error("not there"), { code: "ERR_MODULE_NOT_FOUND" });
        return next(name, context);
      } });
      const { awsKmsKey } = await import(${JSON.stringify(new URL("aws-kms-key.ts", import.meta.url).href)});
      await awsKmsKey({ keyArn: ${JSON.stringify(arn)} }).wrap(new Uint8Array(32), "x").catch((error) => process.stdout.write(error.code + " " + error.message));`;
    const { stdout } = await run(process.execPath, ["--conditions=evergrant-source", "--input-type=module", "--eval", program]);
    expect(stdout).toBe(
      "encryption_keys_invalid Keys of AWS KMS need the package @aws-sdk/client-kms beside Evergrant: npm install @aws-sdk/client-kms",
    );
  });
});

describe("a file of key-encryption keys", () => {
  it("is read again when data keys are: a key that is added to it is known without a restart", async () => {
    await using folder = await temporaryFolder();
    const [path, database] = [join(folder.path, "keys"), await openDatabase({ url: "file::memory:" })];
    await migrate(database);
    const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
    await writeFile(path, `# the first one wraps\n\n${older}\n`, { mode: 0o600 });
    let ms = Date.parse("2026-11-26T12:00:00Z");
    const now = () => new Date(ms);
    const running = await openVault({ database, keyEncryptionKeys: encryptionKeysFile(path), now });

    await writeFile(path, `${newer}\r\n${older}\r\n`);
    const started = await openVault({ database, keyEncryptionKeys: encryptionKeysFile(path), now });
    await started.ring.addForRotation();
    ms += 2_000;
    const place = places.accessToken("con_1", 1);
    expect(await running.openOrReload(started.seal("under the newer", place), place)).toBe("under the newer");

    // A file that is gone, or exposed, takes nothing away from those who have read it.
    await chmod(path, 0o666);
    ms += 2_000;
    await running.maintain();
    expect(running.open(running.seal("still", place), place)).toBe("still");
    await expect(openVault({ database, keyEncryptionKeys: encryptionKeysFile(path), now })).rejects.toThrow("chmod 600");
    await rm(path);
    await running.maintain();
    await expect(openVault({ database, keyEncryptionKeys: encryptionKeysFile(path), now })).rejects.toThrow("ENOENT");
    database.close();
  });

  it.each([0o600, 0o400, 0o440, 0o640])("may have mode %o", async (mode) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "keys");
    await writeFile(path, generateEncryptionKey("mine"), { mode });
    await chmod(path, mode);
    expect((await encryptionKeysFile(path)()).map(({ id }) => id)).toEqual(["mine"]);
  });

  it.each([0o644, 0o660, 0o602, 0o604])("must not have mode %o", async (mode) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "keys");
    await writeFile(path, generateEncryptionKey("mine"));
    await chmod(path, mode);
    await expect(encryptionKeysFile(path)()).rejects.toMatchObject({ code: "encryption_keys_invalid" });
  });
});
