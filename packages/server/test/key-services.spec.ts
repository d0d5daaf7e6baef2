import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { awsKmsKey } from "../src/aws-kms-key.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { type KeyEncryptionKey, generateEncryptionKey } from "../src/key-encryption-key.ts";
import { vaultTransitKey } from "../src/vault-transit-key.ts";
import { arnOf, credentials, fault, startAwsKms } from "./aws-kms.ts";
import { type KeyService, startKeyService } from "./key-service.ts";
import { start } from "./start.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { startVaultTransit } from "./vault-transit.ts";

const dataKey = new Uint8Array(32).fill(7);
const context = "evergrant/1/data_keys/0123456789abcdef";
const token = "a-vault-token-for-this-test";

/** Long enough for a busy machine; where a deadline is to pass, it is `briefMs`. */
const patientMs = 20_000;
const briefMs = 200;

function awsKey(kms: KeyService, keyId = "one", deadlineMs = patientMs): KeyEncryptionKey {
  return awsKmsKey({ keyArn: arnOf(keyId), endpoint: kms.url, credentials, deadlineMs });
}
function vaultKey(vault: KeyService, key = "transit/evergrant", deadlineMs = patientMs): KeyEncryptionKey {
  return vaultTransitKey({ key, address: vault.url, token: { text: token }, deadlineMs });
}

describe("a key of AWS KMS", () => {
  it("wraps a data key, and unwraps it under the same context and key alone", async () => {
    await using kms = await startAwsKms("one", "two");
    const key = awsKey(kms);
    expect(key.id).toBe(`awskms:${arnOf("one")}`);
    const wrapped = await key.wrap(dataKey, context);
    expect(Buffer.from(wrapped).includes(Buffer.from(dataKey))).toBe(false);
    expect(await key.unwrap(wrapped, context)).toEqual(dataKey);
    expect(kms.requests).toEqual(["TrentService.Encrypt", "TrentService.Decrypt"]);
    await expect(key.unwrap(wrapped, `${context}0`)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining("InvalidCiphertextException"),
    });
    await expect(awsKey(kms, "two").unwrap(wrapped, context)).rejects.toThrow("IncorrectKeyException");
    await expect(awsKey(kms, "three").unwrap(wrapped, context)).rejects.toThrow("NotFoundException");
  });

  it("says which refusals to wait out, tries a throttled request once more, and repeats no word of AWS's", async () => {
    await using kms = await startAwsKms("one");
    const key = awsKey(kms);
    const wrapped = await key.wrap(dataKey, context);
    kms.failNext(fault("ThrottlingException"));
    expect(await key.unwrap(wrapped, context)).toEqual(dataKey);
    for (const [name, status, code] of [
      ["KMSInternalException", 500, "key_service_out_of_reach"],
      ["ThrottlingException", 400, "key_service_out_of_reach"],
      ["KMSInvalidStateException", 400, "key_service_out_of_reach"],
      ["ExpiredTokenException", 400, "key_service_out_of_reach"],
      ["AccessDeniedException", 400, "key_unavailable"],
    ] as const) {
      kms.failNext(fault(name, status), fault(name, status));
      const failure = await key.unwrap(wrapped, context).catch((error: unknown) => error);
      // A refusal is asked once, so the second answer is still to come.
      if (code === "key_unavailable" || name.startsWith("KMSInvalid") || name.startsWith("Expired"))
        await key.unwrap(wrapped, context).catch(() => {});
      expect(failure, name).toMatchObject({ code, message: expect.stringContaining(name) });
      expect(String(failure)).not.toContain("in words");
    }
    kms.disable("one");
    await expect(key.wrap(dataKey, context)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining("DisabledException"),
    });
    kms.enable("one");
    expect(await key.unwrap(wrapped, context)).toEqual(dataKey);
  });

  it("does not hang with a KMS: a deadline ends what nobody answers, and nobody listening is out of reach", async () => {
    await using kms = await startAwsKms("one");
    const key = awsKey(kms);
    const wrapped = await key.wrap(dataKey, context);
    kms.failNext(null);
    await expect(awsKey(kms, "one", briefMs).unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    await kms.stop();
    await expect(key.unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    await kms.resume();
    expect(await key.unwrap(wrapped, context)).toEqual(dataKey);
  });

  it("follows no redirect with what it has signed", async () => {
    await using kms = await startAwsKms("one");
    await using elsewhere = await startKeyService(
      ({ path }) => path,
      () => ({ status: 200, body: {} }),
    );
    const key = awsKey(kms);
    kms.failNext({ status: 307, body: {}, headers: { location: `${elsewhere.url}/` } });
    await expect(key.wrap(dataKey, context)).rejects.toThrow("AWS KMS");
    expect(elsewhere.requests).toEqual([]);
  });
});

