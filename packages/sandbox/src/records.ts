/**
 * What the sandbox was asked: every token request in order, and a count of everything. Tokens appear as fingerprints only.
 */
import type { Answer } from "./answer.ts";
import type { Fault } from "./faults.ts";
import { fingerprint } from "./living-grant.ts";

/** One request to the token endpoint. */
export interface GrantRecord {
  at: Date;
  /** RFC 6749 §4.1.3 and §6; as sent, so it may be anything. */
  grantType: string;
  clientId: string | null;
  /** SHA-256 of the refresh token presented, in hex; null for another grant. */
  refreshTokenFingerprint: string | null;
  /** The fault that met this request. */
  fault: Fault["kind"] | null;
  /** What the authorization server did, whatever the client was told: a fault may keep a request from it (`unprocessed`) or lose its answer. */
  outcome: "pending" | "unprocessed" | "issued" | "refused";
  /** The error of a refusal. */
  error: string | null;
  /** The status that the client got; null while there is none, and when the connection broke first. */
  status: number | null;
}

/** How often each endpoint was asked. */
export interface Counters {
  authorization: number;
  token: number;
  revocation: number;
  introspection: number;
  userinfo: number;
  account: number;
  notes: number;
  /** Requests that followed a redirect to the trap, where no client of good sense goes. */
  trap: number;
}

export interface Records {
  count: (endpoint: keyof Counters) => void;
  /** Notes a token request on arrival; the caller fills in what becomes of it. */
  begin: (at: Date, form: URLSearchParams, authorization: string | undefined) => GrantRecord;
  grants: (grantType?: string) => GrantRecord[];
  counters: () => Counters;
  clear: () => void;
}

const noCounts: Counters = { authorization: 0, token: 0, revocation: 0, introspection: 0, userinfo: 0, account: 0, notes: 0, trap: 0 };

/** Nothing asked yet. */
export function createRecords(): Records {
  let records: GrantRecord[] = [];
  let counters = { ...noCounts };
  return {
    count: (endpoint) => {
      counters[endpoint] += 1;
    },
    begin: (at, form, authorization) => {
      const refreshToken = form.get("refresh_token");
      const record: GrantRecord = {
        at,
        grantType: form.get("grant_type") ?? "",
        clientId: form.get("client_id") ?? basicUser(authorization),
        refreshTokenFingerprint: refreshToken === null ? null : fingerprint(refreshToken),
        fault: null,
        outcome: "pending",
        error: null,
        status: null,
      };
      records.push(record);
      return record;
    },
    grants: (grantType) => structuredClone(records.filter((record) => grantType === undefined || record.grantType === grantType)),
    counters: () => ({ ...counters }),
    clear: () => {
      records = [];
      counters = { ...noCounts };
    },
  };
}

/** What the authorization server really answered, for the record. */
export function outcomeOf({ status, body }: Answer): Pick<GrantRecord, "outcome" | "error"> {
  if (status === 200) return { outcome: "issued", error: null };
  const answer: unknown = typeof body === "string" ? JSON.parse(body) : null;
  const error = typeof answer === "object" && answer !== null && "error" in answer ? String(answer.error) : null;
  return { outcome: "refused", error };
}

/** The client id of HTTP Basic, form-encoded as RFC 6749 §2.3.1 has it. */
function basicUser(authorization: string | undefined): string | null {
  const credentials = /^Basic (\S+)$/i.exec(authorization ?? "")?.[1];
  const user = Buffer.from(credentials ?? "", "base64")
    .toString("utf8")
    .split(":")[0];
  return user === undefined || user === "" ? null : (new URLSearchParams(`user=${user}`).get("user") ?? null);
}
