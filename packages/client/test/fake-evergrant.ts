/**
 * An Evergrant that is a function: reads tRPC's batches as they are on the wire, and answers as a test says.
 */
import type { ActiveAnswer } from "@evergrant/schema";
import { createClient } from "../src/create-client.ts";

/** A call as it arrived. */
export interface ReceivedCall {
  readonly procedure: string;
  readonly input: unknown;
}

/** Answers one call; a `Refusal` becomes an error envelope, anything else that is thrown fails the whole request. */
export type Answer = (call: ReceivedCall, number: number) => unknown;

/** What the server's own error formatter would make of it. */
export class Refusal extends Error {
  readonly httpStatus: number;
  readonly reason: string | null;

  constructor(httpStatus: number, message: string, reason: string | null = null) {
    super(message);
    this.httpStatus = httpStatus;
    this.reason = reason;
  }
}

export interface FakeEvergrant {
  readonly fetch: typeof fetch;
  readonly requests: Request[];
  readonly calls: ReceivedCall[];
  /** How the next calls are answered. */
  answer: Answer;
  /** Instead of an answer; null: there is one. */
  instead: ((request: Request) => Promise<Response>) | null;
}

export function fakeEvergrant(answer: Answer): FakeEvergrant {
  const fake: FakeEvergrant = {
    requests: [],
    calls: [],
    answer,
    instead: null,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      fake.requests.push(request.clone());
      if (fake.instead !== null) return fake.instead(request);
      const procedures = new URL(request.url).pathname.replace(/^.*\/trpc\//, "").split(",");
      const inputs: Record<string, unknown> = await request.json();
      const envelopes = procedures.map(async (procedure, index) => {
        const call = { procedure, input: inputs[index] };
        fake.calls.push(call);
        try {
          return { result: { data: await fake.answer(call, fake.calls.length) } };
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          const { httpStatus, reason, message } = error;
          return { error: { message, code: -32_000, data: { code: "SOME_CODE", httpStatus, path: procedure, reason } } };
        }
      });
      return Response.json(await Promise.all(envelopes));
    },
  };
  return fake;
}

/** An active answer that may be kept for five minutes and is valid for ten. */
export function active(changes: Partial<ActiveAnswer> = {}): ActiveAnswer {
  const { generation = 1 } = changes;
  return {
    status: "active",
    connectionId: "con_00000001",
    accessToken: `token-${generation}`,
    tokenType: "Bearer",
    expiresAt: "2030-01-01T00:10:00.000Z",
    expiresInSeconds: 600,
    cacheSeconds: 300,
    scopes: ["read"],
    generation,
    stale: false,
    resource: { hosts: ["api.test", "127.0.0.1"], header: "Authorization", scheme: null, refusals: [] },
    ...changes,
  };
}

/** A client of a fake server, with a clock that stands still unless a test moves it. */
export function startClient(answer: Answer, options: { maxCachedTokens?: number; deadlineMs?: number } = {}) {
  const evergrant = fakeEvergrant(answer);
  let nowMs = 1_000;
  const client = createClient({
    url: "https://evergrant.test/base/",
    apiKey: "test-api-key-0123456789",
    fetch: evergrant.fetch,
    now: () => nowMs,
    ...options,
  });
  return {
    evergrant,
    client,
    passSeconds: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}

/** A fetch that fails as fetch does when nobody listens. */
export const nobodyListens = () =>
  Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) }));
