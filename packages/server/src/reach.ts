/**
 * How far a caller reaches: which integrations and which subjects it may have to do with. What is out of reach is not there.
 */
import { EvergrantError } from "./errors.ts";

export interface Reach {
  /** Null: all integrations. */
  readonly integrations: readonly string[] | null;
  /** Null: all subjects. A session's own alone. */
  readonly subjects: readonly string[] | null;
}

/** No limits. */
export const everything: Reach = { integrations: null, subjects: null };

export function reachesIntegration({ integrations }: Reach, id: string): boolean {
  return integrations === null || integrations.includes(id);
}

export function reachesSubject({ subjects }: Reach, subject: string): boolean {
  return subjects === null || subjects.includes(subject);
}

export function reachesConnection(reach: Reach, connection: { readonly integrationId: string; readonly subject: string }): boolean {
  return reachesIntegration(reach, connection.integrationId) && reachesSubject(reach, connection.subject);
}

/**
 * Refuses an integration out of reach, as one that does not exist.
 *
 * @throws {EvergrantError} `unknown_integration`.
 */
export function requireIntegration(reach: Reach, id: string): void {
  if (!reachesIntegration(reach, id)) throw new EvergrantError("unknown_integration", `integration: there is none named "${id}"`);
}

/**
 * Refuses a subject out of reach. Whoever names one knows it, so nothing is told by saying why.
 *
 * @throws {EvergrantError} `permission_denied`.
 */
export function requireSubject(reach: Reach, subject: string): void {
  if (!reachesSubject(reach, subject)) throw new EvergrantError("permission_denied", "subject: this credential is for another subject");
}
