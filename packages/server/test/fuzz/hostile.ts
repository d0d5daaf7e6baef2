/**
 * What a caller or a provider might send: JSON as text, so that it can also be what no `JSON.stringify` writes, such as members named
 * twice, numbers past all bounds and halves of characters; near-valid where it follows a shape, and hostile in places.
 */
import * as fc from "fast-check";
import { z } from "zod";

/** Words that mean something to JavaScript, SQL, HTTP, HTML, a path or a terminal. */
const trickyWords = [
  "",
  " ",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "null",
  "\u0000",
  "a\u0000b",
  "a\r\nset-cookie: x=y",
  "\u001b[2J",
  "\u202eevil",
  "\ufeff",
  "\ufffd",
  "' OR 1=1 --",
  "../../etc/passwd",
  "%00",
  "%ff",
  "%2e%2e%2f",
  "{clientSecret}",
  "${jndi:ldap://x}",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "https://user:pass@127.0.0.1:1/#x",
  "http://[::1]:1/",
  "data:text/html,x",
  "é",
  "e\u0301",
  "𝕏",
  "9".repeat(400),
  "a".repeat(5_000),
];

/** Strings: tricky words, any unit of UTF-16 (halves of characters included), and ordinary ones. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...trickyWords) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.integer({ min: 0xd7f0, max: 0xe00f }).map((unit) => String.fromCharCode(unit)), maxLength: 6 }),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

/** A text as part of a URL: halves of characters cannot be in one. */
export function inUrl(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, "\ufffd"));
}

/** Unlike `JSON.stringify`, leaves halves of characters as they are: bytes on a wire decide what becomes of them. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\p{Cc}"\\]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}

/** Halves of characters as escapes, which do arrive. */
function escaped(text: string): string {
  return `"${Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`).join("")}"`;
}

const hostileString = fc.oneof(hostileText.map(quoted), hostileText.map(escaped));

const hostileNumber = fc.constantFrom(
  ..."0 -0 -1 1 0.5 1e400 -1e400 1e308 1e-400 2147483648 4294967296 9007199254740993 -9007199254740993 8640000000000001 99999999999999999999".split(
    " ",
  ),
  "1".repeat(400),
);

const deep = fc
  .tuple(fc.constantFrom(["[", "]"], ['{"a":', "}"], ['{"__proto__":', "}"]), fc.constantFrom(3, 50, 3_000))
  .map(([[before, after], depth]) => `${before.repeat(depth)}1${after.repeat(depth)}`);

/** Any JSON at all, as text. */
export const hostileJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: hostileString },
  { weight: 3, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom("null", "true", "false", "[]", "{}", "[null]", "[[]]", '{"":""}') },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.array(hostileString, { maxLength: 4 }).map((items) => `[${items.join(",")}]`) },
  { weight: 1, arbitrary: fc.constant(`{"__proto__":{"status":"active","isAdmin":true},"constructor":{"prototype":{"x":1}}}`) },
);

/** Text that is hardly JSON, or was once. */
export const brokenJson: fc.Arbitrary<string> = fc.oneof(
  hostileText,
  fc.constantFrom("", "{", "[", '"', "{'a':1}", "{a:1}", "[1,]", "nul", "undefined", "NaN", "//", "\ufeff{}", "1 2", "{}{}", "a=b&c=d"),
  fc.tuple(hostileJson, fc.double({ min: 0, max: 1, noNaN: true })).map(([text, share]) => text.slice(0, Math.floor(text.length * share))),
);

/** Members whose values mean something to the scene: by name, JSON texts to take them from. */
export type Pool = Readonly<Record<string, readonly string[]>>;

/** JSON that a shape takes or nearly takes, as text. */
export function nearlyValid(shape: z.ZodType, pool: Pool = {}): fc.Arbitrary<string> {
  const schema = z.toJSONSchema(shape, { io: "input", unrepresentable: "any", reused: "inline" });
  return fc.oneof({ weight: 12, arbitrary: textOf(schema, pool, null) }, { weight: 1, arbitrary: hostileJson });
}

type Schema = Exclude<z.core.JSONSchema._JSONSchema, boolean>;

const anything: Schema = {};

function open(schema: z.core.JSONSchema._JSONSchema | undefined): Schema {
  return typeof schema === "object" ? schema : anything;
}

function textOf(schema: Schema, pool: Pool, name: string | null): fc.Arbitrary<string> {
  const own = validText(schema, pool);
  const known = name === null ? undefined : pool[name];
  return fc.oneof({ weight: 10, arbitrary: own }, ...(known === undefined ? [] : [{ weight: 50, arbitrary: fc.constantFrom(...known) }]), {
    weight: 1,
    arbitrary: hostileJson,
  });
}

function validText(schema: Schema, pool: Pool): fc.Arbitrary<string> {
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return fc.oneof(...either.map((each) => textOf(open(each), pool, null)));
  if (schema.const !== undefined) return fc.constant(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map((each) => JSON.stringify(each)));
  if (schema.type === "object") return objectText(schema, pool);
  if (schema.type === "array") {
    const items = Array.isArray(schema.items) ? anything : open(schema.items);
    return fc.array(textOf(items, pool, null), { maxLength: 4 }).map((texts) => `[${texts.join(",")}]`);
  }
  if (schema.type === "integer" || schema.type === "number") {
    const { minimum: min = -10, maximum: max = 1_000 } = schema;
    return fc.integer({ min: Math.ceil(min), max: Math.max(Math.ceil(min), Math.floor(Math.min(max, 2 ** 31 - 1))) }).map(String);
  }
  if (schema.type === "boolean") return fc.constantFrom("true", "false");
  if (schema.type === "null") return fc.constant("null");
  if (schema.type === "string") return stringOf(schema).map((text) => JSON.stringify(text));
  return hostileJson;
}

function stringOf({ pattern, format, minLength = 0, maxLength = 64 }: Schema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }).map((at) => at.toISOString());
  if (format === "uri") return fc.webUrl({ withQueryParameters: true });
  // fast-check makes no strings for look-around.
  if (pattern !== undefined && !pattern.includes("(?=") && !pattern.includes("(?!"))
    return fc.stringMatching(new RegExp(pattern), { size: "xsmall" });
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 64)) });
}

/** Required members, some of the others, and now and then one too few, one twice, or one that nobody asked for. */
function objectText(schema: Schema, pool: Pool): fc.Arbitrary<string> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = Object.entries(properties).map(([name, of]) => {
    const chance = required.includes(name) ? 20 : 1;
    const value = textOf(open(of), pool, name).map((text) => [`${JSON.stringify(name)}:${text}`]);
    return fc.oneof({ weight: chance, arbitrary: value }, { weight: 1, arbitrary: fc.constant<string[]>([]) });
  });
  const free = typeof additionalProperties === "object" ? textOf(additionalProperties, pool, null) : hostileJson;
  const more = fc.array(fc.tuple(fc.oneof(hostileText, fc.constantFrom("a", ...Object.keys(properties))).map(quoted), free), {
    maxLength: typeof additionalProperties === "object" ? 3 : 1,
  });
  const often = typeof additionalProperties === "object" ? 10 : 1;
  return fc
    .tuple(fc.tuple(...members), fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: often, arbitrary: more }))
    .map(([own, others]) => `{${[...own.flat(), ...others.map(([name, value]) => `${name}:${value}`)].join(",")}}`);
}
