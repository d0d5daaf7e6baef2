/** A lock file between the processes of one machine: two runs at once install once, and a killed run blocks nobody. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 200;

/** A process id comes round again after a reboot, so even an owner that seems alive is not waited for without end. */
const patienceMs = 15 * 60_000;

/**
 * Runs `work` while holding the lock at `path`.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (owner: string) => void }} [options] `onWait` is told once, with the process id that holds the lock
 * @returns {Promise<T>}
 * @throws {Error} when another living process held the lock for 15 minutes; the message names the file to delete
 */
export async function withLock(path, work, { onWait } = {}) {
  const deadline = performance.now() + patienceMs;
  for (let told = false; !acquire(path);) {
    const owner = ownerOf(path);
    if (owner === null) continue;
    if (isDead(owner)) {
      breakLock(path, owner);
      continue;
    }
    if (!told) onWait?.(owner);
    told = true;
    if (performance.now() > deadline)
      throw new Error(`process ${owner} has held ${path} for 15 minutes; if it is none of ours, delete that file`);
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function acquire(path, owner = String(process.pid)) {
  try {
    writeFileSync(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Moves a dead owner's lock away. Between our look and the move another process may have done the same and locked: then its lock goes back.
 *
 * @param {string} path
 * @param {string} deadOwner
 */
function breakLock(path, deadOwner) {
  const moved = `${path}.broken-${process.pid}`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const owner = ownerOf(moved);
  if (owner !== null && owner !== deadOwner) acquire(path, owner);
  rmSync(moved, { force: true });
}

/** @param {string} path */
function ownerOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** An empty file is a lock whose owner is just writing its id. @param {string} owner */
function isDead(owner) {
  if (owner === "") return false;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return codeOf(error) !== "EPERM";
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
