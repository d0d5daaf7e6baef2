/**
 * A folder for one test: made empty, gone with everything in it when the test ends.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** The URL of a database file in it. */
  databaseUrl(name?: string): string;
}

/** @example await using folder = await temporaryFolder(); */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "evergrant-"));
  return {
    path,
    databaseUrl: (name = "evergrant.db") => `file:${join(path, name)}`,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
