import { expect, it } from "vitest";
import { createSignedIn } from "../src/signed-in.ts";

const sessionOf = (subject: string) => ({ subject, sessionToken: `for-${subject}`, expiresAt: "2026-01-01T00:15:00.000Z" });

it("asks once where the subject is wanted before the session, and hands that session on", async () => {
  let asked = 0;
  const signedIn = createSignedIn(
    async () => {
      asked += 1;
      return sessionOf("alice");
    },
    () => expect.unreachable(),
  );
  expect(await Promise.all([signedIn.subject(), signedIn.subject()])).toEqual(["alice", "alice"]);
  expect(await signedIn.session()).toEqual(sessionOf("alice"));
  expect(asked).toBe(1);
  await signedIn.session();
  expect(asked).toBe(2);
});

it("asks once where the subject is wanted while a session is under way, and keeps no other that would be old when it is used", async () => {
  let asked = 0;
  const signedIn = createSignedIn(
    async () => {
      asked += 1;
      return { ...sessionOf("alice"), sessionToken: `number-${asked}` };
    },
    () => expect.unreachable(),
  );
  const [first, subject] = await Promise.all([signedIn.session(), signedIn.subject()]);
  expect([first.sessionToken, subject, asked]).toEqual(["number-1", "alice", 1]);
  // The server has refused it, since all of the subject's sessions were revoked: the next one is a new one.
  expect(await signedIn.session()).toMatchObject({ sessionToken: "number-2" });
});

it("asks again after a failure", async () => {
  const failures = [new Error("nobody is signed in")];
  const signedIn = createSignedIn(
    async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return sessionOf("alice");
    },
    () => expect.unreachable(),
  );
  await expect(signedIn.subject()).rejects.toThrow("nobody is signed in");
  expect(await signedIn.subject()).toBe("alice");
});

it("tells where somebody else has signed in", async () => {
  const people = ["alice", "alice", "bob"];
  let others = 0;
  const signedIn = createSignedIn(
    async () => sessionOf(people.shift() ?? "nobody"),
    () => {
      others += 1;
    },
  );
  for (const expected of [0, 0, 1]) {
    await signedIn.session();
    expect(others).toBe(expected);
  }
  expect(await signedIn.subject()).toBe("bob");
});

it("says what is missing where the backend answers something else", async () => {
  const { subject: _, ...without } = sessionOf("alice");
  // What a backend really sends is in no type.
  const signedIn = createSignedIn(
    async () => JSON.parse(JSON.stringify(without)),
    () => expect.unreachable(),
  );
  await expect(signedIn.session()).rejects.toThrow("must give { sessionToken, expiresAt, subject }");
});
