import { eq } from "drizzle-orm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ciphertext } from "../src/ciphertext.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { accessTokens, refreshTokens } from "../src/tables.ts";
import { openVault, places } from "../src/vault.ts";
import { type Started, present, start, testKeys } from "./start.ts";

/** As `told` has it where the first alone is damaged. */
const firstAlone = ["secret_unreadable", "active", "active", "active"];

type Table = typeof accessTokens | typeof refreshTokens;

async function sealedIn({ database }: Started, table: Table, connectionId: string): Promise<Ciphertext> {
  const [row] = await database.orm.select().from(table).where(eq(table.connectionId, connectionId));
  return present(row).token;
}

/** Puts bytes into a row as a disk or an intruder would: past the vault, and past the triggers that keep its promises. */
async function put({ database }: Started, table: Table, connectionId: string, bytes: Uint8Array): Promise<void> {
  await database.orm
    .update(table)
    .set({ token: bytes as Ciphertext })
    .where(eq(table.connectionId, connectionId));
}

async function withoutTriggers({ database }: Started): Promise<void> {
  const triggers = await database.orm.all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%tokens_token_%'",
  );
  expect(triggers).toHaveLength(4);
  for (const { name } of triggers) await database.orm.run(`DROP TRIGGER ${name}`);
}

/** Three subjects; what is done to the first must not be felt by the others. */
async function three(evergrant: Started) {
  const [alice, bob, carol] = [await evergrant.connect("alice"), await evergrant.connect("bob"), await evergrant.connect("carol")];
  return { alice, bob, carol };
}
const read = ({ api }: Started, connectionId: string) => api.tokens.get.query({ connectionId });

