import { array, assert, constantFrom, noBias, oneof, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { describeError, looksSecret, redactFields, redactText } from "./redaction.ts";

const hex = "0123456789abcdef";
const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** A text as a generator of secrets draws it, without fast-check's liking for the simple. What begins like a path is judged like one. */
const random = (alphabet: string, length: number) =>
  noBias(array(constantFrom(...alphabet.split("")), { minLength: length, maxLength: length }))
    .map((drawn) => drawn.join(""))
    .filter((text) => !text.startsWith("/"));

describe("text", () => {
  it("loses random bytes of 32 and more, however they are written", () => {
    const written = oneof(random(hex, 64), random(base64, 43), random(base64, 64), random(base64.replace("+/", "-_"), 43));
    assert(
      property(written, constantFrom("", "error: ", "at ", '{"x":"'), (secret, before) => {
        expect(redactText(`${before}${secret} was refused`)).not.toContain(secret.slice(0, 24));
      }),
      { numRuns: 5_000, seed: 1 },
    );
  });

  it.each([
    "evergrant_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "evergrant_session_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "whsec_AAAAAAAAAAAA",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.",
    "Bearer abcdefghijkl",
    "https://evergrant.example.com/oauth/callback/github?code=short&state=s",
    "postgres://user:pass@db.example.com/x",
  ])("loses what is known by its form: %s", (text) => {
    expect(looksSecret(text)).toBe(true);
    expect(redactText(text)).not.toMatch(/AAAA|bGci|abcdef|short|pass/);
  });

  it.each([
    "con_0m1abcdefZ3k9QwErTyUiOpAsD",
    "at file:///Users/annSmith/Code/MyApp2/Src/NewServer/app2.js:10:2",
    "https://login.example.com/oauth2/v2.0/token",
    "StoreError store_unavailable at requestRfc7009Revocation (file:///srv/app/node_modules/.pnpm/@libsql+client@0.15.15/node_modules/@libsql/client/lib-esm/sqlite3.js:12:3)",
    "0b54a6d8-6a1f-4c9b-9f0e-3f9d6c1b2a77",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "/tmp/evergrant-cli-LgEyS6/.evergrant/encryption-keys",
    "google-calendar-for-the-whole-company-2",
    "this database belongs to another deployment: nothing is refreshed, revoked or delivered until `evergrant adopt`",
  ])("keeps ids, places and words: %s", (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe("fields", () => {
  it("lose what stands under a secret's name, objects of a class, and what is nested deeper than a line needs", () => {
    const fields = {
      connectionId: "con_1",
      code: 3,
      failures: 2,
      retryAt: new Date(0),
      authorization: "plain words",
      client_secret: "plain words",
      accessToken: "plain words",
      response: new Response("plain words"),
      sent: { refresh_token: "plain words", grant_type: "refresh_token" },
      deep: { a: { b: { c: { d: "plain words" } } } },
    };
    const kept = redactFields(fields);
    expect(JSON.stringify(kept)).not.toContain("plain words");
    expect(kept).toMatchObject({
      connectionId: "con_1",
      code: 3,
      failures: 2,
      retryAt: new Date(0),
      sent: { grant_type: "refresh_token" },
    });
  });

  it("tell of an error its class, code and place, and nothing that its message says", () => {
    const secret = "correct horse battery";
    const cause = Object.assign(new Error(`${secret}\n    at ${secret} (file:///x?${secret}:1:1)`), { code: `E ${secret}` });
    const error = Object.assign(new TypeError(secret, { cause }), { code: "invalid_grant", name: `Type ${secret}` });
    const told = String(redactFields({ error })["error"]);
    expect(told).not.toContain("horse");
    expect(told).toMatch(/^Error invalid_grant at .*redaction\.test\.ts:\d+:\d+\)?, because of Error at /);
    expect(describeError("a thrown text")).toBe("string");
  });
});
