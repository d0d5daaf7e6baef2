import { expect, it } from "vitest";
import { rotate } from "./rotation/scene.ts";

it("keys rotate: killed on the way and begun again, no read and no refresh fails, and every row is under the new key", async () => {
  const evidence = await rotate({ connections: 1_500, killAtRows: [1], helpers: 1, paceMs: 10 });
  expect(evidence.use.failures).toEqual(new Map());
  expect(evidence.use.reads).toBeGreaterThan(100);
  expect(evidence.use.refreshes).toBeGreaterThan(10);
  expect(evidence).toMatchObject({ killed: 1, reused: 0, lost: 0, unreadable: 0, retired: true, refusal: { refusal: null, rows: [] } });
  expect(evidence.grants).toBe(evidence.use.refreshes);

  const [afterKill, , done, retired] = evidence.statuses;
  expect(afterKill?.remainingRows).toBeGreaterThan(0);
  expect(afterKill?.remainingRows).toBeLessThan(3_000);
  const sealing = (status: typeof done) => (status?.dataKeys ?? []).filter(({ madeFor }) => madeFor !== "digest");
  // One rotation, however often it was begun.
  expect(sealing(done).map(({ madeFor, rows }) => `${madeFor} ${rows}`)).toEqual(["sealing 0", "rotation 3000"]);
  expect(sealing(retired).map(({ madeFor, rows }) => `${madeFor} ${rows}`)).toEqual(["rotation 3000"]);
});
