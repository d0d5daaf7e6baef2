/**
 * What is done to a connection in one torture: drawn from a seed, so that a torture that broke something can be had again.
 */
import type { FaultInput } from "@evergrant/sandbox";
import { type Chance, chanceOf } from "./random.ts";
import type { Gate, Write, WriteFault } from "./messages.ts";

/** A step of the refresh; `sent` and `processed` are at the provider: before and after it has rotated. */
export type Step = Gate | "sent" | "processed";

/** The one thing that goes wrong. */
export type Trouble =
  | { readonly kind: "none" }
  | { readonly kind: "slow answer"; readonly when: "before" | "after" }
  | { readonly kind: "lost answer"; readonly when: "before" | "after" }
  | { readonly kind: "kill" | "pause" | "reconnect" | "disconnect"; readonly step: Step }
  /** Another process holds the write lock for `holdMs`. */
  | { readonly kind: "busy"; readonly step: Step; readonly holdMs: number }
  /** The kernel (`disk full`) or SQLite (`read-only`) refuses everybody's writes for `holdMs`. */
  | { readonly kind: "disk full" | "read-only"; readonly step: Step; readonly holdMs: number }
  | { readonly kind: "write fault"; readonly fault: WriteFault }
  /** One minute count for each process, and by how many minutes its clock is set while its grant is out. */
  | { readonly kind: "clocks apart"; readonly minutes: readonly number[]; readonly jumpMinutes: number };

export const troubleKinds = [
  "none",
  "slow answer",
  "lost answer",
  "kill",
  "pause",
  "reconnect",
  "disconnect",
  "busy",
  "disk full",
  "read-only",
  "write fault",
  "clocks apart",
] as const satisfies readonly Trouble["kind"][];
export type TroubleKind = (typeof troubleKinds)[number];

export interface Plan {
  readonly seed: number;
  readonly rotation: "strict" | "grace" | "none";
  /** What the provider's answers look like. */
  readonly answers: "whole" | "no-expires-in" | "string-expires-in" | "no-refresh-token";
  /** How old the token is when the callers come. */
  readonly token: "expired" | "due";
  readonly processes: number;
  /** In each process, at once. */
  readonly callers: number;
  readonly trouble: Trouble;
}

/** The lease of the tortured processes: short enough to outlive, long enough for a loaded machine to renew. */
export const leaseMs = 1_500;

const steps: readonly Step[] = ["before lease", "leased", "before send", "sent", "processed", "answered", "committed"];
const holdsMs: readonly number[] = [300, leaseMs * 2];

/** Draws a plan; `kind` leaves the rest to the seed. */
export function planOf(seed: number, kind?: TroubleKind): Plan {
  const chance = chanceOf(seed);
  const rotation = chance.pick(["strict", "strict", "grace", "none"] as const);
  const answers = chance.pick([
    "whole",
    "whole",
    "string-expires-in",
    "no-expires-in",
    ...(rotation === "none" ? (["no-refresh-token"] as const) : []),
  ] as const);
  const plan = {
    seed,
    rotation,
    answers,
    token: chance.pick(["expired", "due"] as const),
    processes: chance.between(2, 4),
    callers: chance.between(1, 12),
  };
  return { ...plan, trouble: troubleOf(kind ?? chance.pick(troubleKinds), plan.processes, chance) };
}

function troubleOf(kind: TroubleKind, processes: number, chance: Chance): Trouble {
  switch (kind) {
    case "none":
      return { kind };
    case "slow answer":
    case "lost answer":
      return { kind, when: chance.pick(["before", "after"] as const) };
    case "kill":
    case "pause":
      return { kind, step: chance.pick(steps) };
    case "reconnect":
    case "disconnect":
      return { kind, step: chance.pick(steps.filter((step) => step !== "before lease")) };
    case "busy":
    case "disk full":
    case "read-only":
      return { kind, step: chance.pick(steps.filter((step) => step !== "committed")), holdMs: chance.pick(holdsMs) };
    case "write fault":
      return {
        kind,
        fault: {
          write: chance.pick<Write>(["lease", "commit", "commit", "outcome"]),
          how: chance.pick(["landed", "refused"] as const),
          times: chance.between(1, 2),
        },
      };
    case "clocks apart":
      return {
        kind,
        minutes: Array.from({ length: processes }, () => chance.between(-90, 90)),
        jumpMinutes: chance.pick([0, -60, 60]),
      };
  }
}

/** The sandbox's faults for a plan, in the order in which they meet requests. */
export function faultsOf({ trouble, answers }: Plan): FaultInput[] {
  const first: FaultInput[] =
    trouble.kind === "slow answer"
      ? [{ on: "refresh", kind: "delay", delayMs: leaseMs * 2, when: trouble.when }]
      : trouble.kind === "lost answer"
        ? [{ on: "refresh", kind: "drop", when: trouble.when }]
        : trouble.kind === "write fault" && trouble.fault.write === "outcome"
          ? [{ on: "refresh", kind: "status", status: 503 }]
          : [];
  return answers === "whole" ? first : [...first, { on: "refresh", kind: answers, times: "always" }];
}

/**
 * Whether this plan may cost the grant, so that the connection may end as `refresh_outcome_lost`: only a server that ends the family of
 * a token presented twice makes it so, and only where the one answer never reached anybody, or came after all patience.
 */
export function mayLoseGrant({ rotation, token, trouble }: Plan): boolean {
  if (rotation !== "strict") return false;
  if (trouble.kind === "lost answer") return trouble.when === "after";
  if (trouble.kind === "kill") return trouble.step === "processed" || trouble.step === "answered";
  // Nobody may wait for a process that is paused with a request out, once there is no valid token left.
  if (trouble.kind === "pause") return token === "expired" && ["before send", "sent", "processed", "answered"].includes(trouble.step);
  return false;
}

/** A plan in one line. */
export function describePlan({ seed, rotation, answers, token, processes, callers, trouble }: Plan): string {
  return `seed ${seed}: ${rotation}, answers ${answers}, token ${token}, ${processes} processes × ${callers} callers, ${JSON.stringify(trouble)}`;
}