describe("a key of Vault Transit", () => {
  it("wraps a data key, and unwraps it under the same context alone, also after the key was rotated there", async () => {
    await using vault = await startVaultTransit({ token });
    const key = vaultKey(vault);
    const wrapped = await key.wrap(dataKey, context);
    expect(Buffer.from(wrapped).toString()).toMatch(/^vault:v1:/);
    vault.rotate();
    expect(await key.unwrap(wrapped, context)).toEqual(Buffer.from(dataKey));
    expect(Buffer.from(await key.wrap(dataKey, context)).toString()).toMatch(/^vault:v2:/);
    await expect(key.unwrap(wrapped, `${context}0`)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining("did not wrap this data key"),
    });
    await expect(key.unwrap(Buffer.from("nonsense"), context)).rejects.toMatchObject({ code: "key_unavailable" });
    await expect(vaultKey(vault, "transit/other").unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_unavailable" });
    await expect(vaultKey(vault, "elsewhere/evergrant").unwrap(wrapped, context)).rejects.toThrow("no such engine");
  });

  it("is refused where Vault is too old to authenticate the context", async () => {
    await using vault = await startVaultTransit({ token, authenticates: false });
    await expect(vaultKey(vault).wrap(dataKey, context)).rejects.toMatchObject({ code: "encryption_keys_invalid" });
  });

  it("waits out a sealed, overloaded, silent, absent or standby Vault, and says what to mend where it refuses", async () => {
    await using vault = await startVaultTransit({ token });
    const key = vaultKey(vault);
    const wrapped = await key.wrap(dataKey, context);
    vault.seal();
    await expect(key.unwrap(wrapped, context)).rejects.toMatchObject({
      code: "key_service_out_of_reach",
      message: expect.stringContaining("503"),
    });
    vault.unseal();
    for (const answer of [
      { status: 429, body: { errors: [] } },
      { status: 307, body: {}, headers: { location: "http://127.0.0.1:1/" } },
      { status: 200, body: { data: {} } },
      { status: 200, body: "not what was asked for" },
    ]) {
      vault.failNext(answer);
      await expect(key.unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    }
    vault.failNext(null);
    const hasty = vaultKey(vault, "transit/evergrant", briefMs);
    await expect(hasty.unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    await vault.stop();
    await expect(key.unwrap(wrapped, context)).rejects.toMatchObject({ code: "key_service_out_of_reach" });
    await vault.resume();
    vault.renewToken("another-token");
    await expect(key.unwrap(wrapped, context)).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining("token has expired"),
    });
  });

  it("reads its token anew from a file, as a Vault Agent keeps one, and from none that others may read", async () => {
    await using vault = await startVaultTransit({ token });
    await using folder = await temporaryFolder();
    const file = join(folder.path, "token");
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    const [key] = parseEncryptionKeys("vault:transit/evergrant", { VAULT_ADDR: vault.url, VAULT_TOKEN_FILE: file });
    const wrapped = (await key?.wrap(dataKey, context)) ?? new Uint8Array();
    vault.renewToken("another-token");
    await writeFile(file, "another-token\n");
    expect(await key?.unwrap(wrapped, context)).toEqual(Buffer.from(dataKey));
    await chmod(file, 0o644);
    await expect(key?.unwrap(wrapped, context)).rejects.toMatchObject({
      code: "key_service_out_of_reach",
      message: expect.stringContaining("chmod 600"),
    });
  });
});

describe("a server whose keys a KMS keeps", () => {
  it("starts without it, says key_unavailable for what it needs, serves everything else, and recovers by itself", async () => {
    await using kms = await startAwsKms("one");
    await using evergrant = await start({ app: { keys: [awsKey(kms)] } });
    const connectionId = await evergrant.connect("alice");
    const asked = kms.requests.length;
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active" });
    expect(kms.requests.length).toBe(asked); // nothing is asked of the KMS for a token

    await kms.stop();
    // What runs goes on, through a refresh too.
    evergrant.clock.advance(61_000);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });

    const restarted = await evergrant.another();
    const caller = restarted.caller({ id: "test", permissions: ["admin"] });
    expect(await caller.tokens.get({ connectionId })).toMatchObject({ status: "unavailable", reason: "key_unavailable" });
    expect(await caller.connections.get({ connectionId })).toMatchObject({ status: "active" });
    await expect(caller.connections.authorize({ integration: "sandbox", subject: "bob" })).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
    });
    expect(evergrant.logged.join("\n")).toContain("some data keys do not open");
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ status: "active" });

    await kms.resume();
    evergrant.clock.advance(15_000);
    expect(await caller.tokens.get({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect((await caller.connections.authorize({ integration: "sandbox", subject: "bob" })).authorizeUrl).toContain("/connect/");
    await restarted.close();
  });

  it("does not start where the KMS refuses for good, and names the error", async () => {
    await using kms = await startAwsKms("one");
    await using evergrant = await start({ app: { keys: [awsKey(kms)] } });
    kms.disable("one");
    await expect(evergrant.another()).rejects.toMatchObject({
      code: "key_unavailable",
      message: expect.stringContaining("DisabledException"),
    });
  });

  it("moves from a local key to Vault and on to AWS without touching a row", async () => {
    await using vault = await startVaultTransit({ token });
    await using kms = await startAwsKms("one");
    const list = generateEncryptionKey("local");
    await using evergrant = await start({ app: { keys: parseEncryptionKeys(list) } });
    const connectionId = await evergrant.connect("alice");
    const before = await evergrant.database.orm.all("SELECT hex(token) AS token FROM access_tokens");
    const { openVault } = await import("../src/vault.ts");
    let last: KeyEncryptionKey | undefined = parseEncryptionKeys(list)[0];
    for (const next of [vaultKey(vault), awsKey(kms)]) {
      const keys = last === undefined ? [next] : [next, last];
      const { ring } = await openVault({ database: evergrant.database, keyEncryptionKeys: keys, now: evergrant.clock.now });
      expect((await ring.rewrap("others")).rewrapped).toHaveLength(2);
      last = next;
    }
    const moved = await evergrant.another({ keys: [awsKey(kms)] });
    expect(await moved.caller({ id: "test", permissions: ["admin"] }).tokens.get({ connectionId })).toMatchObject({ status: "active" });
    expect(await evergrant.database.orm.all("SELECT hex(token) AS token FROM access_tokens")).toEqual(before);
    await moved.close();
  });
});
