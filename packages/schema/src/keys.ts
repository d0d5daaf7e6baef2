/**
 * Data keys: which there are, what is sealed with each, and what came of rotating or retiring one. Ids and counts, never a key.
 */
import { z } from "zod";

/**
 * - `sealing`: because there was none, or the one before was old or had sealed enough.
 * - `rotation`: because somebody asked for it; all rows are to come under it.
 * - `digest`: for keyed digests, such as fingerprints. It seals nothing and is never retired.
 */
export const dataKeyReasonShape = z.enum(["sealing", "rotation", "digest"]);
export type DataKeyReason = z.infer<typeof dataKeyReasonShape>;

const count = z.number().int().nonnegative();
const columnShape = z.object({ table: z.string(), column: z.string() });

const dataKeyViewShape = z.object({
  /** 16 lower-case hex digits. */
  id: z.string(),
  madeFor: dataKeyReasonShape,
  /** The id of the key-encryption key. */
  wrappedBy: z.string(),
  createdAt: z.iso.datetime(),
  /** How often it has sealed, as far as processes have reported it. */
  seals: count,
  /** New secrets are sealed with it. */
  current: z.boolean(),
  /** Whether the key-encryption keys at hand open it; null where nobody tried. */
  open: z.boolean().nullable(),
  /** How many secrets are sealed with it. */
  rows: count,
  /** Connect links may be sealed with it until then, kept nowhere; null for the current one. */
  linksUntil: z.iso.datetime().nullable(),
});
export type DataKeyView = z.infer<typeof dataKeyViewShape>;

export const keysStatusShape = z.object({
  /** Oldest first. */
  dataKeys: z.array(dataKeyViewShape),
  /** How many secrets of each column are sealed with which key. */
  columns: z.array(columnShape.extend({ dataKeyId: z.string(), rows: count })),
  /** Secrets that name no key of this database: damaged, or brought from elsewhere. */
  strayRows: count,
  /** Secrets that the rotation under way has still to reach; 0 where there is none. */
  remainingRows: count,
});
export type KeysStatus = z.infer<typeof keysStatusShape>;

/** A secret that did not open: where it is, and which of the vault's codes says why. */
const unreadableSecretShape = columnShape.extend({ rowId: z.string(), code: z.enum(["secret_unreadable", "key_unavailable"]) });
export type UnreadableSecret = z.infer<typeof unreadableSecretShape>;

const newKeyShape = z.enum(["unless_rotating", "always", "never"]);
export type NewKey = z.infer<typeof newKeyShape>;

export const keysRotateInput = z
  .object({
    /** Whether to add a key: unless a rotation has not reached all rows yet, or in any case, or not at all. */
    newKey: newKeyShape.default("unless_rotating"),
    /** How many rows this call seals anew at most; ask again while `remainingRows` is not 0. */
    limit: z.number().int().min(1).max(10_000).default(1_000),
  })
  .prefault({});

const resealCountShape = z.object({
  /** Sealed anew. */
  resealed: count,
  /** Changed by somebody else at the same moment, and so sealed anew by them. */
  overtaken: count,
  /** Left as they were; at most the first hundred. */
  unreadable: z.array(unreadableSecretShape),
});
export type ResealCount = z.infer<typeof resealCountShape>;

export const keysRotateResult = resealCountShape.extend({
  dataKeyId: z.string(),
  /** Whether this call made the key; false where it went on with a rotation. */
  added: z.boolean(),
  remainingRows: count,
});

export const keysRetireInput = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/, "the id of a data key is 16 lower-case hex digits; keys.status has them"),
  /** Retire it even though connect links sealed with it are then dead before their time. */
  endLinks: z.boolean().default(false),
});

/**
 * Why a key was not retired: it is not there, it is the one that seals now, it is the one behind digests, rows are sealed with it,
 * or connect links may be.
 */
const retirementRefusalShape = z.enum(["unknown", "current", "digest", "rows", "links"]);

export const keysRetireResult = z.object({
  retired: z.boolean(),
  /** Null where it was retired. */
  refusal: retirementRefusalShape.nullable(),
  /** Where secrets are sealed with it. */
  rows: z.array(columnShape.extend({ rows: count })),
  linksUntil: z.iso.datetime().nullable(),
});
export type KeysRetireResult = z.infer<typeof keysRetireResult>;