describe("a damaged ciphertext is secret_unreadable for its connection alone", () => {
  it.each([
    ["swapped with another connection's", (evergrant: Started, ids: Ids) => sealedIn(evergrant, accessTokens, ids.bob)],
    ["of the refresh token's column", (evergrant: Started, ids: Ids) => sealedIn(evergrant, refreshTokens, ids.alice)],
    ["cut short", async (evergrant: Started, ids: Ids) => (await sealedIn(evergrant, accessTokens, ids.alice)).slice(0, -1)],
    ["cut to its header", async (evergrant: Started, ids: Ids) => (await sealedIn(evergrant, accessTokens, ids.alice)).slice(0, 13)],
    ["of nothing", async () => new Uint8Array()],
    ["lengthened", async (evergrant: Started, ids: Ids) => Uint8Array.of(...(await sealedIn(evergrant, accessTokens, ids.alice)), 0)],
    [
      "with a bit of its tag flipped",
      async (evergrant: Started, ids: Ids) => flipped(await sealedIn(evergrant, accessTokens, ids.alice), -1),
    ],
    [
      "with a bit of its IV flipped",
      async (evergrant: Started, ids: Ids) => flipped(await sealedIn(evergrant, accessTokens, ids.alice), 13),
    ],
    [
      "with a bit of its version flipped",
      async (evergrant: Started, ids: Ids) => flipped(await sealedIn(evergrant, accessTokens, ids.alice), 0),
    ],
    [
      "with a bit of its data key's id flipped",
      async (evergrant: Started, ids: Ids) => flipped(await sealedIn(evergrant, accessTokens, ids.alice), 4),
    ],
  ])("an access token %s", async (_name, damaged) => {
    await using evergrant = await start();
    const ids = await three(evergrant);
    const bytes = await damaged(evergrant, ids);
    await withoutTriggers(evergrant);
    await put(evergrant, accessTokens, ids.alice, bytes);
    expect(await told(evergrant, ids)).toEqual(firstAlone);
  });

  it("an access token of an older generation, put back after a refresh", async () => {
    await using evergrant = await start();
    const ids = await three(evergrant);
    const old = await sealedIn(evergrant, accessTokens, ids.alice);
    evergrant.clock.advance(61_000);
    expect(await read(evergrant, ids.alice)).toMatchObject({ status: "active", generation: 2 });
    await put(evergrant, accessTokens, ids.alice, old);
    expect(await told(evergrant, ids)).toEqual(firstAlone);
  });

  it("a refresh token of an older generation is never sent anywhere, and its connection says why", async () => {
    await using evergrant = await start();
    const ids = await three(evergrant);
    const old = await sealedIn(evergrant, refreshTokens, ids.alice);
    evergrant.clock.advance(61_000);
    expect(await read(evergrant, ids.alice)).toMatchObject({ status: "active", generation: 2 });
    await put(evergrant, refreshTokens, ids.alice, old);
    evergrant.clock.advance(61_000);
    const grants = evergrant.sandbox.grants("refresh_token").length;
    expect(await read(evergrant, ids.alice)).toMatchObject({ status: "reauthorization_required", reason: "secret_unreadable" });
    expect(evergrant.sandbox.grants("refresh_token")).toHaveLength(grants);
    for (const id of [ids.bob, ids.carol]) expect(await read(evergrant, id)).toMatchObject({ status: "active" });
  });

  it("is mended by the link that the answer brings", async () => {
    await using evergrant = await start();
    const ids = await three(evergrant);
    await put(evergrant, accessTokens, ids.alice, flipped(await sealedIn(evergrant, accessTokens, ids.alice), -1));
    const answer = await read(evergrant, ids.alice);
    if (answer.status !== "reauthorization_required") throw new Error(answer.status);
    await evergrant.browser().open(answer.authorizeUrl);
    expect(await read(evergrant, ids.alice)).toMatchObject({ status: "active" });
  });

  it("whatever the damage: random flips, cuts, splices and bytes, none read as a token, none felt elsewhere", async () => {
    await using evergrant = await start();
    const ids = await three(evergrant);
    const whole = await sealedIn(evergrant, accessTokens, ids.alice);
    const other = await sealedIn(evergrant, accessTokens, ids.bob);
    await withoutTriggers(evergrant);
    const position = fc.nat({ max: whole.length - 1 });
    const damaged = fc.oneof(
      fc.uniqueArray(fc.nat({ max: whole.length * 8 - 1 }), { minLength: 1, maxLength: 4 }).map((bits) => {
        const bytes = Uint8Array.from(whole);
        for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return bytes;
      }),
      position.map((length) => whole.slice(0, length)),
      position.map((at) => Uint8Array.of(...whole.slice(0, at), ...other.slice(at))).filter((bytes) => !Buffer.from(bytes).equals(whole)),
      fc
        .tuple(position, fc.uint8Array({ minLength: 1, maxLength: 20 }))
        .map(([at, more]) => Uint8Array.of(...whole.slice(0, at), ...more, ...whole.slice(at))),
      fc.uint8Array({ maxLength: 100 }),
    );
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        tried += 1;
        await put(evergrant, accessTokens, ids.alice, bytes);
        expect(await read(evergrant, ids.alice)).toMatchObject({ status: "reauthorization_required", reason: "secret_unreadable" });
        expect(await read(evergrant, ids.bob)).toMatchObject({ status: "active" });
      }),
      { numRuns: 300 },
    );
    await put(evergrant, accessTokens, ids.alice, whole);
    expect(await read(evergrant, ids.alice)).toMatchObject({ status: "active", generation: 1 });
    console.info(`damaged ciphertexts tried: ${tried}, read as a token: 0`);
  });

  it("is named by keys verify's reading, by table and row, and keeps its data key from retirement until it is gone", async () => {
    await using evergrant = await start();
    const { database, clock } = evergrant;
    const ids = await three(evergrant);
    await put(evergrant, accessTokens, ids.alice, flipped(await sealedIn(evergrant, accessTokens, ids.alice), -1));
    const { api } = evergrant;
    const before = (await api.keys.status.query()).dataKeys.find(({ current }) => current);
    const rotated = await api.keys.rotate.mutate({});
    const unreadable = [{ table: "access_tokens", column: "token", rowId: ids.alice, code: "secret_unreadable" }];
    expect(rotated).toMatchObject({ added: true, resealed: 5, overtaken: 0, remainingRows: 1, unreadable });
    const oldKey = present(before).id;
    expect(await api.keys.retire.mutate({ id: oldKey, endLinks: true })).toEqual({
      retired: false,
      refusal: "rows",
      rows: [{ table: "access_tokens", column: "token", rows: 1 }],
      linksUntil: expect.any(String),
    });
    // It goes on with the same rotation, and adds a key only where it is told to.
    expect(await api.keys.rotate.mutate({})).toMatchObject({ added: false, dataKeyId: rotated.dataKeyId, resealed: 0 });

    await api.connections.disconnect.mutate({ connectionId: ids.alice });
    expect(await api.keys.rotate.mutate({ newKey: "never" })).toMatchObject({ remainingRows: 0, unreadable: [] });
    const { authorizeUrl } = await api.connections.authorize.mutate({ integration: "sandbox", subject: "dave" });
    expect(await api.keys.retire.mutate({ id: oldKey })).toMatchObject({ retired: false, refusal: "links" });
    clock.advance(24 * 3_600_000 + 10_000);
    expect(await api.keys.retire.mutate({ id: oldKey })).toMatchObject({ retired: true, refusal: null });
    expect((await database.orm.all("SELECT id FROM data_keys")).length).toBe(2);
    expect(authorizeUrl).toContain("/connect/");
    for (const id of [ids.bob, ids.carol]) expect(await read(evergrant, id)).toMatchObject({ status: "active" });
  });

  it("a link that a retired key sealed is a dead link, told like any other", async () => {
    await using evergrant = await start();
    const { api } = evergrant;
    const { authorizeUrl } = await api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
    const before = (await api.keys.status.query()).dataKeys.find(({ current }) => current);
    await api.keys.rotate.mutate({});
    await api.keys.retire.mutate({ id: present(before).id, endLinks: true });
    const { response } = await evergrant.browser().open(authorizeUrl);
    expect(response?.status).toBe(400);
    const { authorizeUrl: fresh } = await api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
    expect((await evergrant.browser().open(fresh)).response?.status).toBe(200);
  });

  it("a process that slept through a rotation and a retirement stores its next refresh all the same", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const sleeper = await evergrant.another();
    const vault = await openVault({
      database: evergrant.database,
      keyEncryptionKeys: parseEncryptionKeys(testKeys),
      now: evergrant.clock.now,
    });
    const held = evergrant.sandbox.hold("refresh", "after");
    evergrant.clock.advance(61_000);
    const answer = sleeper.caller({ id: "sleeper", permissions: ["admin"] }).tokens.get({ connectionId });
    await held.arrived;
    // While its grant is under way, with the old key in its hand.
    const before = (await evergrant.api.keys.status.query()).dataKeys.find(({ current }) => current);
    await evergrant.api.keys.rotate.mutate({});
    expect(await evergrant.api.keys.retire.mutate({ id: present(before).id, endLinks: true })).toMatchObject({ retired: true });
    held.release();
    expect(await answer).toMatchObject({ status: "active", generation: 2 });
    await vault.ring.reload();
    const sealed = await sealedIn(evergrant, refreshTokens, connectionId);
    expect(vault.open(sealed, places.refreshToken(connectionId, 2))).toMatch(/./);
    await sleeper.close();
  });
});

type Ids = Awaited<ReturnType<typeof three>>;

/** What reads say of all three, and what is stored of the first: unreadable is a judgement of a reading, and no stored state. */
async function told(evergrant: Started, { alice, bob, carol }: Ids): Promise<string[]> {
  const answers = await Promise.all([alice, bob, carol].map((id) => read(evergrant, id)));
  const stored = await evergrant.api.connections.get.query({ connectionId: alice });
  return [...answers.map((answer) => ("reason" in answer ? answer.reason : answer.status)), stored.status];
}

function flipped(sealed: Uint8Array, at: number): Uint8Array {
  const bytes = Uint8Array.from(sealed);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes;
}
