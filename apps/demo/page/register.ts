/**
 * Tells `@evergrant/react` of the config: ids and scopes in the page are its literals.
 */
import type config from "../evergrant.config.ts";

declare module "@evergrant/react" {
  interface Register {
    config: typeof config;
  }
}
