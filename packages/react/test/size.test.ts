import { expect, it } from "vitest";
import { measureSize } from "./measure-size.ts";

it("is less than 6.2 kB, minified and compressed, beside what its page has anyway; following events is a chunk that loads by itself", async () => {
  const { ownBytes, lazyModules } = await measureSize();
  expect(ownBytes).toBeLessThan(6_200);
  expect(lazyModules.some((id) => id.endsWith("live-updates.ts"))).toBe(true);
});
