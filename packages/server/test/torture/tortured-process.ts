/**
 * One Evergrant as a process that can be stopped at every step of a refresh: a real app on a real file, whose database and fetch are
 * handed in with gates around them.
 *
 * Run by `startTorturedProcess`; serves one torture after the other, and ends with its parent.
 */
import { resolveConfig } from "@evergrant/providers";
import { sql } from "drizzle-orm";
import { type App, createApp } from "../../src/app.ts";
import { type Database, openDatabase } from "../../src/database.ts";
import { openDatabaseClock } from "../../src/database-clock.ts";
import { createGuardedFetch } from "../../src/guarded-fetch.ts";
import { parseEncryptionKeys } from "../../src/encryption-keys.ts";
import { migrate } from "../../src/migrate.ts";
import { gatedDatabase, gatedFetch } from "./gates.ts";
import type { Command, Entry, Gate, Message, OpenSettings, Reading } from "./messages.ts";

interface Opened {
  readonly app: App;
  readonly database: Database;
  readonly closeFetch: () => Promise<void>;
}

const world = { aheadMs: 0 };
/** How far this process's own clock is ahead of the machine's, and by how much it is set when a grant has been sent. */
const ownClock = { skewMs: 0, jumpMs: 0 };
const realMs = Date.now.bind(Date);
globalThis.Date = class extends Date {
  constructor(...parts: [] | [string | number | Date]) {
    super(parts[0] ?? realMs() + ownClock.skewMs);
  }

  static override now(): number {
    return realMs() + ownClock.skewMs;
  }
} as DateConstructor;
const gate: { at: Gate | null; waiting: (() => void)[] } = { at: null, waiting: [] };
let opened: Opened | null = null;

const tell = (message: Message): void => void process.send?.(message);
const worldMs = (): number => realMs() + world.aheadMs;
const note = (entry: Entry): void => {
  tell({ kind: "entry", entry });
  if (entry.what !== "sent") return;
  ownClock.skewMs += ownClock.jumpMs;
  ownClock.jumpMs = 0;
};

async function pass(step: Gate): Promise<void> {
  if (gate.at !== step) return;
  const opening = new Promise<void>((resolve) => gate.waiting.push(resolve));
  tell({ kind: "at gate" });
  await opening;
}

async function open(settings: OpenSettings): Promise<Opened> {
  world.aheadMs = settings.aheadMs;
  gate.at = settings.gate;
  Object.assign(ownClock, { skewMs: settings.skewMs, jumpMs: settings.jumpMs });
  const resolution = await resolveConfig(settings.config, { environment: {}, development: true });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.faults));
  const database = await openDatabase({ url: settings.databaseUrl });
  await migrate(database);
  const fetch = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  const clock = await openDatabaseClock(database);
  const app = await createApp({
    config: resolution.config,
    database: gatedDatabase(database, { pass, note, realMs, writeFault: settings.writeFault }),
    keys: parseEncryptionKeys(settings.keys),
    // As an app that is handed no clock has it, in a world that is ahead.
    now: () => new Date(clock.now().getTime() + world.aheadMs),
    fetch: gatedFetch(fetch, { pass, note, realMs, worldMs }),
    refresher: "none",
    waitUntil: () => {},
    timing: settings.timing,
  });
  return { app, database, closeFetch: fetch.close };
}

async function close({ app, database, closeFetch }: Opened): Promise<void> {
  await app.close();
  await closeFetch();
  database.close();
}

async function perform(command: Command): Promise<readonly Reading[]> {
  if (command.do === "open") {
    opened = await open(command.settings);
    return [];
  }
  if (command.do === "open gate") {
    gate.at = null;
    for (const letGo of gate.waiting.splice(0)) letGo();
    return [];
  }
  if (command.do === "set clock") {
    world.aheadMs = command.aheadMs;
    return [];
  }
  if (opened === null) throw new Error("nothing is open here");
  const { app, database } = opened;
  if (command.do === "close") {
    await close(opened);
    opened = null;
    return [];
  }
  if (command.do === "refresh due") {
    await app.refreshDue({ limit: 50, deadlineMs: 60_000 });
    return [];
  }
  if (command.do === "set read-only") {
    await database.orm.run(sql.raw(`PRAGMA query_only = ${command.on ? 1 : 0}`));
    return [];
  }
  const caller = app.caller({ id: "torture", permissions: ["tokens:read"] });
  const { connectionId } = command;
  if (command.do === "refresh")
    return [await readingOf(connectionId, caller.tokens.refresh({ connectionId, ifGeneration: command.ifGeneration }))];
  return Promise.all(Array.from({ length: command.callers }, () => readingOf(connectionId, caller.tokens.get({ connectionId }))));
}

async function readingOf(connectionId: string, asked: Promise<Reading["answer"]>): Promise<Reading> {
  try {
    const answer = await asked;
    return { connectionId, answer, error: null, worldMs: worldMs() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { connectionId, answer: null, error: code, worldMs: worldMs() };
  }
}

process.on("message", (message) => {
  const command = message as Command;
  perform(command).then(
    (readings) => tell({ kind: "done", id: command.id, readings }),
    (error: unknown) =>
      tell({ kind: "failed", id: command.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.once("disconnect", () => process.exit());
tell({ kind: "ready" });
