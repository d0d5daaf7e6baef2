/**
 * One Evergrant as a process of its own, steered over IPC: what the specs kill, stop and set against another.
 *
 * Run by `startServerProcess`; ends with its parent.
 */
import { type ResolvedConfig, resolveConfig } from "@evergrant/providers";
import { createApp } from "../src/app.ts";
import type { Timing } from "../src/authority.ts";
import { openDatabase } from "../src/database.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { migrate } from "../src/migrate.ts";

/** What the parent sends first. */
export interface ProcessSettings {
  readonly databaseUrl: string;
  readonly keys: string;
  /** As `resolveConfig` takes it. */
  readonly config: object;
  readonly timing: Partial<Timing>;
  /** How far this process's clock is ahead. */
  readonly clockAheadMs: number;
}

/** One command: `callers` reads of one connection at once. */
export interface ReadCommand {
  readonly id: number;
  readonly connectionId: string;
  readonly callers: number;
}

async function configOf(settings: ProcessSettings): Promise<ResolvedConfig> {
  const resolution = await resolveConfig(settings.config, { environment: {}, development: true });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.faults));
  return resolution.config;
}

async function serve(settings: ProcessSettings): Promise<void> {
  const database = await openDatabase({ url: settings.databaseUrl });
  await migrate(database);
  const app = await createApp({
    config: await configOf(settings),
    database,
    keys: parseEncryptionKeys(settings.keys),
    now: () => new Date(Date.now() + settings.clockAheadMs),
    refresher: "none",
    waitUntil: () => {},
    timing: settings.timing,
  });
  const caller = app.caller({ id: "process", permissions: ["tokens:read"] });
  process.on("message", (message) => {
    const { id, connectionId, callers } = message as ReadCommand;
    void Promise.all(Array.from({ length: callers }, () => caller.tokens.get({ connectionId }))).then(
      (answers) => process.send?.({ id, answers }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    );
  });
  process.send?.({ ready: true });
}

process.once("message", (settings) => void serve(settings as ProcessSettings));
process.once("disconnect", () => process.exit());
