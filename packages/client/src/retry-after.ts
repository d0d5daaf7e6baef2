/**
 * A server that asks to be left alone for a while (429 with `Retry-After`, RFC 9110 §10.2.3) is: nothing was done of what it refused, so it
 * is sent again when the time is over, and nothing else is sent before.
 */
import { EvergrantUnreachableError } from "./errors.ts";
import { untilAborted } from "./until-aborted.ts";

/** What is read of an answer. */
interface Heard {
  readonly status: number;
  readonly headers: Headers;
}

/** How long one may wait: the signal ends it, and there is no use in waiting past the end. */
export interface Patience {
  readonly signal: AbortSignal;
  /** On the clock of `performance.now`. */
  readonly endsAtMs: number;
}

/** Sends, and sends again; for all the calls of one client. */
export interface Pacer {
  /**
   * Resolves with the server's answer; with a 429 where it names no time, or none within `patience`.
   *
   * @throws {EvergrantUnreachableError} the time that it named to another request is not over within `patience`: nothing was sent.
   */
  send<Answer extends Heard>(patience: Patience, send: () => Promise<Answer>): Promise<Answer>;
}

export function createPacer(): Pacer {
  let quietUntilMs = 0;
  return {
    async send({ signal, endsAtMs }, send) {
      for (;;) {
        if (quietUntilMs > endsAtMs) throw new EvergrantUnreachableError("Evergrant answered 429: it takes no calls for a while.", 429);
        await quiet(quietUntilMs - performance.now(), signal);
        const answer = await send();
        // In seconds, as this server says it; a date is from something in between, and is not obeyed by a clock that may be wrong.
        const seconds = /^\d{1,9}$/.exec(answer.headers.get("retry-after") ?? "");
        if (answer.status !== 429 || seconds === null) return answer;
        quietUntilMs = performance.now() + Number(seconds) * 1_000;
        if (quietUntilMs > endsAtMs) return answer;
      }
    },
  };
}

async function quiet(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await untilAborted(over, signal).finally(() => clearTimeout(timer));
}
