/**
 * How a flow ended, sealed into the URL of the page that shows it: the browser leaves the redirection endpoint, so that the authorization
 * response stays neither in its history nor in its address bar (RFC 9700 §4.2).
 */
import { flowErrorShape } from "@evergrant/schema";
import { z } from "zod";
import type { Authority } from "./authority.ts";
import type { FlowEnd } from "./callback.ts";
import { hasSha256, sha256Hex } from "./digests.ts";
import { VaultError, places } from "./vault.ts";

/** How long the page can be looked at: as long as what it may carry can be confirmed. */
const shownForMs = 300_000;

// Short names keep the URL short; the order and the meaning are this file's alone.
const payloadShape = z.object({
  r: z.discriminatedUnion("status", [
    z.object({ status: z.literal("connected"), connectionId: z.string() }),
    z.object({ status: z.literal("unconfirmed"), connectionId: z.string(), confirmation: z.string() }),
    z.object({ status: z.literal("failed"), error: flowErrorShape }),
  ]),
  t: z.string().nullable(),
  o: z.string().nullable(),
  /** SHA-256 of the cookie of the browser that may look; null: it had none. */
  b: z.string().nullable(),
  e: z.number(),
});

/** What the page shows and tells. */
export type EndedFlow = Pick<FlowEnd, "returnTo" | "openerOrigin" | "result">;

/**
 * The URL of the page that shows how a flow ended, in this browser only.
 *
 * @throws {VaultError} `key_unavailable`.
 */
export function endedFlowUrl({ vault, now, publicUrl }: Authority, end: EndedFlow, browser: string | null): string {
  const payload: z.infer<typeof payloadShape> = {
    r: end.result,
    t: end.returnTo,
    o: end.openerOrigin,
    b: browser === null ? null : sha256Hex(browser),
    e: now().getTime() + shownForMs,
  };
  return `${publicUrl}/oauth/done/${vault.sealToText(JSON.stringify(payload), places.endedFlow())}`;
}

/** Opens what `endedFlowUrl` sealed, or says why not: it is altered, over, or another browser's, or its key is out of reach just now. */
export async function openEndedFlow(
  { vault, now }: Authority,
  sealed: string,
  browser: string | null,
): Promise<EndedFlow | "request_used" | "temporarily_unavailable"> {
  let text: string;
  try {
    text = await vault.openTextOrReload(sealed, places.endedFlow());
  } catch (error) {
    if (error instanceof VaultError) return error.passing ? "temporarily_unavailable" : "request_used";
    throw error;
  }
  const { r, t, o, b, e } = payloadShape.parse(JSON.parse(text));
  const isTheirs = b === null || (browser !== null && hasSha256(browser, b));
  return isTheirs && e > now().getTime() ? { result: r, returnTo: t, openerOrigin: o } : "request_used";
}
