import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@evergrant/server";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { endOf, makeFolder, sandboxConfig, startCommand } from "./evergrant.ts";
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
  const told = await database.orm.all("SELECT actor_kind, outcome FROM audit WHERE action = 'backup'");
  expect(told).toEqual([{ actor_kind: "operator", outcome: "ok" }]);
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

it("backup: onto a full disk it leaves no half file, and says what to do", async () => {
  using folder = makeFolder(sandboxConfig("4001"));
  expect((await folder.run(["migrate"])).code).toBe(0);
  // No file may grow beyond 64 KiB: what a disk that fills up on the way answers, without a disk of one's own.
  const command = startCommand(["backup", "copy.db", "--json"], {
    cwd: folder.path,
    env: {},
    under: "trap '' XFSZ; ulimit -f 64; exec \"$@\"",
  });
  const ended = await endOf(command);
  expect(ended.json()).toMatchObject({ error: { code: "database_unavailable", message: expect.stringContaining("is removed") } });
  expect(ended.code).toBe(3);
  expect(readdirSync(folder.path).toSorted()).toEqual([".evergrant", "evergrant.config.json"]);
});
