import { mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEncryptionKeys } from "@evergrant/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isStrongApiKey } from "./api-key-strength.ts";
import { exposedKeyFiles, readEmbeddedKeys, requireEncryptionKeys, resolveKeys } from "./embedded-defaults.ts";
import { readEnvironment } from "./env.ts";

let folder: string;
let stateFolder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergrant-keys-"));
  stateFolder = join(folder, ".evergrant");
});
afterEach(() => rmSync(folder, { recursive: true }));

const resolve = (variables: Record<string, string> = {}) =>
  resolveKeys({ environment: readEnvironment(variables).environment, stateFolder });

describe("in development", () => {
  it("makes both keys once, and reads them ever after", async () => {
    const first = await resolve();
    expect(first.made).toEqual([join(stateFolder, "encryption-keys"), join(stateFolder, "api-key")]);
    expect(typeof first.encryptionKeys === "string" && parseEncryptionKeys(first.encryptionKeys)).toHaveLength(1);
    expect(isStrongApiKey(first.apiKey ?? "")).toBe(true);
    expect(await resolve()).toEqual({ ...first, made: [] });
    expect(await readEmbeddedKeys(stateFolder)).toEqual({ encryptionKeys: first.encryptionKeys, apiKey: first.apiKey });
  });

  it("makes only what the environment lacks", async () => {
    const keys = await resolve({ EVERGRANT_API_KEY: "0123456789abcdef" });
    expect(keys.apiKey).toBe("0123456789abcdef");
    expect(keys.made).toEqual([join(stateFolder, "encryption-keys")]);
    expect((await readEmbeddedKeys(stateFolder)).apiKey).toBeNull();
  });

  it("gives ten that come at once the same keys", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => resolve()));
    expect(new Set(all.map(({ encryptionKeys }) => encryptionKeys)).size).toBe(1);
    expect(new Set(all.map(({ apiKey }) => apiKey)).size).toBe(1);
    expect(all.flatMap(({ made }) => made)).toHaveLength(2);
  });

  it("refuses an empty key file instead of making another key behind the owner's back", async () => {
    await resolve();
    writeFileSync(join(stateFolder, "encryption-keys"), "");
    await expect(resolve()).rejects.toMatchObject({ code: "keys_unusable" });
  });

  it("sees key files that others can read", async () => {
    await resolve();
    expect(await exposedKeyFiles(stateFolder)).toEqual([]);
    chmodSync(join(stateFolder, "api-key"), 0o644);
    expect(await exposedKeyFiles(stateFolder)).toEqual([join(stateFolder, "api-key")]);
  });
});

it("asks for the keys of a database that is there already, and makes none for it", async () => {
  const environment = (variables: Record<string, string>) => readEnvironment(variables).environment;
  await expect(requireEncryptionKeys(environment({}), stateFolder)).rejects.toMatchObject({ code: "keys_missing" });
  const made = await resolve();
  expect(await requireEncryptionKeys(environment({}), stateFolder)).toBe(made.encryptionKeys);
  await expect(requireEncryptionKeys(environment({ NODE_ENV: "production" }), stateFolder)).rejects.toMatchObject({ code: "keys_missing" });
  expect(await requireEncryptionKeys(environment({ EVERGRANT_ENCRYPTION_KEYS_FILE: "/run/keys" }), stateFolder)).toEqual({
    file: "/run/keys",
  });
});

describe("in production", () => {
  const production = { NODE_ENV: "production", EVERGRANT_ENCRYPTION_KEYS: "a:AAAA" };

  it("needs encryption keys, and no admin key", async () => {
    await expect(resolve({ NODE_ENV: "production", EVERGRANT_API_KEY: "f".repeat(64) })).rejects.toMatchObject({
      code: "keys_missing",
      faults: [expect.objectContaining({ path: "EVERGRANT_ENCRYPTION_KEYS" })],
    });
    expect(await resolve(production)).toEqual({ encryptionKeys: "a:AAAA", apiKey: null, made: [] });
  });

  it("refuses an admin key that can be guessed", async () => {
    await expect(resolve({ ...production, EVERGRANT_API_KEY: "correct-horse-battery-staple" })).rejects.toMatchObject({
      code: "keys_unusable",
    });
  });
});
