import { expect, it, vi } from "vitest";
import { fakeEvergrant } from "../test/fake-evergrant.ts";
import { createClient } from "./create-client.ts";
import { type Session, createCredential } from "./credential.ts";

/** Sessions that last `seconds`, numbered; the clock is moved by hand. */
function sessions(seconds = 600) {
  let nowMs = 0;
  let count = 0;
  const session = vi.fn<() => Promise<Session>>(async () => ({
    sessionToken: `session-${(count += 1)}`,
    expiresAt: new Date(Date.now() + seconds * 1000).toISOString(),
  }));
  const credential = createCredential({ session }, { now: () => nowMs, maxAgeMs: 30_000 });
  return {
    session,
    credential,
    pass: (passed: number) => {
      nowMs += passed * 1000;
    },
  };
}

it("a session is asked for once, by however many callers at once, and kept", async () => {
  const { credential, session } = sessions();
  expect(await Promise.all([credential.get(), credential.get()])).toEqual(["session-1", "session-1"]);
  expect(await credential.get()).toBe("session-1");
  expect(session).toHaveBeenCalledTimes(1);
});

it("a session is renewed behind a call shortly before its end, and before a call after it", async () => {
  const { credential, session, pass } = sessions();
  await credential.get();
  pass(569);
  expect(await credential.get()).toBe("session-1");
  expect(session).toHaveBeenCalledTimes(1);
  pass(2);
  expect(await credential.get()).toBe("session-1");
  await vi.waitFor(async () => expect(await credential.get()).toBe("session-2"));
  pass(600);
  expect(await credential.get()).toBe("session-3");
});

it("a session whose renewal fails is used until its end, and its failure is then the caller's", async () => {
  const { credential, session, pass } = sessions();
  await credential.get();
  session.mockRejectedValue(new Error("signed out"));
  pass(580);
  expect(await credential.get()).toBe("session-1");
  expect(await credential.get()).toBe("session-1");
  expect(session).toHaveBeenCalledTimes(2);
  pass(30);
  await expect(credential.get()).rejects.toThrow("signed out");
});

it("a page whose wall clock is wrong does not ask for a session at every call", async () => {
  const { credential, session } = sessions(-3_600);
  await credential.get();
  expect(await credential.get()).toBe("session-1");
  expect(session).toHaveBeenCalledTimes(1);
  expect(await credential.get("session-1")).toBe("session-2");
});

it("a session that the server refuses is renewed once, by all callers together, and the request sent once more", async () => {
  const { fetch, requests } = fakeEvergrant(() => []);
  let good = "session-2";
  const gate: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.headers.get("authorization") === `Bearer ${good}`) return fetch(input, init);
    requests.push(request);
    return Response.json({ error: { message: "no", code: -32_001, data: { httpStatus: 401 } } }, { status: 401 });
  };
  let count = 0;
  const session = vi.fn<() => Promise<Session>>(async () => ({
    sessionToken: `session-${(count += 1)}`,
    expiresAt: "2999-01-01T00:00:00.000Z",
  }));
  const client = createClient({ url: "https://evergrant.test", fetch: gate, session });
  const calls = () => [client.integrations.list(), client.connections.disconnect({ connectionId: "con_00000001" })];
  await Promise.all(calls());
  expect(session).toHaveBeenCalledTimes(2);
  const sent = requests.map(({ headers }) => headers.get("authorization"));
  expect(sent.filter((authorization) => authorization === "Bearer session-2")).toHaveLength(2);
  expect(sent.length).toBeLessThanOrEqual(4);

  good = "nobody's";
  await expect(client.integrations.list()).rejects.toMatchObject({ code: "request_refused", httpStatus: 401 });
  expect(session).toHaveBeenCalledTimes(3);
});
