/**
 * Indexes for the pages of connections that are asked for by integration or by status: without them a page of a large table is sorted,
 * or walked to its end.
 */
import type { Migration } from "./migration.ts";

export const pages: Migration = {
  id: "0007-pages",
  statements: [
    "CREATE INDEX connections_integration ON connections (integration_id, id)",
    // Active ones are found in any page; with them in it, the index would be written at every refresh.
    "CREATE INDEX connections_status ON connections (status, id) WHERE status <> 'active'",
  ],
};
