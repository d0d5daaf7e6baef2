/**
 * The environment in which both programs run their server: always development, and never the deployment that this shell may be set up for.
 */
import { readEnvironment } from "evergrant";

/** Reads the variables without those that could point at a real database, key or server. */
export function demoEnvironment(variables: NodeJS.ProcessEnv): ReturnType<typeof readEnvironment> {
  const harmless = Object.entries(variables).filter(
    ([name]) => name === "EVERGRANT_PORT" || !(name.startsWith("EVERGRANT_") || name === "NODE_ENV"),
  );
  return readEnvironment(Object.fromEntries(harmless));
}
