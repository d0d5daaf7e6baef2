/**
 * One torture: a connection at expiry, callers in several processes, the trouble of the plan, and afterwards the time and calm in which
 * a sound engine recovers. What it gathers is judged by `invariants.ts`.
 */
import type { EvergrantEvent, TokenAnswer } from "@evergrant/schema";
import type { GrantRecord, LivingGrant } from "@evergrant/sandbox";
import { parseEncryptionKeys } from "../../src/encryption-keys.ts";
import { pause } from "../../src/single-flight.ts";
import { readSchedule } from "../../src/leases-store.ts";
import { readTokenSets } from "../../src/token-set-reads-store.ts";
import { readSealedTokens } from "../../src/token-sets-store.ts";
import { openVault, places } from "../../src/vault.ts";
import { type Started, present, sandboxIntegration, start, testKeys } from "../start.ts";
import { fingerprintOf } from "./gates.ts";
import type { OpenSettings, Reading } from "./messages.ts";
import { type Plan, faultsOf, leaseMs } from "./plan.ts";
import type { ProcessPool, TorturedProcess } from "./processes.ts";
import { makeTrouble } from "./trouble.ts";

/** What is known when a torture is over. */
export interface Evidence {
  readonly plan: Plan;
  readonly readings: readonly Reading[];
  readonly processes: readonly Pick<TorturedProcess, "journal" | "absences">[];
  readonly grants: readonly GrantRecord[];
  /** What works at the provider in the end. */
  readonly living: readonly LivingGrant[];
  /** Of the refresh token stored in the end; null where there is none. */
  readonly storedRefreshToken: string | null;
  /** What a caller got when all was calm, and what one got after that token's expiry. */
  readonly settled: TokenAnswer | null;
  readonly renewed: TokenAnswer | null;
  /** The resource server's status for the last token answered. */
  readonly resourceStatus: number | null;
  /** The rows when all was calm, and in the end. */
  readonly atRest: Snapshot;
  readonly atEnd: Snapshot;
  /** When the first access token ends, on the world's clock. */
  readonly first: { readonly accessToken: string; readonly goodUntilMs: number };
}

/** A connection as its rows and events tell it. */
export interface Snapshot {
  readonly status: string;
  readonly reason: string | null;
  readonly generation: number;
  readonly leaseOwner: string | null;
  readonly events: readonly EvergrantEvent[];
}

/** What trouble may reach. */
export interface Scene {
  readonly plan: Plan;
  readonly evergrant: Started;
  readonly connectionId: string;
  readonly processes: readonly TorturedProcess[];
}

const lifetimeSeconds = 600;
/** How long before its expiry a token of `due` is: past its margin, with longer to live than the last try is put off. */
const dueBeforeExpiryMs = 45_000;
const timing = { leaseMs, leaseRenewalMs: 300, patienceMs: 20_000, pollFromMs: 20, pollToMs: 100 };

/** Carries a plan out. */
export async function torture(plan: Plan, pool: ProcessPool): Promise<Evidence> {
  await using evergrant = await start({
    sandbox: { rotation: plan.rotation, accessTokenLifetimeSeconds: lifetimeSeconds },
    config: (sandbox) => ({ providers: { sandbox: integrationFor(plan, sandboxIntegration(sandbox), sandbox) } }),
  });
  const { sandbox, clock } = evergrant;
  const connectionId = await evergrant.connect("alice");
  const first = present((await readTokenSets(evergrant.database, { connectionId }))[0]?.accessToken);
  const expiresAt = present(first.expiresAt);
  const vault = await openVault({ database: evergrant.database, keyEncryptionKeys: parseEncryptionKeys(testKeys), now: clock.now });
  clock.advanceTo(new Date(expiresAt.getTime() - (plan.token === "due" ? dueBeforeExpiryMs : 0)));
  const firstToken = fingerprintOf(vault.open(first.token, places.accessToken(connectionId, 1)));

  const processes = await Promise.all(Array.from({ length: plan.processes }, () => pool.take()));
  try {
    await Promise.all(processes.map((process, index) => process.perform({ do: "open", settings: settingsFor(plan, evergrant, index) })));
    sandbox.faults.add(...faultsOf(plan));
    const scene: Scene = { plan, evergrant, connectionId, processes };
    const trouble = makeTrouble(scene);
    const asked = processes.map((process) => process.perform({ do: "read", connectionId, callers: plan.callers }).catch(() => []));
    await trouble;
    const readings = (await Promise.all(asked)).flat();
    sandbox.faults.clear();
    if (plan.answers !== "whole") sandbox.faults.add({ on: "refresh", kind: plan.answers, times: "always" });

    const settled = await settle(scene, readings);
    const atRest = await snapshotOf(scene);
    const renewed = settled?.status === "active" ? await renew(scene, settled, readings) : null;
    const last = renewed ?? settled;
    const sealed = await readSealedTokens(evergrant.database, connectionId);
    return {
      plan,
      readings,
      processes,
      grants: sandbox.grants("refresh_token"),
      living: sandbox.livingGrants(),
      storedRefreshToken:
        sealed.refreshToken === null || sealed.generation === null
          ? null
          : fingerprintOf(await vault.openOrReload(sealed.refreshToken, places.refreshToken(connectionId, sealed.generation))),
      settled,
      renewed,
      resourceStatus: last?.status === "active" ? await resourceStatusFor(sandbox.resourceUrl, last.accessToken) : null,
      atRest,
      atEnd: await snapshotOf(scene),
      first: { accessToken: firstToken, goodUntilMs: expiresAt.getTime() },
    };
  } finally {
    for (const process of processes) {
      if (process.isAlive()) await process.perform({ do: "close" });
      pool.giveBack(process);
    }
  }
}

