/**
 * Lines of an import: bytes in, one judged line after another out. None is longer than its bound, whatever the bytes are.
 */
import { type ImportLine, type ImportResult, importLineShape } from "@evergrant/schema";
import type { ZodError } from "zod";

/** Longer than two tokens and everything beside them. */
const maxLineBytes = 65_536;
/** Names that other stores give to what we call otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  access_token: "accessToken",
  refresh_token: "refreshToken",
  token_type: "tokenType",
  expires_at: "expiresAt",
  expires_in: "expiresAt, an instant",
  scope: "scopes, a list",
  provider: "integration",
  user_id: "subject",
  account_id: "account.id",
};

/** A line and what it says, or what is wrong with it. */
export type JudgedLine = { readonly line: number } & ({ readonly content: ImportLine } | { readonly faults: ImportResult["faults"] });

/** Judges every line that is not blank. */
export async function* judgeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<JudgedLine> {
  let line = 0;
  for await (const raw of linesOf(bytes)) {
    line += 1;
    if (raw === null) yield { line, faults: [{ path: "", message: `is longer than ${maxLineBytes} bytes` }] };
    else {
      const text = decode(raw, line === 1);
      if (text === null) yield { line, faults: [{ path: "", message: "is not UTF-8" }] };
      else if (text.trim() !== "") yield { line, ...judge(text) };
    }
  }
}

/** Lines without their ends; null for one that is too long, of which nothing is kept. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | null> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const keep = (part: Uint8Array) => {
    length += part.length;
    if (length > maxLineBytes) parts = [];
    else parts.push(part);
  };
  const take = () => {
    const whole = length > maxLineBytes ? null : Buffer.concat(parts);
    [parts, length] = [[], 0];
    return whole;
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    keep(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

function decode(raw: Uint8Array, isFirst: boolean): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: !isFirst }).decode(raw);
  } catch {
    return null;
  }
}

function judge(text: string): { content: ImportLine } | { faults: ImportResult["faults"] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says quotes the line.
    return { faults: [{ path: "", message: "is not JSON; write one object a line" }] };
  }
  const parsed = importLineShape.safeParse(value);
  return parsed.success ? { content: parsed.data } : { faults: faultsOf(parsed.error) };
}

function faultsOf(error: ZodError): ImportResult["faults"] {
  return error.issues.slice(0, 10).map((issue) => ({
    path: issue.path.map(String).filter(isWord).join("."),
    message: issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : issue.message,
  }));
}

function unknownFields(names: readonly string[]): string {
  const told = names.slice(0, 5).map((name) => {
    if (Object.hasOwn(otherNames, name)) return `"${name}" is called ${otherNames[name]} here`;
    // A name that is no word may be a value in the wrong place.
    return isWord(name) ? `there is no field "${name}"` : "a field has no name that is known here";
  });
  return told.join("; ");
}

function isWord(name: string): boolean {
  return /^[A-Za-z0-9_]{1,32}$/.test(name);
}
