import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@evergrant/server";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

it("backup: copies a database while others write to it, whole, for its owner alone, and over nothing", async () => {
  using folder = makeFolder(sandboxConfig("4001"));
  const run = async (...args: string[]) => {
    const { surroundings, stdout, stderr } = makeSurroundings({}, { workingFolder: folder.path });
    return { code: await runProgram(args, surroundings, "0.0.0"), told: stdout.text() + stderr.text() };
  };
  expect(await run("migrate")).toMatchObject({ code: 0 });
  const database = await openDatabase({ url: `file:${join(folder.path, ".evergrant", "evergrant.db")}` });
  let writes = 0;
  const backup = { isDone: false };
  const writer = (async () => {
    // Each batch writes two rows: a copy with one of them is torn.
    while (!backup.isDone || writes < 20) {
      const key = (half: string) =>
        database.orm.run(`INSERT INTO api_keys (id, hash, name, permissions, created_at) VALUES ('${writes}${half}', '', '', '[]', 0)`);
      await database.orm.batch([key("a"), key("b")]);
      writes += 1;
    }
  })();
  expect(await run("backup", "copy.db")).toMatchObject({ code: 0 });
  backup.isDone = true;
  await writer;
  database.close();
  expect(statSync(join(folder.path, "copy.db")).mode & 0o777).toBe(0o600);
  const copy = await openDatabase({ url: `file:${join(folder.path, "copy.db")}` });
  const [count] = await copy.orm.all<{ keys: number; check: string }>(
    "SELECT (SELECT count(*) FROM api_keys) AS keys, (SELECT integrity_check FROM pragma_integrity_check) AS 'check'",
  );
  copy.close();
  expect(count?.check).toBe("ok");
  expect((count?.keys ?? 1) % 2).toBe(0);

  writeFileSync(join(folder.path, "there.db"), "something else");
  expect(await run("backup", "there.db")).toMatchObject({ code: 2, told: expect.stringContaining("not written over") });
  expect(await run("backup", "nowhere/copy.db")).toMatchObject({ code: 2, told: expect.stringContaining("cannot be made") });
});
