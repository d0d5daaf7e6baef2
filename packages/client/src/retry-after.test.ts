import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { active, startClient } from "../test/fake-evergrant.ts";
import { EvergrantUnreachableError } from "./errors.ts";

const connectionId = "con_00000001";
const tooMany = (retryAfter: string | null) => async () =>
  Response.json(
    {
      error: {
        message: "Too many requests",
        code: -32_029,
        data: { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "too_many_requests" },
      },
    },
    { status: 429, headers: retryAfter === null ? {} : { "retry-after": retryAfter } },
  );

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("nothing failed"),
    (error: unknown) => error,
  );
}

describe("a server that takes no more calls for a while", () => {
  it("is asked again when the time that it names is over, mutations too, since it did nothing of them", async () => {
    const { client, evergrant } = startClient(() => ({ connectionId, revocation: "revoked", rechecked: [] }));
    evergrant.instead = tooMany("7");
    const disconnected = client.connections.disconnect({ connectionId });
    await vi.advanceTimersByTimeAsync(6_900);
    expect(evergrant.requests).toHaveLength(1);
    evergrant.instead = null;
    await vi.advanceTimersByTimeAsync(200);
    expect(await disconnected).toMatchObject({ revocation: "revoked" });
    expect(evergrant.requests).toHaveLength(2);
  });

  it("is sent nothing else before", async () => {
    const { client, evergrant } = startClient(() => active());
    evergrant.instead = tooMany("5");
    const first = client.accessToken(connectionId);
    await vi.advanceTimersByTimeAsync(1_000);
    const second = client.tokens.status({ connectionId });
    await vi.advanceTimersByTimeAsync(3_900);
    expect(evergrant.requests).toHaveLength(1);
    evergrant.instead = null;
    await vi.advanceTimersByTimeAsync(200);
    await Promise.all([first, second]);
    expect(evergrant.requests).toHaveLength(3);
  });

  it("is not waited for past the deadline: that is told at once, and what comes before the time is over sends nothing", async () => {
    const { client, evergrant } = startClient(() => active(), { deadlineMs: 10_000 });
    evergrant.instead = tooMany("40");
    for (const waitedMs of [0, 29_000]) {
      await vi.advanceTimersByTimeAsync(waitedMs);
      const error = await failureOf(client.accessToken(connectionId));
      expect(error).toBeInstanceOf(EvergrantUnreachableError);
      expect(error).toMatchObject({ httpStatus: 429 });
    }
    expect(evergrant.requests).toHaveLength(1);
    // Now it fits.
    evergrant.instead = null;
    await vi.advanceTimersByTimeAsync(2_000);
    const token = client.accessToken(connectionId);
    await vi.advanceTimersByTimeAsync(9_500);
    expect(await token).toBe("token-1");
  });

  it.each([null, "", "soon", "-1", "Fri, 31 Dec 2100 00:00:00 GMT"])(
    "and names no number of seconds (%s) is not asked again",
    async (value) => {
      const { client, evergrant } = startClient(() => active());
      evergrant.instead = tooMany(value);
      expect(await failureOf(client.accessToken(connectionId))).toMatchObject({ httpStatus: 429 });
      expect(evergrant.requests).toHaveLength(1);
    },
  );

  it("does not keep a caller who leaves", async () => {
    const { client, evergrant } = startClient(() => active());
    evergrant.instead = tooMany("20");
    const leaving = new AbortController();
    const token = failureOf(client.accessToken(connectionId, { signal: leaving.signal }));
    await vi.advanceTimersByTimeAsync(1_000);
    leaving.abort(new Error("gone"));
    expect(await token).toMatchObject({ message: "gone" });
  });

  it("is not disturbed for a token that is in memory and still valid", async () => {
    const { client, evergrant, passSeconds } = startClient(() => active({ cacheSeconds: 5 }), { deadlineMs: 10_000 });
    await client.accessToken(connectionId);
    passSeconds(6);
    evergrant.instead = tooMany("40");
    expect(await client.accessToken(connectionId)).toBe("token-1");
  });
});
