import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Database } from "./database.ts";
import { keepingRows } from "./unchanged-rows.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

/** A database of this version, and what was read of it. */
function scene(version: number | null) {
  const state = { version, reads: [] as string[] };
  const database = { version: () => state.version } as Database;
  const find = keepingRows(async (_database, id) => {
    state.reads.push(id);
    return id === "absent" ? null : { id, version: state.version };
  });
  return { state, find: (id: string) => find(database, id), of: (other: Database) => find(other, "a") };
}

describe("a row that is kept", () => {
  it("is read again after any commit, and after a second whatever is said", async () => {
    const { state, find } = scene(1);
    expect(await find("a")).toEqual({ id: "a", version: 1 });
    expect(await find("a")).toEqual({ id: "a", version: 1 });
    expect(state.reads).toEqual(["a"]);
    state.version = 2;
    expect(await find("a")).toEqual({ id: "a", version: 2 });
    expect(state.reads).toEqual(["a", "a"]);
    vi.advanceTimersByTime(999);
    await find("a");
    expect(state.reads).toHaveLength(2);
    vi.advanceTimersByTime(1);
    await find("a");
    expect(state.reads).toHaveLength(3);
  });

  it("is of the version before it was read, so that a commit meanwhile is not missed", async () => {
    const state = { version: 1, reads: 0 };
    const database = { version: () => state.version } as Database;
    const find = keepingRows(async () => {
      state.reads += 1;
      state.version += state.reads === 1 ? 1 : 0;
      return { read: state.reads };
    });
    expect(await find(database, "a")).toEqual({ read: 1 });
    expect(await find(database, "a")).toEqual({ read: 2 });
    expect(await find(database, "a")).toEqual({ read: 2 });
  });

  it("is kept for its own database alone, and not at all where that has no version, or has no such row", async () => {
    const { state, find, of } = scene(1);
    await find("a");
    await of({ version: () => 1 } as Database);
    expect(state.reads).toEqual(["a", "a"]);
    await find("absent");
    await find("absent");
    expect(state.reads).toEqual(["a", "a", "absent", "absent"]);
    state.version = null;
    await find("a");
    await find("a");
    expect(state.reads).toHaveLength(6);
  });
});
