/**
 * What the provider holds for the hooks below it.
 */
import type { EvergrantClient } from "@evergrant/client";
import { createContext, useContext } from "react";
import type { Flows } from "./flows.ts";
import type { Api } from "./queries.ts";
import type { RegisteredScopes } from "./register.ts";

export interface Evergrant {
  /** Everything that a session may call. */
  readonly client: EvergrantClient<RegisteredScopes>;
  /** The same as options for TanStack Query: `useQuery(api.tokens.status.queryOptions({ connectionId }))`. */
  readonly api: Api;
}

/** For the hooks of this package. */
export interface Held extends Evergrant {
  readonly flows: Flows;
  /** What is known of connections is out of date, in the other tabs too. */
  readonly changed: () => Promise<void>;
}

export const EvergrantContext = createContext<Held | null>(null);

/** @throws where no `EvergrantProvider` is above. */
export function useHeld(): Held {
  const held = useContext(EvergrantContext);
  if (held === null) throw new Error("Evergrant's hooks work below <EvergrantProvider url session>: put one around this component.");
  return held;
}

/**
 * The client of the signed-in subject, and its procedures as options for TanStack Query.
 *
 * @throws where no `EvergrantProvider` is above.
 */
export function useEvergrant(): Evergrant {
  const { client, api } = useHeld();
  return { client, api };
}
