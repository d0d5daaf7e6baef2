/**
 * What must hold after every torture, whatever was done.
 */
import type { TokenAnswer } from "@evergrant/schema";
import { fingerprintOf } from "./gates.ts";
import { mayLoseGrant } from "./plan.ts";
import type { Evidence } from "./scene.ts";

/** An invariant by its number and name, with what was seen instead. */
export interface Break {
  readonly invariant: keyof typeof invariants;
  readonly seen: string;
}

/** Each returns what it saw amiss. */
const invariants = {
  "one grant at a time for a refresh token, while its sender lives": grantsAtOnce,
  "no refresh token is spent again once its successor is stored": spentAgain,
  "the newest living refresh token is the stored one, and a connection without one says why": newestIsStored,
  "no grant is lost where it could be kept": lostGrants,
  "no expired token was answered": expiredAnswers,
  "every connection ends active, or in a reason that has a name": ends,
  "no event is lost or doubled": events,
  "what events tell is what the row says": eventsTellStatus,
  "one generation is one access token for everybody": oneTokenPerGeneration,
  "every caller got an answer": callers,
} as const satisfies Record<string, (evidence: Evidence) => readonly string[]>;

/** Events that each tell of one new generation. */
const moving = new Set<string>(["connection.created", "connection.refreshed", "connection.reauthorized", "connection.disconnected"]);

/** Judges a torture; nothing is returned where all holds. */
export function breaksIn(evidence: Evidence): Break[] {
  return Object.entries(invariants).flatMap(([invariant, judge]) =>
    judge(evidence).map((seen) => ({ invariant: invariant as Break["invariant"], seen })),
  );
}

/** The state that a connection ended in. */
export function finalStateOf({ atEnd }: Evidence): string {
  return atEnd.reason ?? atEnd.status;
}

interface Sending {
  readonly process: number;
  readonly refreshToken: string;
  readonly fromMs: number;
  /** Until what it brought was stored, or it had failed, or its process was gone or paused. */
  readonly toMs: number;
}

function sendingsIn({ processes }: Evidence): Sending[] {
  return processes
    .flatMap(({ journal, absences }, process) =>
      journal.flatMap((entry, index) => {
        if (entry.what !== "sent") return [];
        // One connection flies once at a time in a process: what comes after its next sending is not of this one.
        const next = journal.findIndex(({ what }, position) => position > index && what === "sent");
        const later = journal.slice(index, next === -1 ? undefined : next);
        const answered = later.find((each) => each.what === "answered" && each.refreshToken === entry.refreshToken);
        const stored = answered?.what === "answered" && answered.status === 200 ? later.find(({ what }) => what === "stored") : undefined;
        const absent = absences.find(({ toMs: endMs }) => endMs >= entry.atMs);
        const overMs = (stored ?? answered)?.atMs ?? Number.POSITIVE_INFINITY;
        const toMs = Math.min(overMs, Math.max(absent?.fromMs ?? Number.POSITIVE_INFINITY, entry.atMs));
        return [{ process, refreshToken: entry.refreshToken, fromMs: entry.atMs, toMs }];
      }),
    )
    .toSorted((one, other) => one.fromMs - other.fromMs);
}

function grantsAtOnce(evidence: Evidence): string[] {
  const sendings = sendingsIn(evidence);
  return sendings.flatMap((one, index) =>
    sendings
      .slice(index + 1)
      .filter((other) => other.refreshToken === one.refreshToken && other.fromMs < one.toMs)
      .map(
        (other) =>
          `process ${other.process} sent a grant ${other.fromMs - one.fromMs} ms after process ${one.process}, which was alive, and had not stored what its own brought`,
      ),
  );
}

function spentAgain(evidence: Evidence): string[] {
  const { rotation, trouble } = evidence.plan;
  if (rotation === "none") return [];
  // A process paused between its last look at the lease and the first byte on the wire cannot know; nothing fences it off but the provider.
  if (trouble.kind === "pause" && trouble.step === "before send") return [];
  const storedAt = evidence.processes.flatMap(({ journal }, process) =>
    journal.flatMap((entry, index) => {
      const before = journal.slice(0, index).findLast(({ what }) => what === "sent");
      return entry.what === "stored" && before?.what === "sent" ? [{ process, refreshToken: before.refreshToken, atMs: entry.atMs }] : [];
    }),
  );
  return sendingsIn(evidence).flatMap(({ process, refreshToken, fromMs }) => {
    const stored = storedAt.find((entry) => entry.refreshToken === refreshToken && entry.atMs < fromMs);
    return stored === undefined
      ? []
      : [`process ${process} sent a refresh token ${fromMs - stored.atMs} ms after process ${stored.process} had stored its successor`];
  });
}

