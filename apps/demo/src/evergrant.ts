/**
 * Evergrant as the demo's programs hold it: with the ids and scopes that are declared.
 */
import type { EvergrantClient, ScopesOf } from "@evergrant/client";
import type { declare } from "./declare.ts";

export type Evergrant = EvergrantClient<ScopesOf<ReturnType<typeof declare>>>;
