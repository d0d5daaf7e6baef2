import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { stopRequestOf } from "./stop-request.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function makeProcess() {
  const exit = vi.fn<(code: number) => void>();
  const stdin = new PassThrough();
  return { process: Object.assign(new EventEmitter(), { exit, stdin }), exit, stdin };
}

it("resolves at the first signal; the copy that npm sends is no second wish, a later one ends it at once", async () => {
  const { process, exit } = makeProcess();
  const stopped = stopRequestOf(process, { withParent: false });
  process.emit("SIGINT");
  await stopped;
  vi.advanceTimersByTime(900);
  process.emit("SIGINT");
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  process.emit("SIGINT");
  expect(exit).toHaveBeenCalledWith(130);
});

it("resolves when standard input ends, if it is to end with its parent", async () => {
  const { process, stdin } = makeProcess();
  const stopped = stopRequestOf(process, { withParent: true });
  stdin.end();
  await expect(stopped).resolves.toBeUndefined();
});
