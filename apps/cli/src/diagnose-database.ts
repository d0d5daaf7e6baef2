/**
 * What `doctor` finds in the database: there, writable, migrated, on time, and sealed with a key that is at hand.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ResolvedConfig } from "@evergrant/providers";
import type { Database } from "@evergrant/server";
import type { EncryptionKeysSetting } from "./env.ts";
import { type Finding, failureFindings, ok } from "./finding.ts";
import type { Project } from "./project.ts";
import { unchosenUrl } from "./read-config.ts";
import type { Surroundings } from "./surroundings.ts";

/** Beyond this a lease and a token's expiry are judged by clocks that do not agree. */
const mostSkewMs = 2_000;

interface Subject {
  readonly project: Project;
  /** Null where it has faults. */
  readonly config: ResolvedConfig | null;
  /** Null where there are none, or they cannot be used. */
  readonly encryptionKeys: EncryptionKeysSetting | null;
  readonly surroundings: Surroundings;
}

/** Looks at the database, and creates none where there is none yet. */
export async function diagnoseDatabase(subject: Subject): Promise<Finding[]> {
  const { environment } = subject.surroundings;
  if (isMissing(subject.project.databaseUrl)) {
    return [{ check: "database", level: "warn", message: "there is none yet", mend: "`evergrant serve` or `evergrant migrate` makes it" }];
  }
  const { openDatabase } = await import("@evergrant/server");
  try {
    const database = await openDatabase({ url: subject.project.databaseUrl, authToken: environment.databaseAuthToken });
    try {
      return await look(database, subject);
    } finally {
      database.close();
    }
  } catch (error) {
    return failureFindings("database", error);
  }
}

function isMissing(url: string): boolean {
  return url.startsWith("file:///")
    ? !existsSync(fileURLToPath(url))
    : url.startsWith("file:") && url !== "file::memory:" && !existsSync(url.slice("file:".length));
}

async function look(database: Database, { config, encryptionKeys, surroundings }: Subject): Promise<Finding[]> {
  const { pendingMigrations } = await import("@evergrant/server");
  const pending = await pendingMigrations(database);
  const clock = await clockFinding(database, surroundings);
  if (pending.length > 0) {
    return [{ check: "database", level: "fault", message: `lacks ${pending.join(", ")}`, mend: "run `evergrant migrate`" }, clock];
  }
  // A write of nothing: it takes the lock that every write takes, and is refused where writes are.
  await database.orm.run("UPDATE evergrant_migrations SET applied_at = applied_at WHERE 0");
  return [
    ok("database", `${database.kind}, writable and at this version`),
    clock,
    ...(await sealFindings(database, { config, encryptionKeys, surroundings })),
  ];
}

async function clockFinding(database: Database, { now }: Surroundings): Promise<Finding> {
  const sentAt = now().getTime();
  const [row] = await database.orm.all<{ now: number }>("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now");
  const halfway = (sentAt + now().getTime()) / 2;
  const skewMs = Math.round((row?.now ?? halfway) - halfway);
  if (Math.abs(skewMs) <= mostSkewMs) return ok("clock", "agrees with the database's");
  const message = `this machine's clock is ${Math.abs(skewMs)} ms ${skewMs > 0 ? "behind" : "ahead of"} the database's`;
  return { check: "clock", level: "warn", message, mend: "let both follow a time server" };
}

/** Whether the keys at hand open the data keys with which tokens are sealed. */
async function sealFindings(database: Database, { config, encryptionKeys, surroundings }: Omit<Subject, "project">): Promise<Finding[]> {
  const [{ findDeployment, openVault }, { keyEncryptionKeysOf }, wrapped] = await Promise.all([
    import("@evergrant/server"),
    import("./key-encryption-keys.ts"),
    database.orm.all<{ id: string }>("SELECT DISTINCT key_encryption_key_id AS id FROM data_keys"),
  ]);
  if (wrapped.length === 0) return [ok("keys", "nothing is sealed yet")];
  const names = wrapped.map(({ id }) => id).join(", ");
  if (encryptionKeys === null) {
    const mend = "bring it back, in EVERGRANT_ENCRYPTION_KEYS or in .evergrant/encryption-keys";
    return [{ check: "keys", level: "fault", message: `the database is sealed with ${names}, and no key is here`, mend }];
  }
  try {
    const keys = keyEncryptionKeysOf(encryptionKeys, surroundings.environment);
    const atHand = typeof keys === "function" ? await keys() : keys;
    const missing = wrapped.filter(({ id }) => atHand.every((key) => key.id !== id)).map(({ id }) => id);
    if (missing.length > 0) {
      const mend = "put it behind the others in EVERGRANT_ENCRYPTION_KEYS";
      return [{ check: "keys", level: "fault", message: `data keys are wrapped by ${missing.join(", ")}, which is not here`, mend }];
    }
    if (config === null) return [];
    // Their ids alone prove nothing.
    await openVault({ database, keyEncryptionKeys: keys, now: surroundings.now });
    return [ok("keys", `they open what is sealed (${names})`), ...deploymentFindings(await findDeployment(database), config)];
  } catch (error) {
    return failureFindings("keys", error);
  }
}

/** Whether the database belongs to another deployment; one whose URL nobody chose is no other. */
function deploymentFindings(owner: { readonly publicUrl: string } | null, { publicUrl }: ResolvedConfig): Finding[] {
  if (owner === null || owner.publicUrl === publicUrl || owner.publicUrl === unchosenUrl) return [];
  const message = `belongs to ${owner.publicUrl}, and this is ${publicUrl}: nothing is refreshed, revoked or delivered`;
  return [{ check: "database", level: "fault", message, mend: "run `evergrant adopt`, unless that deployment goes on" }];
}
