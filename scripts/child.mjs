/** Runs one child process so that nothing outlives it: a signal that reaches us reaches the child, and we end only after it. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Ctrl-C through npm arrives twice, from the terminal's process group and from npm itself: the second copy inside this span is not a second wish. */
const sameSignalMs = 1_000;

/** npm starts us through a shell that dies of a signal without passing it on, so that we only see our parent change. */
const parentPollMs = 250;
const parent = process.ppid;

const forwarded = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * @typedef {object} Ended
 * @property {number} code exit code; 128 + the signal's number for a child that a signal ended, as shells count
 * @property {NodeJS.Signals | null} interruptedBy the signal that asked this program to end meanwhile
 * @property {string} output what the child printed, with `capture`; otherwise empty
 */

/**
 * Runs a command to its end. Never throws for a command that fails: its exit code says so.
 *
 * With `capture` both of its streams are collected in order instead of shown.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean }} [options]
 * @returns {Promise<Ended>}
 * @throws {Error} with Node's `code` (`ENOENT`: no such command) when nothing could be started
 */
export function runChild(command, args, { cwd, env, capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
    const signals = forwardSignals(child);
    child.once("error", (error) => {
      signals.release();
      reject(error);
    });
    child.once("close", (code, signal) => {
      signals.release();
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), interruptedBy: signals.first(), output });
    });
  });
}

/** @param {import("node:child_process").ChildProcess} child */
function forwardSignals(child) {
  /** @type {Map<NodeJS.Signals, number>} */
  const heardAt = new Map();
  /** @type {NodeJS.Signals | null} */
  let first = null;
  const hear = (/** @type {NodeJS.Signals} */ signal) => {
    first ??= signal;
    const now = performance.now();
    const last = heardAt.get(signal);
    heardAt.set(signal, now);
    if (last !== undefined && now - last < sameSignalMs) return;
    // In a terminal Ctrl-C went to the whole process group: the child has it, and a copy might read as "at once".
    if (signal === "SIGINT" && isInTerminal()) return;
    child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, hear);
  const watch = setInterval(() => {
    if (process.ppid !== parent) hear("SIGTERM");
  }, parentPollMs);
  return {
    first: () => first,
    release: () => {
      clearInterval(watch);
      for (const signal of forwarded) process.off(signal, hear);
    },
  };
}

function isInTerminal() {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}
