/**
 * A rotation of everything a server holds, while it is read and refreshed, by commands that are killed on the way.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { resolveConfig } from "@evergrant/providers";
import type { KeysRetireResult, KeysStatus } from "@evergrant/schema";
import {
  beginRotation,
  createApp,
  generateEncryptionKey,
  migrate,
  openDatabase,
  openVault,
  parseEncryptionKeys,
  readKeysStatus,
  resealRows,
  retireDataKey,
  verifySecrets,
} from "@evergrant/server";
import { z } from "zod";
import { makeFolder, startCommand } from "../evergrant.ts";
import { accessTokenOf, exportedLines, integration, startProvider } from "./provider.ts";
import { type Use, startUsers } from "./users.ts";

export interface Plan {
  readonly connections: number;
  /** A command is killed as soon as it has told of so many rows; then the next one begins. */
  readonly killAtRows: readonly number[];
  /** How many commands at once bring it to its end. */
  readonly helpers: number;
  /** Between two questions of a reader or refresher, in milliseconds. */
  readonly paceMs: number;
  readonly say?: (line: string) => void;
}

export interface Evidence {
  readonly use: Use;
  readonly importSeconds: number;
  readonly rotationSeconds: number;
  /** Data keys and their rows after each command, and at the end. */
  readonly statuses: readonly KeysStatus[];
  readonly killed: number;
  /** Refresh tokens that were spent twice. */
  readonly reused: number;
  readonly grants: number;
  /** Connections that did not read right after the old key was gone. */
  readonly lost: number;
  readonly retired: boolean;
  /** Why the old key was not retired, and what still needed it. */
  readonly refusal: Pick<KeysRetireResult, "refusal" | "rows">;
  readonly unreadable: number;
}

/** A set younger than a twentieth of its day is not refreshed again: the server's clock is let past that. */
const aheadMs = 2 * 3_600_000;
const progressShape = z.object({ progress: z.object({ done: z.number() }) });

/** Imports, rotates under use, retires the old key, and reads everything once more. */
export async function rotate({ connections, killAtRows, helpers, paceMs, say = () => {} }: Plan): Promise<Evidence> {
  using folder = makeFolder({ integrations: { oauth: { providers: {} } } });
  const env = {
    EVERGRANT_DATABASE_URL: `file:${join(folder.path, "rotation.db")}`,
    EVERGRANT_ENCRYPTION_KEYS: generateEncryptionKey(),
  };
  const keys = parseEncryptionKeys(env.EVERGRANT_ENCRYPTION_KEYS);
  const database = await openDatabase({ url: env.EVERGRANT_DATABASE_URL });
  await migrate(database);
  const provider = startProvider(connections);
  let clockAheadMs = 0;
  const now = () => new Date(Date.now() + clockAheadMs);
  const resolution = await resolveConfig(
    { publicUrl: "http://127.0.0.1:4000", integrations: { oauth: { providers: { acme: integration } } } },
    { environment: {}, development: true },
  );
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.faults));
  const app = await createApp({
    config: resolution.config,
    database,
    keys,
    now,
    fetch: provider.fetch,
    refresher: "none",
    waitUntil: () => {},
  });
  try {
    const importedAt = performance.now();
    const ids: string[] = [];
    const lines = exportedLines(connections, new Date(Date.now() + 86_400_000));
    for await (const { connectionId } of app.importTokens(lines, { dryRun: false, replace: false })) ids.push(connectionId ?? "");
    const importSeconds = (performance.now() - importedAt) / 1000;
    say(`imported ${ids.length} connections in ${importSeconds.toFixed(1)} s`);

    clockAheadMs = aheadMs;
    const users = startUsers(app, ids, provider, paceMs);
    const statuses: KeysStatus[] = [];
    const look = async () => void statuses.push(await readKeysStatus({ database, vault: null }));
    const startedAt = performance.now();
    let killed = 0;
    for (const rows of killAtRows) {
      if (await rotateAndKill(folder.path, env, rows)) killed += 1;
      await look();
      say(`killed after more than ${rows} rows: ${statuses.at(-1)?.remainingRows} to go`);
    }
    const ends = await Promise.all(Array.from({ length: helpers }, () => folder.run(["keys", "rotate", "--resume", "--json"], env)));
    for (const { code, stderr } of ends) if (code !== 0) throw new Error(`keys rotate ended with ${code}: ${stderr}`);
    const rotationSeconds = (performance.now() - startedAt) / 1000;
    await look();
    // One last look for what servers sealed with the old key before they knew the new one.
    const vault = await openVault({ database, keyEncryptionKeys: keys, now: () => new Date() });
    const { dataKeyId } = await beginRotation({ database, vault }, { newKey: "never" });
    const use = await users.stop();
    const { resealed } = await resealRows({ database, vault }, { dataKeyId });
    say(`${resealed} rows had been sealed with the old key meanwhile`);
    await look();

    const old = statuses.at(-1)?.dataKeys.find(({ madeFor, current }) => madeFor === "sealing" && !current);
    const { retired, refusal, rows } = await retireDataKey({ database, vault, now }, { id: old?.id ?? "", endLinks: true });
    const { unreadable } = await verifySecrets({ database, vault });
    const caller = app.caller({ id: "rotation", permissions: ["admin"] });
    let lost = 0;
    for (const [index, connectionId] of ids.entries()) {
      const answer = await caller.tokens.get({ connectionId });
      if (answer.status !== "active" || answer.accessToken !== accessTokenOf(index, provider.at(index))) lost += 1;
    }
    await look();
    const { reused, grants } = provider;
    const counts = { killed, reused: reused(), grants: grants(), lost, retired, refusal: { refusal, rows }, unreadable: unreadable.length };
    return { use, importSeconds, rotationSeconds, statuses, ...counts };
  } finally {
    await app.close();
    database.close();
  }
}

/** Runs `keys rotate` until it tells of `rows` rows, and kills it there; false where it was done before. */
async function rotateAndKill(cwd: string, env: Readonly<Record<string, string>>, rows: number): Promise<boolean> {
  const child = startCommand(["keys", "rotate", "--json"], { cwd, env });
  const exit = once(child, "exit");
  for await (const line of createInterface(child.stderr)) {
    const told = progressShape.safeParse(JSON.parse(line));
    if (told.success && told.data.progress.done >= rows) child.kill("SIGKILL");
  }
  await exit;
  return child.signalCode === "SIGKILL";
}
