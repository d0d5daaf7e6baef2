import Libsql from "libsql";
import { expect, it, vi } from "vitest";
import { start, withStatus } from "./start.ts";

it("a refresh writes twice: the lease before its grant, and the commit", async () => {
  await using evergrant = await start();
  const connectionId = await evergrant.connect("alice");
  const { expiresAt, generation } = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  evergrant.clock.advanceTo(expiresAt);
  const exec = vi.spyOn(Libsql.prototype, "exec");
  const refreshed = withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  const transactions = exec.mock.calls.filter(([sql]) => sql === "BEGIN IMMEDIATE");
  exec.mockRestore();
  expect(refreshed.generation).toBe(generation + 1);
  expect(transactions).toHaveLength(2);
});

it("a read of a fresh token writes nothing", async () => {
  await using evergrant = await start();
  const connectionId = await evergrant.connect("alice");
  const exec = vi.spyOn(Libsql.prototype, "exec");
  withStatus("active", await evergrant.app.caller({ id: "test", permissions: ["tokens:read"] }).tokens.get({ connectionId }));
  const transactions = exec.mock.calls.filter(([sql]) => sql === "BEGIN IMMEDIATE");
  exec.mockRestore();
  expect(transactions).toEqual([]);
});
