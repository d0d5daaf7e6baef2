import Libsql from "libsql";
import { expect, it, vi } from "vitest";
import { type Started, start, withStatus } from "./start.ts";

/** In process, without an API key whose use would be recorded. */
const tokensOf = ({ app }: Started) => app.caller({ id: "test", permissions: ["tokens:read"] }).tokens;

it("a refresh writes twice: the lease before its grant, and the commit", async () => {
  await using evergrant = await start({ worksBehind: false });
  const connectionId = await evergrant.connect("alice");
  const { expiresAt, generation } = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  evergrant.clock.advanceTo(expiresAt);
  const exec = vi.spyOn(Libsql.prototype, "exec");
  const refreshed = withStatus("active", await tokensOf(evergrant).get({ connectionId }));
  const transactions = exec.mock.calls.filter(([sql]) => sql === "BEGIN IMMEDIATE");
  exec.mockRestore();
  expect(refreshed.generation).toBe(generation + 1);
  expect(transactions).toHaveLength(2);
});

it("a read of a fresh token writes nothing", async () => {
  await using evergrant = await start({ worksBehind: false });
  const connectionId = await evergrant.connect("alice");
  const exec = vi.spyOn(Libsql.prototype, "exec");
  withStatus("active", await tokensOf(evergrant).get({ connectionId }));
  const transactions = exec.mock.calls.filter(([sql]) => sql === "BEGIN IMMEDIATE");
  exec.mockRestore();
  expect(transactions).toEqual([]);
});