function newestIsStored({ living, storedRefreshToken, atEnd }: Evidence): string[] {
  const newest = living.toSorted((one, other) => other.startedAt.getTime() - one.startedAt.getTime())[0]?.refreshTokenFingerprint ?? null;
  if (atEnd.status === "active") {
    if (newest === null) return ["the connection is active, and no grant of it lives"];
    return newest === storedRefreshToken ? [] : ["the connection is active, and the stored refresh token is not the newest that lives"];
  }
  return newest === null ? [] : [`the connection is ${atEnd.status} (${atEnd.reason}), and its grant lives`];
}

function lostGrants({ plan, atEnd, settled, renewed }: Evidence): string[] {
  if (plan.trouble.kind === "disconnect") return atEnd.status === "disconnected" ? [] : [`disconnected, and ended ${atEnd.status}`];
  if (atEnd.status === "active") return [];
  return mayLoseGrant(plan) ? [] : [`ended ${atEnd.status} (${atEnd.reason}); answers: ${statusOf(settled)}, then ${statusOf(renewed)}`];
}

function expiredAnswers({ readings, processes, first }: Evidence): string[] {
  const goodUntil = new Map<string, number | null>([[first.accessToken, first.goodUntilMs]]);
  for (const entry of processes.flatMap(({ journal }) => journal)) {
    if (entry.what === "issued") goodUntil.set(entry.accessToken, entry.goodUntilMs);
  }
  const lateMs = readings.flatMap(({ answer, worldMs }) => {
    if (answer?.status !== "active") return [];
    const untilMs = goodUntil.get(fingerprintOf(answer.accessToken)) ?? null;
    return untilMs === null || worldMs <= untilMs ? [] : [worldMs - untilMs];
  });
  return lateMs.length === 0 ? [] : [`${lateMs.length} callers got a token after its expiry, up to ${Math.max(...lateMs)} ms`];
}

function ends({ plan, settled, renewed, atEnd, resourceStatus }: Evidence): string[] {
  const last = renewed ?? settled;
  if (last === null) return plan.trouble.kind === "disconnect" ? [] : ["the last caller got an error"];
  if (atEnd.leaseOwner !== null) return ["a lease is left behind"];
  if (last.status === "active") {
    const as = last.stale ? "active but stale" : "active";
    return resourceStatus === 200 ? [] : [`${as}, and the resource server answers ${resourceStatus}`];
  }
  return last.status === "reauthorization_required" || last.status === "not_connected" ? [] : [`ended ${statusOf(last)}`];
}

function events({ atEnd: { events: list, generation } }: Evidence): string[] {
  const seen: string[] = [];
  if (list.some(({ id }, index) => id !== index + 1)) seen.push(`ids have gaps: ${list.map(({ id }) => id).join(" ")}`);
  const told = list.filter(({ type }) => moving.has(type)).map((event) => event.generation);
  const expected = Array.from({ length: generation }, (_, index) => index + 1);
  if (told.join(" ") !== expected.join(" ")) seen.push(`generations by events: ${told.join(" ")}; by the row: ${generation}`);
  return seen;
}

function eventsTellStatus({ atRest, atEnd }: Evidence): string[] {
  return [atRest, atEnd].flatMap(({ status, events: list }) => {
    const told = list.reduce((before, { type }) => {
      if (type === "connection.created" || type === "connection.recovered") return "active";
      if (type === "connection.disconnected") return "disconnected";
      return type === "connection.reauthorization_required" ? "reauthorization_required" : before;
    }, "nothing");
    return told === status
      ? []
      : [`by its events the connection is ${told}, by its row ${status}: ${list.map(({ type }) => type).join(", ")}`];
  });
}

function oneTokenPerGeneration({ readings }: Evidence): string[] {
  const tokens = new Map<number, string>();
  return readings.flatMap(({ answer }) => {
    if (answer?.status !== "active") return [];
    const token = tokens.get(answer.generation) ?? answer.accessToken;
    tokens.set(answer.generation, token);
    return token === answer.accessToken ? [] : [`two tokens were answered as generation ${answer.generation}`];
  });
}

function callers({ plan, readings }: Evidence): string[] {
  // A database that takes no writes is told as such, where there is no valid token to give.
  const mayFail = plan.token === "expired" && ["busy", "disk full", "read-only", "write fault"].includes(plan.trouble.kind);
  const errors = readings.flatMap(({ error }) => (error === null || (mayFail && error === "SERVICE_UNAVAILABLE") ? [] : [error]));
  return errors.length === 0 ? [] : [`${errors.length} callers got an error: ${[...new Set(errors)].join(", ")}`];
}

function statusOf(answer: TokenAnswer | null): string {
  return answer === null ? "none" : "reason" in answer ? `${answer.status} (${answer.reason})` : answer.status;
}
