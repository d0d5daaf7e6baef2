/**
 * Whether a provider is to be asked now, by what all processes have learnt of it, and what they learn from its answers.
 */
import type { RefreshOutcome } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { describeError } from "./errors.ts";
import type { NewEvent } from "./events-store.ts";
import type { Pause, ProviderKey } from "./provider-health.ts";
import { claimProbe, liftPause, readPauses, writePause } from "./provider-health-store.ts";

/** How long another process's pause may go unnoticed. */
const learnedMs = 1_000;
const learnedAtMs = new WeakMap<Authority, number>();

/** Takes over what other processes know, unless that was done a moment ago. */
export async function learnHealth(authority: Authority): Promise<void> {
  const nowMs = authority.now().getTime();
  // A clock that was set back says nothing of how long ago it was.
  if (Math.abs(nowMs - (learnedAtMs.get(authority) ?? 0)) < learnedMs) return;
  learnedAtMs.set(authority, nowMs);
  authority.health.learn(await readPauses(authority.database));
}

/**
 * Null where a grant may be sent, or the pause that forbids it. Once a pause is over, one caller of one process is let through.
 */
export async function admitGrant(authority: Authority, provider: ProviderKey): Promise<Pause | null> {
  const { database, health, now } = authority;
  await learnHealth(authority);
  const admission = health.admit(provider);
  if (admission.kind === "open") return null;
  if (admission.kind === "paused") return admission.pause;
  if (await claimProbe(database, provider, { now: now(), until: admission.until })) return null;
  // Another process is finding out, or has lifted the pause meanwhile.
  const pauses = await readPauses(database);
  health.learn(pauses);
  const pause = pauses.find(
    ({ integrationId, authority: issuer }) => integrationId === provider.integrationId && issuer === provider.authority,
  );
  return pause !== undefined && pause.until > now() ? { until: pause.until, reason: pause.reason } : null;
}

/** Lets an outcome count for its provider's health, in every process. */
export async function noteOutcome(
  authority: Authority,
  provider: ProviderKey,
  of: { connectionId: string; outcome: RefreshOutcome; retryAfterSeconds: number | null },
): Promise<void> {
  const change = authority.health.record(provider, of.connectionId, of.outcome, of.retryAfterSeconds);
  if (change === null) return;
  const { integrationId, authority: issuer } = provider;
  const eventOf = (type: "integration.misconfigured" | "integration.recovered"): NewEvent => ({
    type,
    at: authority.now(),
    integrationId,
    subject: null,
    connectionId: null,
    generation: 0,
    details: { authority: issuer },
  });
  try {
    if (change === "lifted") {
      authority.log.info({ integration: integrationId, authority: issuer }, "a provider is asked again");
      await liftPause(authority.database, provider, eventOf("integration.recovered"));
    } else {
      const { reason, until } = change;
      authority.log.warn({ integration: integrationId, authority: issuer, reason, until }, "a provider is left alone for a while");
      await writePause(authority.database, change, eventOf("integration.misconfigured"));
    }
  } catch (error) {
    // The outcome itself is recorded by now.
    authority.log.error({ integration: integrationId, error: describeError(error) }, "a provider's health was not recorded");
  }
}
