/**
 * Connect links (design 3.3): where a flow starts. All that the flow needs is sealed into the URL, so making one writes nothing,
 * and nobody can read or alter what it says.
 */
import { z } from "zod";
import type { Authority } from "./authority.ts";
import { VaultError, places } from "./vault.ts";

/** How long a link can be opened: 24 hours. */
export const linkLifetimeMs = 24 * 3_600_000;

export interface ConnectLink {
  readonly integrationId: string;
  readonly subject: string;
  /** The connection that it renews; null: whichever the account turns out to belong to, or a new one. */
  readonly connectionId: string | null;
  /** Whether that connection may come to belong to another account. */
  readonly allowAccountChange: boolean;
  readonly scopes: readonly string[];
  readonly returnTo: string | null;
  readonly openerOrigin: string | null;
}

// Short names keep the URL short; the order and the meaning are this file's alone.
const payloadShape = z.object({
  i: z.string(),
  u: z.string(),
  c: z.string().nullable(),
  a: z.boolean().default(false),
  s: z.array(z.string()),
  r: z.string().nullable(),
  o: z.string().nullable(),
  e: z.number(),
});

/** Makes a link; where there is no `returnTo`, the flow ends on a small page of this server's own. */
export function createConnectLink(
  authority: Pick<Authority, "vault" | "now" | "publicUrl">,
  link: Omit<ConnectLink, "returnTo" | "openerOrigin" | "allowAccountChange"> & Partial<ConnectLink>,
): { authorizeUrl: string; expiresAt: string } {
  const expiresAt = new Date(authority.now().getTime() + linkLifetimeMs);
  const payload: z.infer<typeof payloadShape> = {
    i: link.integrationId,
    u: link.subject,
    c: link.connectionId,
    a: link.allowAccountChange ?? false,
    s: [...link.scopes],
    r: link.returnTo ?? null,
    o: link.openerOrigin ?? null,
    e: expiresAt.getTime(),
  };
  const sealed = authority.vault.sealToText(JSON.stringify(payload), places.connectLink());
  return { authorizeUrl: `${authority.publicUrl}/connect/${sealed}`, expiresAt: expiresAt.toISOString() };
}

/** Opens a link, or says why not: altered or foreign, too old, or its key is out of reach just now. */
export async function openConnectLink(
  authority: Pick<Authority, "vault" | "now">,
  sealed: string,
): Promise<ConnectLink | "link_invalid" | "link_expired" | "temporarily_unavailable"> {
  let text: string;
  try {
    text = await authority.vault.openTextOrReload(sealed, places.connectLink());
  } catch (error) {
    if (error instanceof VaultError) return error.passing ? "temporarily_unavailable" : "link_invalid";
    throw error;
  }
  const { i, u, c, a, s, r, o, e } = payloadShape.parse(JSON.parse(text));
  if (e <= authority.now().getTime()) return "link_expired";
  return { integrationId: i, subject: u, connectionId: c, allowAccountChange: a, scopes: s, returnTo: r, openerOrigin: o };
}

/** Every scope of these lists, once. */
export function unionOfScopes(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}
