/**
 * `EVERGRANT_RATE_LIMITS`: `off`, or quotas by name, such as `session=1200,flow=100`.
 */
import type { RateLimitSettings } from "@evergrant/server";
import { z } from "zod";

/** The server's quotas under the names that its answers give them. */
const names = {
  "api-key": "apiKey",
  session: "session",
  "failed-authentication": "failedAuthentication",
  flow: "flow",
} as const satisfies Record<string, keyof RateLimitSettings>;

/** In words. */
export const rateLimitsMend = `write off, or quotas a minute for any of ${Object.keys(names).join(", ")}, such as session=1200,flow=100`;

/** Quotas of those that are named; the others stay as they are. */
export const rateLimitsShape = z.union([
  z.literal("off"),
  z
    .string()
    .regex(/^[a-z-]+=[1-9]\d{0,9}(,[a-z-]+=[1-9]\d{0,9})*$/)
    .transform((text) => text.split(",").map((each) => each.split("=")))
    .refine((pairs) => pairs.every(([name = ""]) => isName(name)) && new Set(pairs.map(([name]) => name)).size === pairs.length)
    .transform((pairs): Partial<RateLimitSettings> =>
      Object.fromEntries(pairs.flatMap(([name = "", quota]) => (isName(name) ? [[names[name], Number(quota)]] : []))),
    ),
]);

function isName(name: string): name is keyof typeof names {
  return Object.hasOwn(names, name);
}
