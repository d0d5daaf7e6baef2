/**
 * Placeholders in a provider's parameters and headers: `{clientId}`, `{accessToken}`, `{callback.realmId}` and their like.
 */

import { z } from "zod";

/** What they stand for; a name that is missing here stands for nothing, and its parameter is left out. */
export type PlaceholderValues = Readonly<Record<string, string | null | undefined>>;

const placeholder = /\{([A-Za-z][\w.-]*)\}/g;

/** Fills the placeholders of a text; null where one of them stands for nothing. */
export function fill(text: string, values: PlaceholderValues): string | null {
  let isWhole = true;
  const filled = text.replaceAll(placeholder, (_match, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : null;
    isWhole &&= typeof value === "string";
    return value ?? "";
  });
  return isWhole ? filled : null;
}

/** Fills parameters or headers, leaving out those that would be incomplete. */
export function fillAll(parameters: Readonly<Record<string, string>>, values: PlaceholderValues): Record<string, string> {
  const filled = Object.entries(parameters).map(([name, text]) => [name, fill(text, values)] as const);
  return Object.fromEntries(filled.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])));
}

/** What a connection has captured, under the names that placeholders give it. */
export function capturedValues(captured: Captured): Record<string, string> {
  return Object.fromEntries(
    (["callback", "token"] as const).flatMap((source) =>
      Object.entries(captured[source]).map(([name, value]) => [`${source}.${name}`, value] as const),
    ),
  );
}

/** What was kept of a flow beside its tokens, since API calls or later requests need it; nothing secret. */
export const capturedShape = z.object({
  /** Parameters of the authorization response. */
  callback: z.record(z.string(), z.string()),
  /** Members of the token response. */
  token: z.record(z.string(), z.string()),
  /** Which of the provider's origins issued the grant, where it has several. */
  origin: z.string().optional(),
});
export type Captured = z.infer<typeof capturedShape>;

export const nothingCaptured: Captured = { callback: {}, token: {} };
