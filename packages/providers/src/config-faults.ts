/**
 * What zod finds wrong with a config, in words for the person who wrote it: path, message and mend, and never a value.
 */
import type { ConfigFault } from "@evergrant/schema";
import { z } from "zod";
import { at } from "./config-path.ts";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;
type Shape = z.core.$ZodType;

const secretReference = 'write env("NAME"), or { "env": "NAME" } in JSON';
/** What to write, by the key where the fault is. */
const mends: Readonly<Record<string, string>> = {
  clientId: `${secretReference}, or the client id itself`,
  clientSecret: secretReference,
  provider:
    'write a provider\'s id such as "github", { issuer: "https://…" }, or a description with authorizationEndpoint and tokenEndpoint',
  env: "write the name of the variable, such as GITHUB_CLIENT_SECRET, and not its value",
  scopes: "write a list of strings, one scope an entry",
  optionalScopes: "write a list of strings, one scope an entry",
  allowUnlistedScopes: "write a list of strings, one scope an entry",
  integrations: "add integrations: { oauth: { providers: {} } }",
  oauth: "add oauth: { providers: {} }",
  providers: "add providers: {}, with one integration a key",
};

/**
 * The faults of `value`, which `shape` refused.
 *
 * Of a union only the branch that the author meant is spoken of: the one whose keys are most like those written.
 *
 * @param path Where `value` stands in the config; "" for the whole of it.
 */
export function faultsOf(error: { readonly issues: readonly Issue[] }, shape: Shape, value: unknown, path: string): ConfigFault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, shape, value, path));
}

function faultsOfIssue(issue: Issue, shape: Shape, root: unknown, base: string): ConfigFault[] {
  const path = at(base, ...issue.path);
  const value = issue.path.reduce(member, root);
  const here = issue.path.reduce<Shape | undefined>(memberShape, shape);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, at(path, key), keysOf(here)));
  if (issue.code === "invalid_union" && here !== undefined && isObject(value)) {
    const meant = meantBranch(here, value);
    const issues = meant === undefined ? undefined : issue.errors[meant.index];
    if (meant !== undefined && issues !== undefined) return faultsOf({ issues }, meant.shape, value, path);
  }
  const key = issue.path.findLast((step) => typeof step === "string") ?? "";
  const { message, example } = messageOf(issue, value, here);
  if (example !== undefined) return [{ path, message, mend: `write something like ${example}` }];
  const usual = Object.hasOwn(mends, key) ? mends[key] : undefined;
  return [{ path, message, mend: usual ?? (value === undefined ? `add ${key}` : "correct it, or remove it if it may be left out") }];
}

function unknownKey(key: string, path: string, known: readonly string[]): ConfigFault {
  const [meant] = nearest(key, known);
  const list = known.length === 0 ? "" : `; the keys here are ${known.join(", ")}`;
  return { path, message: `unknown key "${key}"`, mend: meant === undefined ? `remove it${list}` : `did you mean "${meant}"?` };
}

function messageOf(issue: Issue, value: unknown, shape: Shape | undefined): { message: string; example?: string } {
  if (issue.code === "invalid_type" || issue.code === "invalid_union") {
    if (value === undefined) return { message: "is missing" };
    const wanted = issue.code === "invalid_type" ? (kinds[issue.expected] ?? issue.expected) : branchKinds(shape);
    return { message: `must be ${wanted}, but is ${kindOf(value)}` };
  }
  if (issue.code === "invalid_value")
    return { message: `must be one of ${issue.values.map((option) => JSON.stringify(option)).join(", ")}` };
  if (issue.code === "invalid_key") return said(issue.issues[0]?.message ?? issue.message);
  if (issue.code === "too_small" && issue.origin === "number") return { message: `must be at least ${issue.minimum}` };
  if (issue.code === "too_big" && issue.origin === "number") return { message: `must be at most ${issue.maximum}` };
  if (issue.code === "too_small" && issue.origin === "string") return { message: "must not be empty" };
  if (issue.code === "too_big" && issue.origin === "string") return { message: `must be at most ${issue.maximum} characters long` };
  return said(issue.message);
}

/** The schema says "an absolute https URL, such as https://…"; that is what it must be, and an example of it. */
function said(text: string): { message: string; example?: string } {
  const [words = text, example] = text.split(", such as ");
  const message = /^(an?|the|\d+) /.test(words) && !/ is | are /.test(words) ? `must be ${words}` : words;
  return example === undefined ? { message } : { message, example };
}

const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  const kind = Array.isArray(value) ? "array" : typeof value;
  return kinds[kind] ?? kind;
}

function branchKinds(shape: Shape | undefined): string {
  const words = branchesOf(shape).map((branch) => (branch instanceof z.ZodObject ? "an object" : "a string"));
  return [...new Set(words)].join(" or ");
}

function meantBranch(union: Shape, value: object): { shape: Shape; index: number } | undefined {
  const written = Object.keys(value);
  return branchesOf(union)
    .map((shape, index) => ({ shape, index, keys: keysOf(shape) }))
    .filter(({ shape }) => shape instanceof z.ZodObject)
    .map((branch) => ({ ...branch, likeness: written.filter((key) => nearest(key, branch.keys).length > 0).length }))
    .toSorted((a, b) => b.likeness - a.likeness)[0];
}

function branchesOf(shape: Shape | undefined): readonly Shape[] {
  const bare = shape === undefined ? undefined : unwrapped(shape);
  return bare instanceof z.ZodUnion ? bare.options : [];
}

function keysOf(shape: Shape | undefined): string[] {
  const bare = shape === undefined ? undefined : unwrapped(shape);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

function unwrapped(shape: Shape): Shape {
  const wrapped =
    shape instanceof z.ZodOptional || shape instanceof z.ZodReadonly || shape instanceof z.ZodDefault || shape instanceof z.ZodNullable;
  return wrapped ? unwrapped(shape.unwrap()) : shape;
}

function memberShape(shape: Shape | undefined, step: PropertyKey): Shape | undefined {
  const bare = shape === undefined ? undefined : unwrapped(shape);
  if (bare instanceof z.ZodObject) return Object.hasOwn(bare.shape, step) ? bare.shape[String(step)] : undefined;
  if (bare instanceof z.ZodRecord) return bare.valueType;
  if (bare instanceof z.ZodArray) return bare.element;
  for (const branch of branchesOf(bare)) {
    const found = memberShape(branch, step);
    if (found !== undefined) return found;
  }
  return undefined;
}

function member(value: unknown, step: PropertyKey): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
