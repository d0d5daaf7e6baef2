/**
 * What a tortured process and its tormentor say to each other over IPC.
 */
import type { TokenAnswer } from "@evergrant/schema";
import type { Timing } from "../../src/authority.ts";

/**
 * The places of a refresh at which a process can be made to stand still by itself; between the last two of them the request is out,
 * where the sandbox holds it.
 */
export type Gate = "before lease" | "leased" | "before send" | "answered" | "committed";

/** Writes that can be answered with an error: the lease, a stored token set, any other outcome of a try. */
export type Write = "lease" | "commit" | "outcome";

/** `landed`: written, and then answered with an error. `refused`: answered with an error, and not written. */
export interface WriteFault {
  readonly write: Write;
  readonly how: "landed" | "refused";
  readonly times: number;
}

export interface OpenSettings {
  readonly databaseUrl: string;
  readonly keys: string;
  /** As `resolveConfig` takes it. */
  readonly config: object;
  readonly timing: Partial<Timing>;
  /** How far the world's clock is ahead of this machine's. */
  readonly aheadMs: number;
  /** How far this process's own clock is ahead of the machine's, and by how much it is set once a grant has been sent. */
  readonly skewMs: number;
  readonly jumpMs: number;
  readonly gate: Gate | null;
  readonly writeFault: WriteFault | null;
}

export type Deed =
  | { readonly do: "open"; readonly settings: OpenSettings }
  | { readonly do: "read"; readonly connectionId: string; readonly callers: number }
  | { readonly do: "refresh"; readonly connectionId: string; readonly ifGeneration: number }
  | { readonly do: "refresh due" }
  | { readonly do: "set clock"; readonly aheadMs: number }
  /** Lets everybody at a gate go on, and takes the gate away. */
  | { readonly do: "open gate" }
  /** SQLite's own refusal of every write on this process's connection (`PRAGMA query_only`). */
  | { readonly do: "set read-only"; readonly on: boolean }
  | { readonly do: "close" };

export type Command = Deed & { readonly id: number };

/** What one caller got. */
export interface Reading {
  readonly connectionId: string;
  /** Null where the call was answered with an error. */
  readonly answer: TokenAnswer | null;
  /** The error's code; null where there was none. */
  readonly error: string | null;
  /** When, on the world's clock. */
  readonly worldMs: number;
}

/** What a process did, in its own order; `atMs` is real time, the same for all processes of a machine. */
export type Entry = { readonly atMs: number } & (
  | { readonly what: "leased"; readonly connectionId: string; readonly generation: number }
  /** Fingerprints are SHA-256 in hex, as the sandbox has them. */
  | { readonly what: "sent"; readonly refreshToken: string }
  /** `status` is null where no answer came. */
  | { readonly what: "answered"; readonly refreshToken: string; readonly status: number | null }
  /** An access token came; on the world's clock it is good until then at the latest, or without a known end. */
  | { readonly what: "issued"; readonly accessToken: string; readonly goodUntilMs: number | null }
  | { readonly what: "stored" }
);

export type Message =
  | { readonly kind: "ready" }
  | { readonly kind: "at gate" }
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "done"; readonly id: number; readonly readings: readonly Reading[] }
  | { readonly kind: "failed"; readonly id: number; readonly error: string };
