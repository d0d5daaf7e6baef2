/**
 * Tells a demo as it happens: numbered steps, and under each what was really seen. What was not seen ends it.
 */
import type { Output, Paint } from "evergrant";

/** A step that did not do what it says. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}

export interface Narrator {
  /** Begins a step. */
  step(title: string, words: string): void;
  /**
   * Says what was seen.
   *
   * @throws {DemoError} where it was not.
   */
  saw(what: string, isTrue: boolean): void;
  /** Shows something beside it, dimmed. */
  note(words: string): void;
  /** How many things were seen. */
  seen(): number;
}

const indent = " ".repeat(4);
const titleWidth = 14;

/** A narrator that writes to `output`. */
export function createNarrator(output: Pick<Output, "write">, paint: Paint): Narrator {
  let steps = 0;
  let seen = 0;
  return {
    step(title, words) {
      steps += 1;
      output.write(`\n${indent}${paint("bold", `${steps} ${title.padEnd(titleWidth)}`)}${words}\n`);
    },
    saw(what, isTrue) {
      output.write(`${indent}  ${isTrue ? paint("green", "✓") : paint("red", "✗")} ${what}\n`);
      if (!isTrue) throw new DemoError(`Step ${steps} did not do what it says: ${what}`);
      seen += 1;
    },
    note(words) {
      output.write(`${indent}    ${paint("dim", words)}\n`);
    },
    seen: () => seen,
  };
}
