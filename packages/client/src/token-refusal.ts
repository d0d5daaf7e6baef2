/**
 * How a resource server says that an access token does not hold: as RFC 6750 §3.1 has it, or in a way of its own.
 */
import type { Resource } from "@evergrant/schema";
import { readUpTo } from "./read-body.ts";
import { parseChallenges } from "./www-authenticate.ts";

/** A refusal is short; more of a body is not looked at. */
const maxReadBytes = 64 * 1024;

/** Whether a response refuses its token. The body stays unread for whoever gets the response. */
export async function refusesToken(response: Response, refusals: Resource["refusals"]): Promise<boolean> {
  if (response.status === 401) {
    // Whatever the scheme: DPoP (RFC 9449 §7.1) has the same code.
    const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
    if (challenges.some(({ parameters }) => parameters.get("error") === "invalid_token")) return true;
  }
  const signs = refusals.filter(({ status }) => status === response.status);
  if (signs.length === 0 || !/\bjson\b/i.test(response.headers.get("content-type") ?? "")) return false;
  const body = await peek(response);
  return signs.some(({ member, codes }) => codes.includes(String(valueAt(body, member))));
}

/** The JSON in a copy of the body; undefined where there is none, or too much of it. */
async function peek(response: Response): Promise<unknown> {
  if (Number(response.headers.get("content-length") ?? 0) > maxReadBytes) return undefined;
  const reader = response.clone().body?.getReader();
  if (reader === undefined) return undefined;
  try {
    const whole = await readUpTo(reader, maxReadBytes);
    return whole === undefined ? undefined : JSON.parse(await whole.text());
  } catch {
    // What is wrong with the body, its reader will see.
    return undefined;
  } finally {
    // Not waited for: one half of a body that was split is only let go together with the other.
    reader.cancel().catch(() => undefined);
  }
}

function valueAt(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split(".")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string, unknown>)[step];
  }
  return here;
}
