/**
 * What a log may repeat. Its fields hold ids and codes by contract; this is the door behind the contract, which lets nothing through that
 * looks like a secret, stands under a secret's name, or is an object that somebody else made.
 */

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

const maxTextLength = 2_000;
const maxDepth = 4;
const maxEntries = 50;

/** Names under which only a secret stands, whatever it looks like; compared without case, `-` and `_`. */
const secretNames =
  /^(.*(secret|password|passwd|credential|authorization|cookie|apikey|privatekey)|(.*[a-z])?tokens?|code|codeverifier|verifier|state|nonce|assertion|clientassertion|body|headers)$/;
/** Secrets that are known by their form alone. */
const knownForms: readonly RegExp[] = [
  // Ours: API keys, session tokens, webhook secrets.
  /\bevergrant_(?:session_)?[0-9a-f]{16}_[A-Za-z0-9_-]+/g,
  /\bwhsec_[A-Za-z0-9+/=_-]+/g,
  // JSON Web Tokens and Encryption (RFC 7519 §3): base64url of `{"`.
  /\beyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,4}/g,
  // Credentials of a header (RFC 7235 §2.1).
  /(?<=\b(?:Bearer|Basic|DPoP)\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  // In a URL: user information, and every value of a query or fragment.
  /(?<=:\/\/)[^\s/?#@]+(?=@)/g,
  /(?<=[?&#;][\w.~-]{1,64}=)[^&#;\s"'<>]+/g,
  // What follows a connect link's path is a bearer of its subject's name.
  /(?<=\/connect\/)[A-Za-z0-9_-]{24,}/g,
];
/** Runs of the alphabets in which random bytes are written; and places in a program, whose folders are called anything. */
const runs = /(?:file|node):[^\s?#()]+:\d+:\d+|[A-Za-z0-9_+=/-]{20,}/g;
/** Ids that this server makes: random, and no secret. */
const ownId = /^(?:con|req|rev|whk|msg)_/;

/** Whether a run is random rather than words: long hex, or letters and digits that keep changing their kind. */
function looksRandom(run: string): boolean {
  if (run.includes(":") || ownId.test(run)) return false;
  if (/[0-9a-f]{40,}/i.test(run)) return true;
  // Shorter hex is a UUID, or a trace's id (W3C Trace Context).
  if (/^[0-9a-f-]+$/i.test(run)) return false;
  // A path from the root has folders with names of all kinds; other runs with slashes are base64.
  return run.startsWith("/") ? run.split("/").some((name) => name.length >= 24 && keepsChanging(name)) : keepsChanging(run);
}

/** Whether letters and digits change their kind more often than in words. */
function keepsChanging(run: string): boolean {
  const kinds = run
    .replaceAll(/[_+=/-]/g, "")
    .split("")
    .map((character) => (/\d/.test(character) ? "0" : /[a-z]/.test(character) ? "a" : "A"));
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  const isLong = /[A-Za-z0-9]{32,}/.test(run);
  return changes > kinds.length * (isLong ? 0.15 : new Set(kinds).size === 3 ? 0.27 : 0.35);
}

/** A text without what looks like a secret, and no longer than a line should be. */
export function redactText(text: string): string {
  const known = knownForms.reduce((rest, form) => rest.replace(form, redacted), text.slice(0, maxTextLength));
  return known.replace(runs, (run) => (looksRandom(run) ? redacted : run));
}

/** Whether a text holds something that looks like a secret. */
export function looksSecret(text: string): boolean {
  return redactText(text) !== text;
}

/**
 * The fields of a line without what may hold a secret: texts are looked through, errors become {@link describeError}, and of objects only
 * plain ones and lists are looked into.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return redactEntries(fields, 1);
}

function redactEntries(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, maxEntries)
      .map(([name, value]) => [name, redactNamed(name, value, depth)]),
  );
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  // A `code` that is a number is an exit code, and a `state` that is missing tells nothing.
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined) return value;
  return secretNames.test(name.toLowerCase().replaceAll(/[-_]/g, "")) ? redacted : redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined) return value;
  if (value instanceof Date) return value;
  if (value instanceof Error) return describeError(value);
  if (depth === maxDepth || typeof value !== "object") return redacted;
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((each: unknown) => redactValue(each, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? redactEntries(value, depth + 1) : redacted;
}

/**
 * What a log may say of any thrown value: its class, its code, and where it was thrown.
 *
 * Messages stay out: Drizzle's print bound parameters, and a provider's may echo what it was sent.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const [frame] = framesOf(error);
  const cause = error.cause instanceof Error ? `, because of ${describeError(error.cause)}` : "";
  return `${headOf(error)}${frame === undefined ? "" : ` ${frame}`}${cause}`;
}

/** The same with every frame of its stack and of its causes', a line each: for whoever looks for a fault of the program. */
export function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const lines = [headOf(error), ...framesOf(error).map((frame) => `    ${frame}`)].join("\n");
  return error.cause === undefined ? lines : `${lines}\ncaused by ${describeStack(error.cause)}`;
}

function headOf(error: Error): string {
  const name = /^\w{1,64}$/.test(error.name) && !looksSecret(error.name) ? error.name : "Error";
  const code = "code" in error && typeof error.code === "string" && isCode(error.code) ? ` ${error.code}` : "";
  return `${name}${code}`;
}

/** A message may have lines that begin like a frame, so it is cut out first; a frame ends in line and column. */
function framesOf({ stack = "", message }: Error): string[] {
  const lines = stack.replace(message, "").split("\n");
  return lines.flatMap((line) => /^\s+(at (?:[\w$.<>#[\] ]+ \()?(?:file:|node:|\/|[A-Z]:\\)[^\s?()]+:\d+:\d+\)?)$/.exec(line)?.[1] ?? []);
}

function isCode(code: string): boolean {
  return /^[A-Za-z]\w{0,63}$/.test(code) && !looksSecret(code);
}
