/**
 * Lines of an import: bytes of any kind, and lines that are nearly valid.
 */
import { type ImportResult, importLineShape } from "@evergrant/schema";
import * as fc from "fast-check";
import { start } from "../start.ts";
import { brokenJson, hostileJson, nearlyValid } from "./hostile.ts";
import type { Target } from "./target.ts";

const canary = "canary-of-a-refresh-token";
const texts = (...values: unknown[]) => values.map((value) => JSON.stringify(value));

const pool = {
  integration: texts("sandbox", "sandbox", "nowhere"),
  subject: texts("alice", "bob", "\ud800", "\udfff", "a\u0000b", "a\u0000c"),
  accessToken: texts(canary, `${canary}\n`, "at"),
  refreshToken: texts(canary, null),
  scopes: texts(["notes:read"], []),
  expiresAt: texts("2100-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "+275760-09-13T00:00:00Z"),
  account: texts({ id: "1" }, { id: "\u0000" }, { id: "\ud800", label: null }),
};

/** A file of lines, in chunks that end anywhere. */
interface File {
  readonly lines: readonly (string | Uint8Array)[];
  readonly chunkBytes: number;
}

export const importLines: Target<File> = {
  name: "import lines",
  open: async () => {
    const evergrant = await start();
    return {
      inputs: fc.record({
        lines: fc.array(
          fc.oneof<fc.WeightedArbitrary<string | Uint8Array>[]>(
            { weight: 8, arbitrary: nearlyValid(importLineShape, pool) },
            { weight: 1, arbitrary: hostileJson },
            { weight: 1, arbitrary: brokenJson },
            { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
            { weight: 1, arbitrary: fc.constant("x".repeat(70_000)) },
          ),
          { minLength: 1, maxLength: 8 },
        ),
        chunkBytes: fc.constantFrom(1, 7, 4_096, 1_000_000),
      }),
      attempt: async ({ lines, chunkBytes }) => {
        const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]));
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
        }
        const results: ImportResult[] = [];
        for await (const result of evergrant.app.importTokens(chunks(), { dryRun: false, replace: true })) results.push(result);
        const rows = bytes.toString().split("\n");
        for (const { line, outcome, faults, connectionId } of results) {
          if ((outcome === "refused") !== faults.length > 0) throw new Error(`${outcome} with ${faults.length} faults`);
          if (JSON.stringify(faults).includes(canary)) throw new Error(`a fault quotes a token: ${JSON.stringify(faults)}`);
          if (connectionId !== null) await expectAsWritten(connectionId, rows[line - 1] ?? "");
        }
        if (evergrant.logged.some((line) => line.includes('"level":"error"'))) throw new Error(evergrant.logged.join("\n"));
      },
      [Symbol.asyncDispose]: () => evergrant[Symbol.asyncDispose](),
    };

    /** What names a person must come back as it went in: two that are told apart outside must not be one in here. */
    async function expectAsWritten(connectionId: string, row: string): Promise<void> {
      const written = importLineShape.parse(JSON.parse(row));
      const { subject, account } = await evergrant.api.connections.get.query({ connectionId });
      if (subject !== written.subject || account?.id !== written.account?.id) {
        throw new Error(`stored as ${JSON.stringify({ subject, account })}`);
      }
    }
  },
};