/** Reads until the connection is at rest: first in real time alone, then with the clock moving, as callers would over minutes. */
async function settle(scene: Scene, readings: Reading[]): Promise<TokenAnswer | null> {
  const { evergrant, connectionId } = scene;
  for (let round = 0; round < 30; round += 1) {
    for (const process of living(scene)) readings.push(...(await process.perform({ do: "read", connectionId, callers: 1 })));
    const answer = readings.at(-1)?.answer ?? null;
    const schedule = present(await readSchedule(evergrant.database, connectionId));
    const isDue = schedule.dueAt !== null && schedule.dueAt <= evergrant.clock.now();
    // A request still out would be answered under a clock that has jumped.
    const isAtRest = living(scene).every(isQuiet) && (schedule.state === "ended" || (schedule.leaseOwner === null && !isDue));
    // A due token is handed out and renewed behind it, so that the answer may be of the generation before.
    const isOld = answer?.status === "active" && (answer.stale || answer.generation !== schedule.generation);
    if (isAtRest && answer?.status !== "unavailable" && !isOld) return answer;
    if (round < 12) await pause(leaseMs / 4);
    else await advance(scene, 10_000);
  }
  return readings.at(-1)?.answer ?? null;
}

/**
 * What a connection is worth shows at its next expiry: only a living refresh token brings another token. Where no expiry is known, an
 * attempt that fails in passing is answered with the old token, marked as stale; a caller would ask again.
 */
async function renew(scene: Scene, settled: Extract<TokenAnswer, { status: "active" }>, readings: Reading[]): Promise<TokenAnswer | null> {
  const { connectionId } = scene;
  const deed =
    settled.expiresAt === null
      ? ({ do: "refresh", connectionId, ifGeneration: settled.generation } as const)
      : ({ do: "read", connectionId, callers: 1 } as const);
  await advance(scene, (lifetimeSeconds + 60) * 1000);
  for (let round = 0; ; round += 1) {
    const [reading] = await present(living(scene)[0]).perform(deed);
    if (reading !== undefined) readings.push(reading);
    const answer = reading?.answer ?? null;
    if (round === 5 || answer?.status !== "active" || !answer.stale) return answer;
    await advance(scene, 10_000);
  }
}

async function snapshotOf({ evergrant, connectionId }: Scene): Promise<Snapshot> {
  const { connection } = present((await readTokenSets(evergrant.database, { connectionId }))[0]);
  const schedule = present(await readSchedule(evergrant.database, connectionId));
  const { events } = await evergrant.api.events.list.query({ limit: 100 });
  return { status: connection.status, reason: connection.reason, generation: schedule.generation, leaseOwner: schedule.leaseOwner, events };
}

async function advance(scene: Scene, ms: number): Promise<void> {
  scene.evergrant.clock.advance(ms);
  const aheadMs = aheadOf(scene.evergrant);
  await Promise.all(living(scene).map((process) => process.perform({ do: "set clock", aheadMs })));
}

function living({ processes }: Scene): TorturedProcess[] {
  return processes.filter((process) => process.isAlive());
}

function isQuiet({ journal }: TorturedProcess): boolean {
  const count = (what: string) => journal.filter((entry) => entry.what === what).length;
  return count("sent") === count("answered");
}

function aheadOf({ clock }: Started): number {
  return clock.now().getTime() - Date.now();
}

function settingsFor(plan: Plan, evergrant: Started, index: number): OpenSettings {
  const { trouble } = plan;
  const gates = ["before lease", "leased", "before send", "answered", "committed"] as const;
  return {
    databaseUrl: evergrant.folder.databaseUrl(),
    keys: testKeys,
    config: {
      publicUrl: evergrant.publicUrl,
      integrations: { oauth: { providers: { sandbox: integrationFor(plan, sandboxIntegration(evergrant.sandbox), evergrant.sandbox) } } },
    },
    timing,
    aheadMs: aheadOf(evergrant),
    skewMs: trouble.kind === "clocks apart" ? (trouble.minutes[index] ?? 0) * 60_000 : 0,
    jumpMs: trouble.kind === "clocks apart" ? trouble.jumpMinutes * 60_000 : 0,
    gate: "step" in trouble ? (gates.find((gate) => gate === trouble.step) ?? null) : null,
    // Each process's first such write; the others' are spoilt too if it comes to that.
    writeFault: trouble.kind === "write fault" ? trouble.fault : null,
  };
}

/** The sandbox as it rotates under this plan; the catalogue's entry is the strict one. */
function integrationFor(
  { rotation }: Plan,
  strict: ReturnType<typeof sandboxIntegration>,
  sandbox: Started["sandbox"],
): ReturnType<typeof sandboxIntegration> {
  if (rotation === "strict") return strict;
  return {
    ...strict,
    parameters: undefined,
    provider: {
      issuer: sandbox.issuer,
      authorizationEndpoint: sandbox.authorizationEndpoint,
      tokenEndpoint: sandbox.tokenEndpoint,
      revocation: { endpoint: sandbox.revocationEndpoint, ends: "grant" },
      rotation: rotation === "grace" ? { mode: "grace", graceSeconds: 30 } : { mode: "none" },
      offlineAccess: { scopes: ["offline_access"], parameters: { prompt: "consent" } },
    },
  };
}

async function resourceStatusFor(url: string, accessToken: string): Promise<number> {
  return (await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } })).status;
}
