import { expect, it } from "vitest";
import { untilAborted } from "./until-aborted.ts";

it("hands on what comes of a promise, with or without a signal", async () => {
  const { signal } = new AbortController();
  for (const each of [null, undefined, signal]) {
    expect(await untilAborted(Promise.resolve("done"), each)).toBe("done");
    await expect(untilAborted(Promise.reject(new Error("failed")), each)).rejects.toThrow("failed");
  }
});

it("ends with the signal's reason, whatever it is, before or while it waits", async () => {
  const never = new Promise(() => undefined);
  const leaving = new AbortController();
  const waiting = untilAborted(never, leaving.signal);
  leaving.abort("enough");
  await expect(waiting).rejects.toBe("enough");
  await expect(untilAborted(never, leaving.signal)).rejects.toBe("enough");
});

it("leaves no listener behind", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counting = Object.create(signal, {
    aborted: { value: false },
    addEventListener: { value: () => (listeners += 1) },
    removeEventListener: { value: () => (listeners -= 1) },
  }) as AbortSignal;
  await untilAborted(Promise.resolve(), counting);
  await expect.poll(() => listeners).toBe(0);
});
