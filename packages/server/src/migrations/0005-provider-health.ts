/**
 * What processes tell each other of providers that are not to be asked for a while, and of integrations at fault.
 */
import type { Migration } from "./migration.ts";

export const providerHealth: Migration = {
  id: "0005-provider-health",
  statements: [
    `CREATE TABLE provider_health (
      integration_id text NOT NULL,
      authority text NOT NULL,
      paused_until integer NOT NULL,
      pause_reason text NOT NULL,
      failures integer NOT NULL,
      misconfigured integer NOT NULL,
      PRIMARY KEY (integration_id, authority)
    )`,
  ],
};
