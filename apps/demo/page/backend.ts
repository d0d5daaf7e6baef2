/**
 * The app's own backend, as the page of one user calls it.
 */
import type { AppFacts } from "../src/app-facts.ts";

export type { AppFacts } from "../src/app-facts.ts";

export interface Backend {
  readonly facts: AppFacts;
  /** `fetch`, for as long as this page's user is the one who is signed in. */
  ask(path: `/api/${string}`, init?: RequestInit): Promise<Response>;
}

export function createBackend(facts: AppFacts): Backend {
  return {
    facts,
    ask: async (path, init) => {
      const response = await fetch(path, init);
      // Another tab has signed somebody else in, or the demo was started anew: what is shown here is not theirs.
      if (response.headers.get("x-signed-in") !== facts.user.id) location.reload();
      return response;
    },
  };
}

/** A body, as JSON. */
export function jsonInit(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
