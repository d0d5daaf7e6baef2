/**
 * Conditions on a connection's status, with the status in their text. As a parameter it costs twice the rest of the query: partial
 * indexes are by status, so SQLite prepares a statement anew for each value that is bound there, even for the same one.
 *
 * @see https://www.sqlite.org/c3ref/prepare.html
 */
import { sql } from "drizzle-orm";
import { connections } from "./tables.ts";

export const isActive = sql`${connections.status} = 'active'`;
export const isDisconnected = sql`${connections.status} = 'disconnected'`;
export const isNotDisconnected = sql`${connections.status} <> 'disconnected'`;
