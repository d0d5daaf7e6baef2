/**
 * Forgetting a subject: every grant is revoked, every row about them erased. What the audit log says of them stays, under a keyed hash.
 *
 * It is noted first and goes on from there, in whatever process finds the note. Work that had begun before, such as a flow at a provider,
 * may still bring something, so the note stays for longer than that takes, and what came is erased as well.
 */
import type { SubjectsForgetResult } from "@evergrant/schema";
import pLimit from "p-limit";
import { acting, begin } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { revokeUnconfirmed } from "./confirm.ts";
import { disconnect } from "./disconnect.ts";
import { EvergrantError, describeError } from "./errors.ts";
import {
  type ForgettingRow,
  beginForgetting,
  closeDoorsOf,
  countPendingRevocations,
  endForgetting,
  eraseSubject,
  listForgettings,
  listHeldBy,
} from "./forgettings-store.ts";
import { type UnconfirmedGrantRow, discardUnconfirmedGrant } from "./unconfirmed-grants-store.ts";
import { VaultError } from "./vault.ts";

/** Longer than a grant can be under way (90 s), and what it brings be on its way to the store. */
const lastLookAfterMs = 300_000;
/** Revocations of one subject at a time. */
const concurrency = 5;

/**
 * Forgets a subject. Called again, it erases what has come since.
 *
 * @throws {EvergrantError} `not_adopted`: the grants are another deployment's.
 */
export async function forgetSubject(authority: Authority, subject: string): Promise<SubjectsForgetResult> {
  const foreignUrl = await authority.deployment.foreignUrl();
  if (foreignUrl !== null)
    throw new EvergrantError("not_adopted", `this database belongs to ${foreignUrl}: forget there, or run \`evergrant adopt\` first`);
  await beginForgetting(authority.database, { subject, requestedAt: authority.now() });
  return sweep(authority, subject);
}

/** Goes on with forgettings that were interrupted, and looks a last time after those that were not. */
export async function goOnForgetting(authority: Authority, limit: number): Promise<void> {
  if ((await authority.deployment.foreignUrl()) !== null) return;
  for (const row of await listForgettings(authority.database, limit)) {
    await acting(begin({ action: "subjects.forget" }), () => goOn(authority, row));
  }
}

async function goOn(authority: Authority, row: ForgettingRow): Promise<void> {
  try {
    await sweep(authority, row.subject);
    const isLastLook = authority.now().getTime() >= row.requestedAt.getTime() + lastLookAfterMs;
    if (isLastLook) await endForgetting(authority.database, row, authority.now());
  } catch (error) {
    authority.log.error({ error: describeError(error) }, "a subject is not forgotten yet; trying again");
  }
}

/** Erases all that is there now; each step finds nothing where it has been done. */
async function sweep(authority: Authority, subject: string): Promise<SubjectsForgetResult> {
  const { database } = authority;
  await closeDoorsOf(database, subject);
  const { connectionIds, unconfirmed } = await listHeldBy(database, subject);
  const atOnce = pLimit(concurrency);
  await Promise.all([
    ...connectionIds.map((id) => atOnce(() => endGrant(authority, id))),
    ...unconfirmed.map((row) => atOnce(() => revokeGrant(authority, row))),
  ]);
  const pendingRevocations = await countPendingRevocations(database, connectionIds, subject);
  return { connections: (await eraseSubject(database, subject)) + unconfirmed.length, pendingRevocations };
}

async function endGrant(authority: Authority, connectionId: string): Promise<void> {
  try {
    await disconnect(authority, connectionId);
  } catch (error) {
    // Another process sweeps as well, and was first.
    if (!(error instanceof EvergrantError && error.code === "unknown_connection")) throw error;
  }
}

async function revokeGrant(authority: Authority, row: UnconfirmedGrantRow): Promise<void> {
  try {
    await revokeUnconfirmed(authority, row, "forgotten");
  } catch (error) {
    // What does not open cannot be revoked; it is forgotten all the same.
    if (!(error instanceof VaultError)) throw error;
    await discardUnconfirmedGrant(authority.database, row.confirmationHash);
  }
}
