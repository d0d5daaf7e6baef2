import type { TokenAnswer } from "@evergrant/schema";
import { expect, it } from "vitest";
import { makeSurroundings } from "../test/surroundings.ts";
import { runProgram } from "./program.ts";

const connectionId = "con_0123456789abcdef";
const authorizeUrl = "https://evergrant.example.com/connect/sealed";
const variables = { EVERGRANT_URL: "https://evergrant.example.com", EVERGRANT_API_KEY: "0123456789abcdef" };

/** Runs `evergrant token` against a server that answers this. */
async function tokenOf(answer: TokenAnswer, ...args: string[]) {
  const fetch = async () => Response.json([{ result: { data: answer } }]);
  const { surroundings, stdout, stderr } = makeSurroundings(variables, { fetch });
  const code = await runProgram(["token", connectionId, ...args], surroundings, "0.0.0");
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const active: TokenAnswer = {
  status: "active",
  connectionId,
  accessToken: "the-access-token",
  tokenType: "Bearer",
  expiresAt: null,
  expiresInSeconds: null,
  cacheSeconds: 0,
  scopes: ["read:user"],
  generation: 3,
  stale: true,
  resource: { hosts: ["api.test"], header: "Authorization", scheme: null, refusals: [] },
};

it("an active answer: the token is all of stdout, and the rest is said beside it", async () => {
  const { code, stdout, stderr } = await tokenOf(active);
  expect(code).toBe(0);
  expect(stdout).toBe("the-access-token\n");
  expect(stderr).toContain("no known expiry, and its refresh has just failed; scopes read:user; token set 3");
});

const otherAnswers: readonly (readonly [code: number, said: string, answer: TokenAnswer])[] = [
  [
    4,
    "has to be authorized again (grant_revoked)",
    { status: "reauthorization_required", connectionId, reason: "grant_revoked", authorizeUrl },
  ],
  [4, "lacks repo", { status: "missing_scopes", connectionId, missingScopes: ["repo"], grantedScopes: [], authorizeUrl }],
  [4, "alice has no connection at github", { status: "not_connected", integration: "github", subject: "alice", authorizeUrl }],
  [
    5,
    "try again after 2026-11-23T12:00:05Z",
    { status: "unavailable", connectionId, reason: "rate_limited", retryAt: "2026-11-23T12:00:05Z" },
  ],
];

it.each(otherAnswers)("exit code %i: %s", async (expected, said, answer) => {
  const { code, stdout, stderr } = await tokenOf(answer);
  expect(code).toBe(expected);
  expect(stdout).toBe("");
  expect(stderr).toContain(said);
  expect(stderr.includes(authorizeUrl)).toBe(expected === 4);
});

it.each([active, ...otherAnswers.map(([, , answer]) => answer)])(
  "--json: the whole answer ($status), with the same exit code",
  async (answer) => {
    const { code, stdout, stderr } = await tokenOf(answer, "--json");
    expect(JSON.parse(stdout)).toEqual(answer);
    expect(stderr).toBe("");
    expect(code).toBe((await tokenOf(answer)).code);
  },
);
