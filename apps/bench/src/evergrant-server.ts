/**
 * Evergrant as `evergrant serve` runs it: keys, audit and refresher as they come.
 */
import { startServer } from "evergrant";
import { configFor } from "./evergrant-config.ts";

/** @param parts.folder Where its config would stand. `provider`: the origin of the token endpoint. */
export function serveEvergrant(parts: { folder: string; databaseUrl: string; encryptionKeys: string; provider: string }) {
  const { folder, databaseUrl, encryptionKeys, provider } = parts;
  return startServer({
    config: { path: `${folder}/evergrant.config.json`, folder, input: configFor(provider), faults: [] },
    environment: { databaseUrl, encryptionKeys, development: true, debug: false, noColor: true, variables: {} },
    host: "127.0.0.1",
    port: 0,
    migrations: "apply",
    log: { info: () => {}, warn: () => {}, error: (fields, message) => console.error(message, fields) },
  });
}
