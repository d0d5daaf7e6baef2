/**
 * How far something long has come: a bar where a person reads along, JSON lines everywhere else.
 */
import type { Output } from "./surroundings.ts";

export interface Progress {
  /** So many more are done. */
  add(count: number): void;
  /** Says the last word: the bar makes room for the answer. */
  end(): void;
}

const barWidth = 30;
/** A terminal is told often enough to move, a log seldom enough to be read. */
const pauseMs = { terminal: 100, log: 1_000 };

/**
 * Progress towards `total`, which may turn out to be more.
 *
 * @param how.what What is counted, such as `rows`.
 */
export function startProgress(stderr: Output, how: { what: string; total: number; now: () => Date }): Progress {
  const startedAt = how.now().getTime();
  let done = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (isLast: boolean) => {
    const nowMs = how.now().getTime();
    if (!isLast && nowMs - toldAt < (stderr.isTerminal ? pauseMs.terminal : pauseMs.log)) return;
    toldAt = nowMs;
    const total = Math.max(how.total, done);
    const perSecond = Math.round((done * 1_000) / Math.max(1, nowMs - startedAt));
    if (!stderr.isTerminal) stderr.write(`${JSON.stringify({ progress: { done, total, perSecond } })}\n`);
    else stderr.write(isLast ? "\r\u001B[K" : `\r${barOf(done, total)} ${done} of ${total} ${how.what}, ${perSecond} a second\u001B[K`);
  };
  return {
    add(count) {
      done += count;
      tell(false);
    },
    end: () => tell(true),
  };
}

function barOf(done: number, total: number): string {
  const filled = total === 0 ? barWidth : Math.floor((done / total) * barWidth);
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}
