/**
 * A query that is asked at every call of the API: its SQL is built once, on a file its statement stays prepared, and its cells are
 * decoded by functions that were looked up once. Drizzle does all three anew for each query, which costs more than the reading.
 */
import { type Column, Placeholder, is } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { Statement } from "./file-client.ts";

/** Columns under the names that the rows will have. */
export type Columns = Readonly<Record<string, Column>>;

/** What a select builder has: its text, and the types of its rows. */
export interface BuiltQuery<Row> {
  toSQL(): { sql: string; params: unknown[] };
  readonly _: { readonly result: readonly Row[] };
}

/** A query to be asked, with the values of its placeholders. */
export type HotQuery<Row> = (database: Database, values: Values) => Promise<Row[]>;

type Values = Readonly<Record<string, string>>;

/**
 * Makes a query of the columns that it selects and a builder that selects them in their order; parameters are placeholders.
 *
 * @example
 * const columns = { hash: apiKeys.hash };
 * const byId = hotQuery(columns, (orm) => orm.select(columns).from(apiKeys).where(eq(apiKeys.id, sql.placeholder("id"))));
 * await byId(database, { id: "0123456789abcdef" }); // [{ hash: "…" }]
 */
export function hotQuery<Row extends object>(columns: Columns, build: (orm: Database["orm"]) => BuiltQuery<Row>): HotQuery<Row> {
  const decoders = Object.entries(columns);
  const toRow = (cells: readonly unknown[]): Row => {
    const row: Record<string, unknown> = {};
    decoders.forEach(([name, column], index) => {
      const cell = cells[index];
      row[name] = cell === null ? null : column.mapFromDriverValue(cell);
    });
    // The builder was given these columns, and says what rows they make.
    return row as Row;
  };
  // The same for every database.
  let filler: ((values: Values) => Statement) | undefined;
  return async (database, values) => {
    filler ??= fillerOf(build(database.orm).toSQL());
    return (await database.read(filler(values))).map(toRow);
  };
}

/** Puts values where the placeholders are; what else is bound stays. */
function fillerOf({ sql, params }: { sql: string; params: unknown[] }): (values: Values) => Statement {
  const fillers = params.map((param) => {
    if (is(param, Placeholder)) return (values: Values) => valueOf(values, param.name);
    if (typeof param !== "number") throw new TypeError("beside placeholders only numbers are bound in a hot query");
    const fixed = BigInt(param);
    return () => fixed;
  });
  return (values) => ({ sql, args: fillers.map((fill) => fill(values)) });
}

function valueOf(values: Values, name: string): string {
  const value = values[name];
  if (value === undefined) throw new TypeError(`a hot query lacks its ${name}`);
  return value;
}
