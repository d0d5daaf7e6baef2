/**
 * A query that is asked at every call of the API: its SQL is built once, on a file its statement stays prepared, and its cells are
 * decoded by functions that were looked up once. Drizzle does all three anew for each query, which costs more than the reading.
 */
import { type Column, fillPlaceholders } from "drizzle-orm";
import type { Database } from "./database.ts";

/** Columns under the names that the rows will have. */
type Columns = Readonly<Record<string, Column>>;

/** What a select builder has: its text, and the types of its rows. */
interface Built<Row> {
  toSQL(): { sql: string; params: unknown[] };
  readonly _: { readonly result: readonly Row[] };
}

/**
 * Makes a query of the columns that it selects and a builder that selects them in their order; parameters are placeholders.
 *
 * @example
 * const columns = { hash: apiKeys.hash };
 * const read = hotQuery(columns, (orm) => orm.select(columns).from(apiKeys).where(eq(apiKeys.id, sql.placeholder("id"))));
 * await read(database, { id: "0123456789abcdef" }); // [{ hash: "…" }]
 */
export function hotQuery<Row extends object>(
  columns: Columns,
  build: (orm: Database["orm"]) => Built<Row>,
): (database: Database, values: Readonly<Record<string, string>>) => Promise<Row[]> {
  let built: ReturnType<Built<Row>["toSQL"]> | undefined;
  const names = Object.keys(columns);
  const decoders = Object.values(columns);
  const toRow = (cells: readonly unknown[]): Row => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index += 1) {
      const cell = cells[index];
      row[names[index] ?? ""] = cell === null ? null : decoders[index]?.mapFromDriverValue(cell);
    }
    // The builder was given these columns, and says what rows they make.
    return row as Row;
  };
  return async (database, values) => {
    // The same text for every database.
    built ??= build(database.orm).toSQL();
    const rows = await database.read({ sql: built.sql, args: fillPlaceholders(built.params, values) });
    return rows.map(toRow);
  };
}
