/**
 * A secret on its way through the program: whatever prints it by accident prints `[redacted]`.
 */
import { z } from "zod";
import { redacted } from "./redaction.ts";

/**
 * A text that shows itself to whoever asks by name, and to no template, JSON, console, inspector or error.
 *
 * @example
 * const secret = new Secret("hunter2");
 * `${secret}`; // "[redacted]", as are JSON.stringify({ secret }) and console.log(secret)
 * secret.reveal(); // "hunter2"
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: to be sent, sealed or compared, and kept nowhere. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  /** For `util.inspect` and the console of Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return redacted;
  }
}

/** A secret in what was sealed, or was handed in. */
export const secretShape = z.string().transform((text) => new Secret(text));

/** JSON with its secrets in the clear: to be sealed at once, and kept nowhere. */
export function revealingJson(value: object): string {
  // Of a secret JSON.stringify hands over what `toJSON` gives; the secret itself is what it was found in.
  return JSON.stringify(value, function reveal(this: Record<string, unknown>, name: string, given: unknown) {
    const found = this[name];
    return found instanceof Secret ? found.reveal() : given;
  });
}
