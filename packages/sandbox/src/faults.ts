/**
 * How the sandbox can be told to misbehave: the shapes of the faults, and the queue in which they wait for a request.
 */
import { z } from "zod";
import { idTokenLieShape } from "./id-token-lies.ts";

const grantRequest = z.enum(["token", "refresh", "code"]);
const anyRequest = z.enum([...grantRequest.options, "revocation", "account", "notes"]);

/** Which requests a fault or a hold is meant for; `token` is any request to the token endpoint, `code` and `refresh` by their grant. */
export type Target = z.output<typeof anyRequest>;
/** A request that faults can meet. */
export type Operation = Exclude<Target, "token"> | "authorization";

const times = z.union([z.number().int().positive(), z.literal("always")]).default(1);
/** `before`: the request is never processed. `after`: it is (a refresh token is rotated), and then the real answer is withheld. */
const when = z.enum(["before", "after"]).default("before");
const milliseconds = z.number().int().nonnegative().max(600_000);

const onAny = { on: anyRequest, times };
const onGrant = { on: grantRequest, times };

/** The request is kept from its answer: late, lost, or another one instead. */
const withholdingShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("delay"), ...onAny, when, delayMs: milliseconds }),
  z.strictObject({ kind: z.literal("drop"), ...onAny, when }),
  z.strictObject({
    kind: z.literal("status"),
    ...onAny,
    when,
    status: z.number().int().min(400).max(599),
    /** Seconds, or an HTTP date, sent as it stands (RFC 9110 §10.2.3). */
    retryAfter: z.union([z.number().int().nonnegative(), z.string()]).optional(),
  }),
  z.strictObject({
    kind: z.literal("error"),
    on: z.enum(["authorization", ...anyRequest.options]),
    times,
    when,
    error: z.string().min(1),
    description: z.string().optional(),
    /** Default: the one that belongs to the error (RFC 6749 §5.2, RFC 6750 §3.1). */
    status: z.number().int().min(400).max(599).optional(),
  }),
  z.strictObject({ kind: z.literal("error-in-200"), ...onAny, when, error: z.string().min(1).default("bad_refresh_token") }),
  z.strictObject({ kind: z.literal("html"), ...onAny, when, status: z.number().int().min(200).max(599).default(200) }),
  z.strictObject({
    kind: z.literal("redirect"),
    ...onAny,
    when,
    status: z.literal([302, 303, 307, 308]).default(307),
    /** Default: the sandbox's own trap on another origin, which counts who came along. */
    location: z.url().optional(),
  }),
]);

/** The request is processed, so that a rotation has truly happened, and a successful answer is altered on its way out. */
const rewritingShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("no-expires-in"), ...onGrant }),
  z.strictObject({ kind: z.literal("string-expires-in"), ...onGrant }),
  z.strictObject({ kind: z.literal("no-refresh-token"), ...onGrant }),
  z.strictObject({ kind: z.literal("empty-refresh-token"), ...onGrant }),
  z.strictObject({ kind: z.literal("no-token-type"), ...onGrant }),
  z.strictObject({ kind: z.literal("comma-scopes"), ...onGrant }),
  z.strictObject({ kind: z.literal("array-scopes"), ...onGrant }),
  z.strictObject({
    kind: z.literal("fewer-scopes"),
    /** `authorization`: what an automatic consent leaves out. */
    on: z.enum(["authorization", ...grantRequest.options]),
    times,
    /** What the grant really shrinks to; default: all but the last scope that can be spared. */
    scopes: z.array(z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal("id-token"), ...onGrant, lie: idTokenLieShape }),
  z.strictObject({ kind: z.literal("created"), ...onGrant }),
  z.strictObject({ kind: z.literal("huge"), ...onGrant, bytes: z.number().int().positive().max(268_435_456).default(8_388_608) }),
  z.strictObject({ kind: z.literal("endless"), ...onGrant }),
  z.strictObject({ kind: z.literal("drip"), ...onGrant, intervalMs: milliseconds.default(1000) }),
]);

/** One fault; `times` is how many requests it spoils, once each unless told otherwise. */
export const faultShape = z.discriminatedUnion("kind", [withholdingShape, rewritingShape]);
/** A fault with its defaults filled in. */
export type Fault = z.output<typeof faultShape>;
/** A fault that alters a real answer. */
export type RewritingFault = z.output<typeof rewritingShape>;
/** A fault as one writes it. */
export type FaultInput = z.input<typeof faultShape>;

/** The faults that wait for a request, first come first served. */
export interface Faults {
  /** @throws {z.ZodError} on a fault that is none. */
  add: (...faults: FaultInput[]) => void;
  clear: () => void;
  /** What still waits, with the times that are left. */
  waiting: () => Fault[];
}

/** The queue, and the taking from it that only the sandbox itself does. */
export function createFaults(): Faults & { take: (operation: Operation) => Fault | undefined } {
  let queue: Fault[] = [];
  return {
    add: (...faults) => {
      queue.push(...faults.map((fault) => faultShape.parse(fault)));
    },
    clear: () => {
      queue = [];
    },
    waiting: () => structuredClone(queue),
    take: (operation) => {
      const fault = queue.find(({ on }) => concerns(on, operation));
      if (fault === undefined || fault.times === "always") return fault;
      fault.times -= 1;
      if (fault.times === 0) queue = queue.filter((other) => other !== fault);
      return fault;
    },
  };
}

/** Whether what was set for `on` meets this request. */
export function concerns(on: Target | "authorization", operation: Operation): boolean {
  return on === operation || (on === "token" && (operation === "refresh" || operation === "code"));
}
