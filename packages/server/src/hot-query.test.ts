import { eq, sql } from "drizzle-orm";
import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { hotQuery } from "./hot-query.ts";
import { migrate } from "./migrate.ts";
import { apiKeys } from "./tables.ts";

const columns = { id: apiKeys.id, permissions: apiKeys.permissions, integrations: apiKeys.integrations, createdAt: apiKeys.createdAt };
const byId = hotQuery(columns, (orm) =>
  orm
    .select(columns)
    .from(apiKeys)
    .where(eq(apiKeys.id, sql.placeholder("id"))),
);

it("answers each question with its own row and no other, in whatever order they are asked", async () => {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database);
  const rowOf = (id: string) => ({ id, permissions: ["admin" as const], integrations: null, createdAt: new Date(1_700_000_000_000) });
  const ids = ["a", "b", "c"];
  for (const id of ids) await database.orm.insert(apiKeys).values({ ...rowOf(id), hash: id, name: id });
  await assert(
    asyncProperty(array(constantFrom(...ids, "nobody", "nobody else"), { minLength: 1, maxLength: 12 }), async (asked) => {
      for (const id of asked) expect(await byId(database, { id })).toEqual(ids.includes(id) ? [rowOf(id)] : []);
    }),
    { numRuns: 200 },
  );
  database.close();
});
