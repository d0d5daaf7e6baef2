import type axe from "axe-core";

declare global {
  interface Window {
    /** Where its own script puts it. */
    readonly axe: typeof axe;
  }
}
