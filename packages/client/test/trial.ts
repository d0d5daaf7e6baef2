/**
 * What a client must do in any runtime, as a script for those that load one: the bundle puts `trial` into the global scope.
 */
import { createClient } from "../src/create-client.ts";
import { ResourceHostError } from "../src/errors.ts";

export interface TrialOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly connectionId: string;
  readonly resourceUrl: string;
}

/** Its results are text, which crosses the border of any realm. */
export interface Trial {
  /** Reads and writes while the token is fresh, listens, and tries to take the token elsewhere. */
  first(): Promise<string>;
  /** The same calls when the token has ended behind the client's back. */
  second(): Promise<string>;
}

export function trial({ url, apiKey, connectionId, resourceUrl }: TrialOptions): Trial {
  const evergrant = createClient({ url, apiKey });
  const fetchAsOwner = evergrant.fetch(connectionId);
  const send = async (init?: RequestInit) => (await fetchAsOwner(resourceUrl, init)).status;
  return {
    first: async () => {
      const statuses = await Promise.all([send(), send({ method: "POST", body: "a note" })]);
      const tokens = new Set(await Promise.all(Array.from({ length: 20 }, () => evergrant.accessToken(connectionId))));
      const events = evergrant.events();
      const { value: event } = await events.next();
      await events.return();
      const elsewhere = await fetchAsOwner("https://elsewhere.example/").catch((error: unknown) => error);
      return JSON.stringify([statuses, tokens.size, event?.type, elsewhere instanceof ResourceHostError]);
    },
    second: async () => {
      const before = await evergrant.accessToken(connectionId);
      const status = await send({ method: "POST", body: new Blob(["a note"]) });
      return JSON.stringify([status, before !== (await evergrant.accessToken(connectionId))]);
    },
  };
}

Object.assign(globalThis, { trial });
