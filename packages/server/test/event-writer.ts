/**
 * A process that appends events as fast as it can, in batches of one to four, beside others that do the same.
 *
 * Run by `events.spec.ts` with a database URL, a name and a count.
 */
import { openDatabase } from "../src/database.ts";
import { appendEvent } from "../src/events-store.ts";

const [, , url = "", name = "", count = "0"] = process.argv;
const database = await openDatabase({ url, busyDeadlineMs: 30_000 });
for (let written = 0; written < Number(count);) {
  const size = Math.min(1 + Math.floor(Math.random() * 4), Number(count) - written);
  const event = (generation: number) =>
    appendEvent(database, {
      type: "connection.refreshed",
      at: new Date(),
      integrationId: "sandbox",
      subject: name,
      connectionId: null,
      generation,
    });
  const [first = event(written), ...more] = Array.from({ length: size }, (_, index) => event(written + index));
  await database.orm.batch([first, ...more]);
  written += size;
}
database.close();
