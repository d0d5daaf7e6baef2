import type { TokenAnswer } from "@evergrant/schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present, sandboxIntegration, start, testKeys, withStatus } from "./start.ts";
import { breaksIn } from "./torture/invariants.ts";
import { type Plan, describePlan, leaseMs, planOf } from "./torture/plan.ts";
import { type ProcessPool, startPool } from "./torture/processes.ts";
import { torture } from "./torture/scene.ts";

let pool: ProcessPool;
beforeAll(() => {
  pool = startPool(2);
});
afterAll(() => pool[Symbol.asyncDispose]());

/** What the plans of the short form have in common, where nothing else is said. */
const ordinary: Omit<Plan, "trouble"> = { seed: 0, rotation: "strict", answers: "whole", token: "expired", processes: 2, callers: 5 };

/** One of each trouble, the rest drawn by the seeds of the long form (`npm run torture`). */
const plans: readonly Plan[] = [
  { ...ordinary, trouble: { kind: "slow answer", when: "after" } },
  { ...ordinary, rotation: "grace", trouble: { kind: "lost answer", when: "after" } },
  { ...ordinary, trouble: { kind: "kill", step: "leased" } },
  { ...ordinary, trouble: { kind: "kill", step: "answered" } },
  { ...ordinary, trouble: { kind: "kill", step: "committed" } },
  { ...ordinary, trouble: { kind: "pause", step: "leased" } },
  { ...ordinary, token: "due", trouble: { kind: "pause", step: "processed" } },
  { ...ordinary, trouble: { kind: "disk full", step: "before lease", holdMs: 300 } },
  { ...ordinary, trouble: { kind: "disk full", step: "answered", holdMs: 300 } },
  { ...ordinary, trouble: { kind: "busy", step: "answered", holdMs: 300 } },
  { ...ordinary, trouble: { kind: "busy", step: "answered", holdMs: leaseMs * 2 } },
  { ...ordinary, trouble: { kind: "write fault", fault: { write: "commit", how: "landed", times: 1 } } },
  { ...ordinary, rotation: "none", answers: "no-refresh-token", trouble: { kind: "reconnect", step: "processed" } },
  { ...ordinary, trouble: { kind: "disconnect", step: "processed" } },
  { ...ordinary, trouble: { kind: "clocks apart", minutes: [-60, 45], jumpMinutes: -60 } },
];

describe("a connection under torture", () => {
  it.each(plans.map((plan) => [describePlan(plan), plan] as const))("keeps every promise: %s", async (_title, plan) => {
    expect(breaksIn(await torture(plan, pool))).toEqual([]);
  });

  it("the same seed is the same plan, and another one another", () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify(planOf(seed).trouble))).size).toBeGreaterThan(20);
  });

  it("an engine that broke its promises would be seen: two grants at once, an expired token, a gap in the events", async () => {
    const evidence = await torture({ ...ordinary, processes: 1, trouble: { kind: "none" } }, pool);
    const [process] = evidence.processes;
    const [reading] = evidence.readings;
    const spoilt = {
      ...evidence,
      processes: [...evidence.processes, present(process)],
      readings: [{ ...present(reading), worldMs: present(reading).worldMs + 3_600_000 }],
      atEnd: { ...evidence.atEnd, events: evidence.atEnd.events.slice(1) },
    };
    expect(breaksIn(evidence)).toEqual([]);
    expect(new Set(breaksIn(spoilt).map(({ invariant }) => invariant))).toEqual(
      new Set([
        "one grant at a time for a refresh token, while its sender lives",
        "no expired token was answered",
        "no event is lost or doubled",
        "what events tell is what the row says",
      ]),
    );
  });
});

it("1,000 callers in four processes at expiry, a strict provider, answers after 500 ms: one grant, one token, and the grant alive", async () => {
  await using evergrant = await start();
  const { sandbox, clock } = evergrant;
  const connectionId = await evergrant.connect("alice");
  clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
  const processes = await Promise.all(Array.from({ length: 4 }, () => pool.take()));
  const settings = {
    databaseUrl: evergrant.folder.databaseUrl(),
    keys: testKeys,
    config: { publicUrl: evergrant.publicUrl, integrations: { oauth: { providers: { sandbox: sandboxIntegration(sandbox) } } } },
    timing: {},
    aheadMs: clock.now().getTime() - Date.now(),
    skewMs: 0,
    jumpMs: 0,
    gate: null,
    writeFault: null,
  };
  await Promise.all(processes.map((process) => process.perform({ do: "open", settings })));
  sandbox.faults.add({ on: "refresh", kind: "delay", delayMs: 500, when: "after" });

  const readings = (await Promise.all(processes.map((process) => process.perform({ do: "read", connectionId, callers: 250 })))).flat();
  expect(readings).toHaveLength(1_000);
  const answered = readings.map(({ answer }) => (answer?.status === "active" ? answer.accessToken : (answer?.status ?? "an error")));
  expect(new Set(answered).size).toBe(1);
  expect(sandbox.grants("refresh_token")).toHaveLength(1);
  const notes = await fetch(sandbox.resourceUrl, { headers: { authorization: `Bearer ${answered[0]}` } });
  expect(notes.status).toBe(200);

  for (const process of processes) {
    await process.perform({ do: "close" });
    pool.giveBack(process);
  }
  clock.advance(61_000);
  expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 3 });
});

it("an outage of an hour: stale while the token is valid, unavailable with a time to retry after, and well again by itself", async () => {
  await using evergrant = await start({ sandbox: { accessTokenLifetimeSeconds: 5 * 3_600 } });
  const { api, app, clock, sandbox } = evergrant;
  const connectionId = await evergrant.connect("alice");
  const { expiresAt } = await api.connections.get.query({ connectionId });
  // The token is good for half of the hour; its renewal is asked for, and refused, in all of it.
  clock.advanceTo(new Date(Date.parse(present(expiresAt)) - 30 * 60_000));
  sandbox.faults.add({ on: "refresh", kind: "status", status: 503, times: "always" });
  const eachMinute: { answer: TokenAnswer; at: Date }[] = [];
  for (let minute = 0; minute < 60; minute += 1) {
    await app.refreshDue({ limit: 10, deadlineMs: 10_000 });
    eachMinute.push({ answer: await api.tokens.get.query({ connectionId, minValiditySeconds: 3_600 }), at: clock.now() });
    clock.advance(60_000);
  }

  for (const { answer } of eachMinute.slice(0, 29)) expect(answer).toMatchObject({ status: "active", generation: 1, stale: true });
  for (const { answer, at } of eachMinute.slice(30)) {
    expect(Date.parse(withStatus("unavailable", answer).retryAt)).toBeGreaterThan(at.getTime());
  }
  // Not given up, and backed off: less than once for each minute in which somebody called.
  expect(sandbox.grants("refresh_token").length).toBeGreaterThan(5);
  expect(sandbox.grants("refresh_token").length).toBeLessThan(50);

  sandbox.faults.clear();
  clock.advance(10 * 60_000);
  await app.refreshDue({ limit: 10, deadlineMs: 10_000 });
  expect(await api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2, stale: false });
  const { events } = await api.events.list.query({ connectionId });
  const types = events.map(({ type }) => type).filter((type) => type !== "connection.refresh_failed");
  expect(types).toEqual(["connection.created", "connection.refreshed"]);
});
