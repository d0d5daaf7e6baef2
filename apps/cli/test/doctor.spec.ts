import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Folder, makeFolder } from "./evergrant.ts";

const config = { integrations: { oauth: { providers: {} } } };
const reportShape = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({ check: z.string(), level: z.enum(["ok", "warn", "fault"]), message: z.string(), mend: z.string().nullable() }),
  ),
});

async function diagnose(folder: Folder, env: Record<string, string> = {}) {
  const ended = await folder.run(["doctor", "--json"], env);
  const { ok, findings } = reportShape.parse(ended.json());
  expect(ended.code).toBe(ok ? 0 : 1);
  expect(findings.every(({ level, mend }) => (level === "ok") === (mend === null))).toBe(true);
  return { ok, of: (check: string) => findings.filter((finding) => finding.check === check) };
}

it("doctor: a running server is found healthy, and nothing is changed by looking", async () => {
  using folder = makeFolder(config);
  const before = await diagnose(folder);
  expect(before.ok).toBe(true);
  expect(before.of("database")).toEqual([expect.objectContaining({ level: "warn", message: "there is none yet" })]);

  await using server = await folder.serve();
  const port = new URL(server.url).port;
  const report = await diagnose(folder, { EVERGRANT_PORT: port });
  expect(report.ok).toBe(true);
  for (const check of ["node", "variables", "config", "keys", "database", "clock", "address", "server"]) {
    expect(
      report.of(check).map(({ level }) => level),
      check,
    ).not.toContain("warn");
    expect(report.of(check), check).not.toEqual([]);
  }
});

it("doctor: another key than the one that sealed the database is a fault", async () => {
  using folder = makeFolder(config);
  {
    await using server = await folder.serve();
    server.kill("SIGTERM");
    await server.ended();
  }
  const stranger = await diagnose(folder, { EVERGRANT_ENCRYPTION_KEYS: generateEncryptionKey("stranger") });
  expect(stranger.of("keys")).toContainEqual(
    expect.objectContaining({ level: "fault", message: expect.stringContaining("which is not here") }),
  );
  // The right name, and other bytes.
  const id = /wrapped by (\S+),/.exec(stranger.of("keys").find(({ level }) => level === "fault")?.message ?? "")?.[1] ?? "";
  const impostor = await diagnose(folder, { EVERGRANT_ENCRYPTION_KEYS: generateEncryptionKey(id) });
  expect(impostor.of("keys").map(({ level }) => level)).toContain("fault");
});

it("doctor: faulty variables, a faulty config and a database that is behind are all told at once", async () => {
  using folder = makeFolder({ integrations: { oauth: { providers: { githab: { clientId: "a" } } } } });
  writeFileSync(join(folder.path, "empty.db"), "");
  const report = await diagnose(folder, {
    EVERGRANT_DATABASE_URL: `file:${join(folder.path, "empty.db")}`,
    EVERGRANT_PORT: "x",
    EVERGRANT_PUBLICURL: "y",
  });
  expect(report.of("variables").map(({ level, message }) => `${level} ${message}`)).toEqual([
    "fault EVERGRANT_PORT: is not usable",
    "warn EVERGRANT_PUBLICURL is none of ours",
  ]);
  expect(report.of("config")).toEqual([
    expect.objectContaining({ level: "fault", message: 'integrations.oauth.providers.githab: no provider has the id "githab"' }),
  ]);
  expect(report.of("database")).toEqual([expect.objectContaining({ level: "fault", mend: "run `evergrant migrate`" })]);
});
