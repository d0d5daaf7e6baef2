import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { asOperator } from "../src/acting.ts";
import { openDatabase } from "../src/database.ts";
import { adoptDeployment } from "../src/deployment-store.ts";
import { start, withStatus } from "./start.ts";

it("a copied database beside a live one spends no refresh token and revokes nothing until it is adopted", async () => {
  await using evergrant = await start();
  const { sandbox, clock, folder } = evergrant;
  const connectionId = await evergrant.connect("alice");
  await evergrant.database.orm.run(sql.raw(`VACUUM INTO '${folder.path}/copy.db'`));
  const database = await openDatabase({ url: folder.databaseUrl("copy.db") });
  const log: string[] = [];
  const note = (_fields: unknown, message: string) => log.push(message);
  const copy = await evergrant.another({ database, deploymentUrl: "http://127.0.0.1:4999", log: { info: note, warn: note, error: note } });
  const admin = copy.caller({ id: "admin", permissions: ["admin"] });

  expect(log.join()).toContain("belongs to another deployment");
  expect(await (await copy.request("/readyz")).json()).toEqual({ status: "not_adopted" });
  expect(await (await evergrant.app.request("/readyz")).json()).toEqual({ status: "ready" });
  withStatus("active", await admin.tokens.get({ connectionId }));
  clock.advance(3_600_000);
  expect(withStatus("unavailable", await admin.tokens.get({ connectionId })).reason).toBe("misconfigured");
  expect(await copy.refreshDue({ limit: 10, deadlineMs: 1_000 })).toEqual({ due: 0 });
  await expect(admin.connections.disconnect({ connectionId })).rejects.toThrow("evergrant adopt");
  expect(sandbox.grants("refresh_token")).toHaveLength(0);

  withStatus("active", await evergrant.api.tokens.get.query({ connectionId }));
  expect(sandbox.grants("refresh_token")).toHaveLength(1);
  await copy.close();

  await asOperator("adopt", () => adoptDeployment(database, "http://127.0.0.1:4999", clock.now()));
  const adopted = await evergrant.another({ database, deploymentUrl: "http://127.0.0.1:4999" });
  expect(await (await adopted.request("/readyz")).json()).toEqual({ status: "ready" });
  const bob = await adopted.caller({ id: "admin", permissions: ["admin"] }).audit.list({ action: "adopt" });
  expect(bob.entries).toHaveLength(1);
  await adopted.close();
  database.close();
});
